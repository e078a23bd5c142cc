/** All sources of a run, and which of their splits to process next. */

import { errorText } from '../../errors.ts'
import type { JsonObject } from '../../stage/json.ts'
import type { SourceOutput, SplitLedger } from '../../stage/source-task.ts'
import type { ConnectorTable, JobSite } from '../../stream/ports.ts'
import type { Program } from '../../stream/program.ts'
import type { Envelope } from '../../time/identity.ts'
import { MAX_TIME } from '../../time/identity.ts'
import { sourceConnector } from './find-connector.ts'
import type { Manifest } from './manifest.ts'
import { OpenSource, type SplitStates } from './open-source.ts'
import type { OpenSplit } from './open-split.ts'

/** States of all splits by source and split. */
export type SourceStates = { readonly [uid: string]: SplitStates }

export class EngineSources {
  readonly #sources: readonly OpenSource[]
  readonly #byUid: ReadonlyMap<string, OpenSource>

  constructor(sources: readonly OpenSource[]) {
    this.#sources = sources
    this.#byUid = new Map(sources.map((source) => [source.uid, source]))
  }

  /**
   * The split to process next: of those that have something, the one that lags most in event time, for then the fewest
   * records wait. A split of a bounded source is waited for, since its bytes are on their way; of one that does not end nobody
   * knows, and others go on meanwhile, while there is room for records that wait.
   *
   * @param room whether more records may be held that wait for the watermark
   */
  next(room: boolean): OpenSplit | undefined {
    let lagging: OpenSplit | undefined
    let ready: OpenSplit | undefined
    let least = MAX_TIME
    let leastReady = MAX_TIME
    for (let i = 0; i < this.#sources.length; i++) {
      const { splits } = this.#sources[i]
      for (let j = 0; j < splits.length; j++) {
        const split = splits[j]
        const { watermark } = split.task
        if (watermark === MAX_TIME || !split.started) continue
        if (split.ready && watermark < leastReady) {
          leastReady = watermark
          ready = split
        }
        if (watermark < least && !split.task.clock.idle) {
          least = watermark
          lagging = split
        }
      }
    }
    if (lagging === undefined || lagging === ready) return ready
    lagging.fetch()
    return lagging.bounded || !room ? undefined : ready
  }

  /** Takes up what was found, and next phases; call it when a split has finished, and now and then. */
  async settle(): Promise<void> {
    for (const source of this.#sources) await source.settle()
  }

  get unsettled(): boolean {
    for (let i = 0; i < this.#sources.length; i++) if (this.#sources[i].unsettled) return true
    return false
  }

  /** Marks idle splits and looks for new ones; gives the milliseconds until there is something to do of that kind. */
  tend(now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const source of this.#sources) {
      next = Math.min(next, source.look(now))
      for (const split of source.splits) next = Math.min(next, split.checkIdle(now))
    }
    return next
  }

  get open(): readonly OpenSource[] {
    return this.#sources
  }

  watermark(uid: string): number {
    return this.#byUid.get(uid)?.watermark ?? MAX_TIME
  }

  /** As of the last `watermark`. */
  idle(uid: string): boolean {
    return this.#byUid.get(uid)?.idle ?? false
  }

  /** Records that the other side has beyond what was read, by source; undefined where it does not tell. */
  lags(): { readonly [uid: string]: number | undefined } {
    return Object.fromEntries(this.#sources.map(({ uid, lag }) => [uid, lag]))
  }

  /** Records and rejected pieces read so far, earlier runs included. */
  get pieces(): number {
    let pieces = 0
    for (let i = 0; i < this.#sources.length; i++) {
      const { splits, forgotten } = this.#sources[i]
      pieces += forgotten.in
      for (let j = 0; j < splits.length; j++) pieces += splits[j].task.pieces
    }
    return pieces
  }

  /** Largest event time seen in any split. */
  get maxTime(): number {
    return this.#all().reduce((max, { task }) => Math.max(max, task.maxTime), Number.NEGATIVE_INFINITY)
  }

  /** Bytes consumed, uncompressed, or whatever the splits' offsets count; of all splits. */
  get consumedBytes(): number {
    return this.#all().reduce((sum, { task }) => sum + task.consumed, 0)
  }

  state(): SourceStates {
    return Object.fromEntries(this.#sources.map((source) => [source.uid, source.state()]))
  }

  /** Counts of splits that no state is kept of any more, by source. */
  forgotten(): JsonObject {
    return Object.fromEntries(this.#sources.map(({ uid, forgotten }) => [uid, { ...forgotten }]))
  }

  /** Ledger of each source, its splits added up. */
  ledgers(): JsonObject {
    return Object.fromEntries(this.#sources.map(({ uid, ledger }) => [uid, { ...ledger }]))
  }

  /** Tells the connectors what a committed checkpoint covers. Never fails. */
  async covered(states: SourceStates): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.covered(states[source.uid])))
  }

  /** @param again whether the job is about to go on in this process */
  async close(again = false): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.close(again)))
  }

  #all(): OpenSplit[] {
    return this.#sources.flatMap(({ splits }) => splits)
  }
}

/** @throws what the connectors say of sources that cannot be opened; nothing is kept open */
export async function lookAtSources(program: Program, connectors: ConnectorTable, site: JobSite): Promise<void> {
  for (const source of program.plan.sources) {
    const connector = sourceConnector(connectors, source)
    const context = { ...site, uid: source.uid, options: source.options }
    try {
      await connector.splits(context)
    } finally {
      await connector.close?.(context)
    }
  }
}

/** Releases what the connectors kept for a job that was to go on. Never fails. */
export async function closeSources(program: Program, connectors: ConnectorTable, site: JobSite): Promise<void> {
  for (const source of program.plan.sources) {
    const context = { ...site, uid: source.uid, options: source.options }
    await sourceConnector(connectors, source)
      .close?.(context)
      .catch((error: unknown) => site.warn(errorText(error)))
  }
}

/** Opens every source: the splits of the checkpoint where they stood, new ones at their beginning. */
export async function openSources(
  program: Program,
  connectors: ConnectorTable,
  site: JobSite,
  manifest: Manifest | undefined,
  entry: (uid: string) => (output: SourceOutput, envelope: Envelope) => void,
  arrived: () => void,
): Promise<EngineSources> {
  const open: OpenSource[] = []
  try {
    for (const source of program.plan.sources) {
      const { uid, options } = source
      open.push(
        await OpenSource.open({
          program,
          source,
          connector: sourceConnector(connectors, source),
          context: { ...site, uid, options },
          states: (manifest?.splits[uid] ?? {}) as SplitStates,
          forgotten: (manifest?.counters.forgotten as { [uid: string]: SplitLedger } | undefined)?.[uid],
          emit: entry(uid),
          arrived,
        }),
      )
    }
  } catch (error) {
    await Promise.all(open.map((source) => source.close()))
    throw error
  }
  return new EngineSources(open)
}
