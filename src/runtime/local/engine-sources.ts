/** The open splits of all sources, and which of them to read next. */

import { MillraceError } from '../../errors.ts'
import type { JsonObject } from '../../stage/json.ts'
import type { SourceVertex } from '../../stage/plan.ts'
import type { SourceOutput, SourceTask, SplitState } from '../../stage/source-task.ts'
import type { ConnectorTable, JobSite, SourceConnector, SplitReader } from '../../stream/ports.ts'
import type { Program } from '../../stream/program.ts'
import type { Envelope } from '../../time/identity.ts'
import { MAX_TIME } from '../../time/identity.ts'
import { CombinedWatermark } from '../../time/watermarks.ts'
import type { Manifest } from './manifest.ts'

/** One split under way. */
export class OpenSplit {
  readonly uid: string
  readonly task: SourceTask
  readonly sizeBytes: number | undefined
  #reader: SplitReader | undefined

  constructor(uid: string, task: SourceTask, reader: SplitReader | undefined, sizeBytes: number | undefined) {
    this.uid = uid
    this.task = task
    this.sizeBytes = sizeBytes
    this.#reader = reader
  }

  /** Reads on: the task gets more bytes, or learns that there are none. */
  async feed(): Promise<void> {
    const chunk = await this.#reader?.read()
    if (chunk === null || chunk === undefined) this.task.end()
    else this.task.push(chunk)
  }

  async close(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    await reader?.close()
  }
}

export class EngineSources {
  readonly #splits: readonly OpenSplit[]
  readonly #clocks = new Map<string, CombinedWatermark>()
  readonly #bySource: ReadonlyMap<string, readonly OpenSplit[]>

  constructor(splits: readonly OpenSplit[], sources: readonly SourceVertex[]) {
    this.#splits = splits
    this.#bySource = new Map(sources.map(({ uid }) => [uid, splits.filter((split) => split.uid === uid)]))
    for (const [uid, own] of this.#bySource) {
      // A source without a single split has nothing to wait for.
      if (own.length === 0) continue
      const clock = new CombinedWatermark()
      for (const { task } of own) clock.add(task.clock)
      this.#clocks.set(uid, clock)
    }
  }

  /** The split that lags most in event time: reading it first keeps the fewest records waiting. */
  next(): OpenSplit | undefined {
    let lagging: OpenSplit | undefined
    let watermark = MAX_TIME
    for (let i = 0; i < this.#splits.length; i++) {
      const split = this.#splits[i]
      if (split.task.watermark < watermark) {
        watermark = split.task.watermark
        lagging = split
      }
    }
    return lagging
  }

  watermark(uid: string): number {
    return this.#clocks.get(uid)?.advance() ?? MAX_TIME
  }

  /** Records and rejected pieces read so far, earlier runs included. */
  get pieces(): number {
    let pieces = 0
    for (let i = 0; i < this.#splits.length; i++) pieces += this.#splits[i].task.ledger.in
    return pieces
  }

  /** Largest event time seen in any split. */
  get maxTime(): number {
    return this.#splits.reduce((max, { task }) => Math.max(max, task.maxTime), Number.NEGATIVE_INFINITY)
  }

  /** Uncompressed bytes consumed, of all splits. */
  get consumedBytes(): number {
    return this.#splits.reduce((sum, { task }) => sum + task.consumed, 0)
  }

  /** Split states by source and split: plain JSON for the manifest. */
  state(): { readonly [uid: string]: { readonly [split: string]: SplitState } } {
    return Object.fromEntries(
      [...this.#bySource].map(([uid, splits]) => [
        uid,
        Object.fromEntries(splits.map(({ task }) => [task.split, task.state()])),
      ]),
    )
  }

  /** Ledger of each source, its splits added up. */
  ledgers(): JsonObject {
    return Object.fromEntries(
      [...this.#bySource].map(([uid, splits]) => {
        const sum = { in: 0, processed: 0, rejected: 0, late: 0 }
        for (const { task } of splits) {
          for (const name of ['in', 'processed', 'rejected', 'late'] as const) sum[name] += task.ledger[name]
        }
        return [uid, sum]
      }),
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#splits.map((split) => split.close()))
  }
}

/** @throws what the connectors say of sources that cannot be opened; nothing is kept open */
export async function lookAtSources(program: Program, connectors: ConnectorTable, site: JobSite): Promise<void> {
  for (const source of program.plan.sources) {
    await sourceConnector(connectors, source).splits({ ...site, uid: source.uid, options: source.options })
  }
}

/** Opens every split of every source: those of the checkpoint where they stood, new ones at their beginning. */
export async function openSources(
  program: Program,
  connectors: ConnectorTable,
  site: JobSite,
  manifest: Manifest | undefined,
  entry: (uid: string) => (output: SourceOutput, envelope: Envelope) => void,
): Promise<EngineSources> {
  const open: OpenSplit[] = []
  try {
    for (const source of program.plan.sources) {
      const connector = sourceConnector(connectors, source)
      const context = { ...site, uid: source.uid, options: source.options }
      const states = (manifest?.splits[source.uid] ?? {}) as { [split: string]: SplitState }
      const splits = await connector.splits(context)
      const gone = Object.keys(states).filter((id) => !states[id].finished && !splits.some((split) => split.id === id))
      if (gone.length > 0) throw splitGone(source.uid, gone[0])
      for (const split of splits) {
        const resume = Object.hasOwn(states, split.id) ? states[split.id] : undefined
        const task = program.openSplit(source.uid, split.id, entry(source.uid), resume)
        const offset = resume?.decoder.consumed ?? 0
        const reader = resume?.finished ? undefined : await connector.open(context, split, offset)
        open.push(new OpenSplit(source.uid, task, reader, split.sizeBytes))
      }
    }
  } catch (error) {
    await Promise.all(open.map((split) => split.close()))
    throw error
  }
  return new EngineSources(open, program.plan.sources)
}

function sourceConnector(connectors: ConnectorTable, source: SourceVertex): SourceConnector {
  const found = connectors.sources.find(({ kind }) => kind === source.connector)
  if (found !== undefined) return found
  throw new MillraceError('ML_PLAN', {
    what: `this engine has no source connector "${source.connector}"`,
    where: `source "${source.uid}"`,
    remedy: `It has: ${connectors.sources.map(({ kind }) => kind).join(', ')}`,
  })
}

function splitGone(uid: string, split: string): MillraceError {
  return new MillraceError('ML_SOURCE_CHANGED', {
    what: 'the checkpoint was in the middle of a split that the source no longer has',
    got: split,
    where: `source "${uid}"`,
    remedy: 'Bring it back, or start anew with --fresh',
  })
}
