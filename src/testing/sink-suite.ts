import { Xoshiro128 } from '../numeric/xoshiro128.ts'
import type { JobContext, JsonObject, SinkConnector, SinkWriter } from '../stream/ports.ts'
import { type ContractCheck, demand } from './contract-check.ts'
import { MemoryFolder } from './memory-folder.ts'
import { joined } from './run-result.ts'

export interface SinkSubject {
  /** For titles. */
  readonly name: string
  create(): SinkConnector
  /** A new, empty target. */
  context(): JobContext | Promise<JobContext>
  /** What others see of the target while its writer is closed. */
  read(context: JobContext): Promise<Uint8Array> | Uint8Array
  /** A row as the sink takes it, whose bytes `read` gives back; itself where absent. */
  row?(bytes: Uint8Array, ordinal: number): Uint8Array
}

/** What a checkpoint keeps of the sink. */
interface Manifest {
  readonly epoch: number
  readonly prepared: JsonObject
  /** Where the model of the sink stood. */
  readonly cut: number
}

const SEEDS = 25
const STEPS = 40

/**
 * What every sink must do. Exactly once: rows that a committed checkpoint covers are there once, whatever crash came in
 * between; others are not. At least once: rows are handed on before `prepare` resolves.
 */
export function sinkSuite(subject: SinkSubject): readonly ContractCheck[] {
  const { guarantee } = subject.create()
  const exactly = guarantee === 'exactly-once' ? undefined : `${guarantee}: what was written cannot be taken back`
  let ordinal = 0
  const row = (content: string): Uint8Array => rowOf(subject, content, ordinal++)
  const check = (title: string, run: (context: JobContext) => Promise<void>, skip?: string): ContractCheck => ({
    title: `${subject.name}: ${title}`,
    skip,
    run: async () => run(await subject.context()),
  })
  const refused = async (open: Promise<SinkWriter>, code: string): Promise<void> => {
    const got = await open.then(
      async (writer) => {
        await writer.close()
        return 'none'
      },
      (error: { code?: unknown }) => error.code,
    )
    demand(got === code, `${code}, not ${String(got)}`)
  }

  return [
    check('rows are out, in order, once their checkpoint is committed', async (context) => {
      const writer = await subject.create().open(context, undefined)
      writer.append(row('one\n'))
      writer.append(row('two\n'))
      const prepared = writer.prepare(1)
      await writer.drain()
      writer.roll()
      await writer.commit(1, await prepared)
      await writer.commit(2, await writer.prepare(2))
      demand(writer.pendingBytes === 0, 'nothing is left to write')
      await writer.close()
      demand(text(await subject.read(context)) === 'one\ntwo\n', 'the rows')
    }),
    check('an appended buffer may be changed once rows are drained', async (context) => {
      const writer = await subject.create().open(context, undefined)
      const buffer = row('safe\n')
      writer.append(buffer)
      await writer.drain()
      buffer.fill(120)
      writer.roll()
      await writer.commit(1, await writer.prepare(1))
      await writer.close()
      demand(text(await subject.read(context)) === 'safe\n', 'the row as it was')
    }),
    check(
      'rows that no committed checkpoint covers are not seen',
      async (context) => {
        const writer = await subject.create().open(context, undefined)
        writer.append(row('lost\n'))
        writer.roll()
        await writer.prepare(1)
        await writer.close()
        demand(text(await subject.read(context)) === '', 'nothing')
      },
      exactly,
    ),
    check(
      'through any sequence of cuts, commits and crashes every covered row is there once',
      async () => {
        for (let seed = 1; seed <= SEEDS; seed++) await shake(subject, await subject.context(), seed)
      },
      exactly,
    ),
    check(
      'a target that holds rows is not mixed with those of a new run',
      async (context) => {
        const writer = await subject.create().open(context, undefined)
        writer.append(row('first\n'))
        writer.roll()
        await writer.commit(1, await writer.prepare(1))
        await writer.close()
        await refused(subject.create().open(context, undefined), 'ML_SINK_EXISTS')
        demand(text(await subject.read(context)) === 'first\n', 'the rows are untouched')
      },
      exactly,
    ),
    check(
      'a checkpoint older than what is public is refused',
      async (context) => {
        const writer = await subject.create().open(context, undefined)
        writer.append(row('a\n'))
        writer.roll()
        const old = await writer.prepare(1)
        await writer.commit(1, old)
        writer.append(row('b\n'))
        writer.roll()
        await writer.commit(2, await writer.prepare(2))
        await writer.close()
        await refused(subject.create().open(context, { epoch: 1, prepared: old }), 'ML_SINK_AHEAD')
      },
      exactly,
    ),
    check(
      'cleared, it is as new',
      async (context) => {
        const connector = subject.create()
        const writer = await connector.open(context, undefined)
        writer.append(row('gone\n'))
        writer.roll()
        await writer.commit(1, await writer.prepare(1))
        await writer.close()
        await connector.clear?.(context)
        const next = await subject.create().open(context, undefined)
        next.append(row('new\n'))
        next.roll()
        await next.commit(1, await next.prepare(1))
        await next.close()
        demand(text(await subject.read(context)) === 'new\n', 'only new rows')
      },
      subject.create().clear === undefined ? 'there is nothing to clear' : exactly,
    ),
  ]
}

