import { Xoshiro128 } from '../numeric/xoshiro128.ts'
import type { JobContext, KnownSplit, SourceConnector, Split } from '../stream/ports.ts'
import { type ContractCheck, demand } from './contract-check.ts'
import { placesOf, readAll, readNow, readSome } from './split-reading.ts'

export interface SourceSubject {
  /** For titles. */
  readonly name: string
  create(): SourceConnector
  /** A source with at least two splits, unless it has `oneSplit`, that hold some hundred bytes. The splits of one context are the same in all checks. */
  context(): JobContext | Promise<JobContext>
  /** What offsets count, and where a split may be taken up: any byte (default), any line, or any message. */
  readonly unit?: 'byte' | 'line' | 'message'
  /** Appends to the splits of a source that do not end: at least to the last one. */
  grow?(context: JobContext): Promise<void>
  /** Why it never has more than one split. */
  readonly oneSplit?: string
  /** Why a split cannot be read again from an offset. */
  readonly notReplayable?: string
  /** Why a split cannot have become shorter than an offset. */
  readonly neverShort?: string
}

/** Places tried in each split, beside the first and the last. */
const PLACES = 60

/** What every source must do: a split is the same each time, can be taken up wherever a checkpoint may stand, and is left at once. */
export function sourceSuite(subject: SourceSubject): readonly ContractCheck[] {
  const { notReplayable, neverShort, grow, unit = 'byte' } = subject
  const check = (
    title: string,
    run: (trial: Trial) => Promise<void>,
    ...skips: readonly (string | undefined)[]
  ): ContractCheck => ({
    title: `${subject.name}: ${title}`,
    skip: skips.find((skip) => skip !== undefined),
    async run() {
      const trial = new Trial(subject, await subject.context())
      try {
        await run(trial)
      } finally {
        await trial.close()
      }
    },
  })
  const ends = grow === undefined ? 'its splits end' : undefined

  return [
    check('splits have names of their own, the same each time', async (trial) => {
      const splits = await trial.splits()
      demand(splits.length >= (subject.oneSplit === undefined ? 2 : 1), 'the subject has two splits')
      demand(new Set(splits.map(({ id }) => id)).size === splits.length, 'no name twice')
      const again = await trial.splits()
      demand(names(again) === names(splits), 'the same names')
      const known = new Map(splits.map(({ id, start = 0 }) => [id, { offset: start, finished: false }]))
      demand(names(await trial.splits(known)) === names(splits), 'the same names to a run that knows them')
    }),
    check(
      'what was read to its end is not begun again under another name',
      async (trial) => {
        const known = new Map<string, KnownSplit>()
        for (const split of await trial.splits()) {
          const bytes = await readAll(trial.connector(), trial.context, split, split.start ?? 0)
          const { offset } = placesOf(bytes, split.start ?? 0, unit).at(-1) ?? { offset: 0 }
          known.set(split.id, { offset, finished: true })
        }
        const listed = await trial.splits(known)
        demand(
          listed.every(({ id }) => known.has(id)),
          'no other names',
        )
      },
      notReplayable,
    ),
    check(
      'a split is the same bytes each time, as many as it says',
      async (trial) => {
        for (const split of await trial.splits()) {
          const bytes = await trial.read(split)
          demand(same(await trial.read(split), bytes), 'the same bytes')
          demand(split.sizeBytes === undefined || split.sizeBytes === bytes.length, 'sizeBytes is the number of bytes')
        }
      },
      notReplayable,
    ),
    check(
      `taken up at any ${unit} it gives what follows`,
      async (trial) => {
        const random = new Xoshiro128(1)
        for (const split of await trial.splits()) {
          const whole = await trial.read(split)
          const places = placesOf(whole, split.start ?? 0, unit)
          const drawn = Array.from({ length: PLACES }, () => random.nextInt(places.length))
          for (const i of new Set([0, 1, places.length - 2, places.length - 1, ...drawn])) {
            const place = places[i]
            if (place === undefined) continue
            const reader = await trial.connector().open(trial.context, split, place.offset)
            const rest = await readSome(reader, whole.length - place.at)
            await reader.close()
            demand(same(rest, whole.subarray(place.at)), `what follows ${place.offset} of split "${split.id}"`)
          }
        }
      },
      notReplayable,
    ),
    check(
      'splits can be read at the same time, and left before their end',
      async (trial) => {
        const connector = trial.connector()
        const splits = await trial.splits()
        const expected = await Promise.all(splits.map((split) => trial.read(split)))
        const left = await connector.open(trial.context, splits[0], splits[0].start ?? 0)
        await left.read()
        await left.close()
        const together = await Promise.all(
          splits.map((split) => readAll(connector, trial.context, split, split.start ?? 0)),
        )
        demand(
          together.every((bytes, i) => same(bytes, expected[i])),
          'the same bytes',
        )
      },
      notReplayable,
    ),
    check('what a read gave stays as it is until the next one', async (trial) => {
      for (const split of await trial.splits()) {
        const reader = await trial.connector().open(trial.context, split, split.start ?? 0)
        const chunk = (await reader.read()) ?? new Uint8Array(0)
        const copy = chunk.slice()
        await new Promise((resolve) => setTimeout(resolve, 20))
        demand(same(chunk, copy), 'the same bytes')
        await reader.close()
      }
    }),
    check(
      'a split that has become too short to go on in is refused',
      async (trial) => {
        for (const split of await trial.splits()) {
          const places = placesOf(await trial.read(split), split.start ?? 0, unit)
          const offset = (places.at(-1)?.offset ?? 0) + 1
          const open = async () => readAll(trial.connector(), trial.context, split, offset)
          const code = await open().then(
            () => 'none',
            (error: { code?: unknown }) => error.code,
          )
          demand(code === 'ML_SOURCE_CHANGED', `ML_SOURCE_CHANGED, not ${String(code)}`)
        }
      },
      notReplayable,
      neverShort,
    ),
    check(
      'a read that waits for more has caught up, and ends when its reader is closed',
      async (trial) => {
        const split = (await trial.splits()).at(-1) as Split
        const reader = await trial.connector().open(trial.context, split, split.start ?? 0)
        await readNow(reader)
        demand(reader.caughtUp !== false, 'it has caught up')
        await reader.close()
        demand((await reader.read()) === null, 'null after it was closed')
        await reader.close()
      },
      ends,
    ),
    check(
      'what comes while it waits is read, after what was there',
      async (trial) => {
        const split = (await trial.splits()).at(-1) as Split
        const before = await trial.read(split)
        const reader = await trial.connector().open(trial.context, split, split.start ?? 0)
        const first = await readSome(reader, before.length)
        const next = reader.read().then((chunk) => chunk?.slice() ?? null)
        await grow?.(trial.context)
        const more = await next
        demand(more !== null && more.length > 0, 'more bytes')
        await reader.close()
        const whole = await trial.read(split)
        demand(same(first, before), 'what was there')
        demand(same(more ?? first, whole.subarray(before.length, before.length + (more ?? first).length)), 'what came')
      },
      ends,
      notReplayable,
    ),
    check(
      'it may be told again and again what checkpoints cover',
      async (trial) => {
        const connector = trial.connector()
        const splits = await connector.splits(trial.context, new Map())
        const offsets = new Map(splits.map(({ id, start = 0 }) => [id, start]))
        await connector.covered?.(trial.context, offsets)
        await connector.covered?.(trial.context, offsets)
      },
      subject.create().covered === undefined ? 'it does not ask' : undefined,
    ),
  ]
}

/** The connectors of one check, closed at its end. */
class Trial {
  readonly context: JobContext
  readonly #subject: SourceSubject
  readonly #made: SourceConnector[] = []

  constructor(subject: SourceSubject, context: JobContext) {
    this.#subject = subject
    this.context = context
  }

  /** A connector of its own, as after a restart. */
  connector(): SourceConnector {
    const connector = this.#subject.create()
    this.#made.push(connector)
    return connector
  }

  async splits(known: ReadonlyMap<string, KnownSplit> = new Map()): Promise<readonly Split[]> {
    return await this.connector().splits(this.context, known)
  }

  async read(split: Split): Promise<Uint8Array> {
    return await readAll(this.connector(), this.context, split, split.start ?? 0)
  }

  async close(): Promise<void> {
    for (const connector of this.#made) await connector.close?.(this.context)
  }
}

function names(splits: readonly Split[]): string {
  return splits.map(({ id }) => id).join('\n')
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
