import { Xoshiro128 } from '../numeric/xoshiro128.ts'
import type { JobContext, SourceConnector, Split } from '../stream/ports.ts'
import { type ContractCheck, demand } from './contract-check.ts'
import { joined } from './run-result.ts'

export interface SourceSubject {
  /** For titles. */
  readonly name: string
  create(): SourceConnector
  /** A source with at least two splits that hold some hundred bytes. */
  context(): JobContext | Promise<JobContext>
}

/** Offsets tried in each split, beside the first and the last. */
const OFFSETS = 60

/** What every source of bytes must do: a split is the same bytes each time, and can be taken up at any of them. */
export function sourceSuite(subject: SourceSubject): readonly ContractCheck[] {
  const check = (
    title: string,
    run: (context: JobContext, splits: readonly Split[]) => Promise<void>,
  ): ContractCheck => ({
    title: `${subject.name}: ${title}`,
    async run() {
      const context = await subject.context()
      await run(context, await subject.create().splits(context))
    },
  })
  const read = (context: JobContext, split: Split, from: number) => readAll(subject.create(), context, split, from)

  return [
    check('splits have names of their own, the same each time', async (context, splits) => {
      demand(splits.length >= 2, 'the subject has two splits')
      const again = await subject.create().splits(context)
      demand(again.map(({ id }) => id).join() === splits.map(({ id }) => id).join(), 'the same names')
      demand(new Set(splits.map(({ id }) => id)).size === splits.length, 'no name twice')
    }),
    check('a split is the same bytes each time, as many as it says', async (context, splits) => {
      for (const split of splits) {
        const bytes = await read(context, split, 0)
        demand(same(await read(context, split, 0), bytes), 'the same bytes')
        demand(split.sizeBytes === undefined || split.sizeBytes === bytes.length, 'sizeBytes is the number of bytes')
      }
    }),
    check('taken up at any offset it gives the bytes that follow', async (context, splits) => {
      const random = new Xoshiro128(1)
      for (const split of splits) {
        const whole = await read(context, split, 0)
        const drawn = Array.from({ length: OFFSETS }, () => random.nextInt(whole.length + 1))
        for (const offset of [0, 1, whole.length - 1, whole.length, ...drawn].filter((each) => each >= 0)) {
          demand(
            same(await read(context, split, offset), whole.subarray(offset)),
            `the bytes from ${offset} of split "${split.id}"`,
          )
        }
      }
    }),
    check('splits can be read at the same time, and left before their end', async (context, splits) => {
      const connector = subject.create()
      const expected = await Promise.all(splits.map((split) => read(context, split, 0)))
      const left = await connector.open(context, splits[0], 0)
      await left.read()
      await left.close()
      const together = await Promise.all(splits.map((split) => readAll(connector, context, split, 0)))
      demand(
        together.every((bytes, i) => same(bytes, expected[i])),
        'the same bytes',
      )
    }),
    check('a split that has become too short to go on in is refused', async (context, splits) => {
      for (const split of splits) {
        const { length } = await read(context, split, 0)
        const code = await read(context, split, length + 1).then(
          () => 'none',
          (error: { code?: unknown }) => error.code,
        )
        demand(code === 'ML_SOURCE_CHANGED', `ML_SOURCE_CHANGED, not ${String(code)}`)
      }
    }),
  ]
}

async function readAll(
  connector: SourceConnector,
  context: JobContext,
  split: Split,
  from: number,
): Promise<Uint8Array> {
  const reader = await connector.open(context, split, from)
  const chunks: Uint8Array[] = []
  for (let chunk = await reader.read(); chunk !== null; chunk = await reader.read()) chunks.push(chunk.slice())
  await reader.close()
  return joined(chunks)
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