/** A life of one sink beside a model of it: random rows, cuts, commits and crashes, all of it from the seed. */
async function shake(subject: SinkSubject, context: JobContext, seed: number): Promise<void> {
  const random = new Xoshiro128(seed)
  const model = new MemoryFolder()
  let manifest: Manifest | undefined
  let epoch = 0
  let writer = await subject.create().open(context, undefined)
  let partBytes = 0
  let ordinal = 0
  const write = (): void => {
    const content = `${seed}-${model.cut()}${'.'.repeat(random.nextInt(400))}\n`
    writer.append(rowOf(subject, content, ordinal++))
    model.append(bytesOf(content))
    partBytes += content.length
  }
  const roll = (): void => {
    if (partBytes === 0) return
    writer.roll()
    model.roll()
    partBytes = 0
  }
  /** A checkpoint as engines take it; `fate` says where in it the process dies. */
  const checkpoint = async (fate: 'lives' | 'before manifest' | 'before commit'): Promise<void> => {
    const next = { epoch: ++epoch, cut: model.cut() }
    const preparing = writer.prepare(next.epoch)
    const goesOn = random.nextInt(2) === 0
    if (goesOn) {
      write()
      if (random.nextInt(2) === 0) roll()
    }
    const prepared = JSON.parse(JSON.stringify(await preparing)) as JsonObject
    if (fate === 'before manifest') return
    manifest = { ...next, prepared }
    if (fate === 'before commit') return
    await writer.commit(next.epoch, prepared)
    if (random.nextInt(3) === 0) await writer.commit(next.epoch, prepared)
    model.commit(next.cut)
  }
  const restart = async (): Promise<void> => {
    await writer.close()
    model.recover(manifest?.cut ?? 0)
    partBytes = model.openBytes()
    writer = await subject.create().open(context, manifest)
  }
  for (let step = 0; step < STEPS; step++) {
    const luck = random.nextInt(20)
    if (luck < 10) write()
    else if (luck < 12) roll()
    else if (luck < 16) await checkpoint('lives')
    else {
      if (luck === 17) await checkpoint('before manifest')
      if (luck === 18) await checkpoint('before commit')
      await restart()
    }
  }
  roll()
  await checkpoint('lives')
  await checkpoint('lives')
  roll()
  await checkpoint('lives')
  await writer.close()
  const expected = joined(model.parts())
  const found = await subject.read(context)
  demand(text(found) === text(expected), `the rows that are covered (seed ${seed})`)
}

function rowOf(subject: SinkSubject, content: string, ordinal: number): Uint8Array {
  return subject.row?.(bytesOf(content), ordinal) ?? bytesOf(content)
}

function bytesOf(content: string): Uint8Array {
  return new Uint8Array(Buffer.from(content))
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}
