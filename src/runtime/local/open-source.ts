/** One source under way: its splits, those that wait for their phase, and those found later. */
import { errorText, MillraceError } from '../../errors.ts'
import type { SourceVertex } from '../../stage/plan.ts'
import type { SourceOutput, SplitLedger, SplitState } from '../../stage/source-task.ts'
import type { JobContext, KnownSplit, SourceConnector, Split } from '../../stream/ports.ts'
import type { Program } from '../../stream/program.ts'
import type { Envelope } from '../../time/identity.ts'
import { MAX_TIME, MIN_TIME } from '../../time/identity.ts'
import { CombinedWatermark, NO_WATERMARK } from '../../time/watermarks.ts'
import { OpenSplit } from './open-split.ts'

/** Split states by split: plain JSON for the manifest. */
export type SplitStates = { readonly [split: string]: SplitState }

export interface SourceOptions {
  readonly program: Program
  readonly source: SourceVertex
  readonly connector: SourceConnector
  readonly context: JobContext
  /** What the checkpoint holds of its splits. */
  readonly states: SplitStates
  /** Counts of splits that are no longer listed. */
  readonly forgotten: SplitLedger | undefined
  readonly emit: (output: SourceOutput, envelope: Envelope) => void
  readonly arrived: () => void
}

const NOTHING: SplitLedger = { in: 0, processed: 0, rejected: 0, late: 0 }
const COUNTS = ['in', 'processed', 'rejected', 'late'] as const

export class OpenSource {
  readonly uid: string
  readonly #options: SourceOptions
  readonly #clock = new CombinedWatermark()
  #splits: OpenSplit[] = []
  #waiting: { readonly split: Split; readonly open: OpenSplit }[] = []
  #forgotten: SplitLedger
  #lookedAt = performance.now()
  #looking = false
  #found: readonly Split[] | undefined
  #failure: unknown
  /** Of the splits that were started last. */
  #phase = 0

  private constructor(options: SourceOptions) {
    this.uid = options.source.uid
    this.#options = options
    this.#forgotten = options.forgotten ?? NOTHING
  }

  /** Opens the splits of the checkpoint where they stood, new ones at their beginning. */
  static async open(options: SourceOptions): Promise<OpenSource> {
    const { connector, context, states } = options
    const source = new OpenSource(options)
    try {
      const known = Object.entries(states).map(
        ([id, { decoder, finished }]) => [id, { offset: decoder.consumed, finished }] as const,
      )
      const splits = await connector.splits(context, new Map(known))
      const gone = Object.keys(states).filter((id) => !splits.some((split) => split.id === id))
      for (const id of gone) {
        if (!states[id].finished) throw splitGone(source.uid, id, states[id].decoder.consumed)
        source.#forgotten = sum(source.#forgotten, states[id].ledger)
      }
      for (const split of splits) source.#add(split, Object.hasOwn(states, split.id) ? states[split.id] : undefined)
      await source.#startDue()
    } catch (error) {
      await source.close()
      throw error
    }
    return source
  }

  get splits(): readonly OpenSplit[] {
    return this.#splits
  }

  get watermark(): number {
    // A bounded source without a single split has nothing to wait for.
    return this.#splits.length === 0 && !this.#clock.moreToCome ? MAX_TIME : this.#clock.advance()
  }

  /**
   * The least event time up to which a split under way has everything; undefined before the first record and after the
   * last. Moves nothing on, unlike `watermark`.
   */
  get reached(): number | undefined {
    let least = MAX_TIME
    for (const { task, started } of this.#splits) {
      if (started && !task.finished && !task.clock.idle) least = Math.min(least, task.watermark)
    }
    return least >= 0 && least < MAX_TIME ? least : undefined
  }

  /** Whether nothing holds its watermark back, or drives it; as of the last `watermark`. */
  get idle(): boolean {
    return this.#clock.idle
  }

  get ledger(): SplitLedger {
    return this.#splits.reduce((total, { task }) => sum(total, task.ledger), this.#forgotten)
  }

  get forgotten(): SplitLedger {
    return this.#forgotten
  }

  /** Records that the other side has beyond what was read; undefined where no split tells. */
  get lag(): number | undefined {
    return this.#splits.reduce<number | undefined>(
      (total, { lag }) => (lag === undefined ? total : lag + (total ?? 0)),
      undefined,
    )
  }

  state(): SplitStates {
    return Object.fromEntries(this.#splits.map(({ task }) => [task.split, task.state()]))
  }

  /** Looks for new splits when that is due, in the background; gives the milliseconds until it will be. */
  look(now: number): number {
    const { connector, context, source, arrived } = this.#options
    if (source.discoverMs === 0) return Number.POSITIVE_INFINITY
    const left = this.#lookedAt + source.discoverMs - now
    if (left > 0 || this.#looking) return Math.max(left, 1)
    this.#looking = true
    this.#lookedAt = now
    connector.splits(context, this.#known()).then(
      (splits) => {
        this.#looking = false
        this.#found = splits
        arrived()
      },
      (error: unknown) => {
        this.#failure = error
        arrived()
      },
    )
    return source.discoverMs
  }

  /** Whether there is something to `settle`. */
  get unsettled(): boolean {
    return this.#found !== undefined || this.#failure !== undefined
  }

  /** Takes up splits that were found, and the next phase when the one before has ended. */
  async settle(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const found = this.#found
    this.#found = undefined
    if (found !== undefined) {
      const known = new Set(this.#splits.map(({ task }) => task.split))
      for (const split of found) if (!known.has(split.id)) this.#add(split, undefined)
      this.#forget(new Set(found.map(({ id }) => id)))
    }
    for (const split of this.#splits) if (split.started && split.task.finished) await split.close()
    await this.#startDue()
  }

  /** Tells the connector what a committed checkpoint covers. */
  async covered(states: SplitStates): Promise<void> {
    const { connector, context } = this.#options
    if (connector.covered === undefined) return
    const offsets = new Map(Object.entries(states).map(([split, { decoder }]) => [split, decoder.consumed]))
    try {
      await connector.covered(context, offsets)
    } catch (error) {
      context.warn(`source "${this.uid}" could not be told what the last checkpoint covers: ${errorText(error)}`)
    }
  }

  async close(again = false): Promise<void> {
    const { connector, context } = this.#options
    await Promise.all(this.#splits.map((split) => split.close()))
    await connector.close?.(context, again)
  }

  #known(): ReadonlyMap<string, KnownSplit> {
    return new Map(
      this.#splits.map(({ task: { split, consumed, finished } }) => [split, { offset: consumed, finished }]),
    )
  }

  #add(split: Split, resume: SplitState | undefined): void {
    const { program, source, emit, arrived } = this.#options
    const open = new OpenSplit({
      uid: this.uid,
      task: program.openSplit(this.uid, split, emit, resume),
      sizeBytes: split.sizeBytes,
      // Where time decides and everything ends, splits are read side by side.
      phase: source.bounded && program.plan.order === 'eventTime' ? 0 : (split.phase ?? 0),
      bounded: source.bounded,
      idleMs: source.idleMs,
      reached: () => this.#clock.watermark,
      arrived,
    })
    this.#splits.push(open)
    if (open.task.finished) this.#clock.add(open.task.clock)
    else this.#waiting.push({ split, open })
  }

  /** Starts the splits of the phase under way, or of the next one when nothing is. */
  async #startDue(): Promise<void> {
    const { connector, context, source } = this.#options
    this.#clock.moreToCome = !source.bounded || this.#waiting.length > 0
    if (this.#waiting.length === 0) return
    const lowest = Math.min(...this.#waiting.map(({ open }) => open.phase))
    const running = this.#splits.some((split) => split.started && !split.task.finished)
    const due = this.#waiting.filter(({ open }) => open.phase === lowest)
    if (running && lowest > this.#phase) return
    this.#phase = lowest
    this.#waiting = this.#waiting.filter(({ open }) => open.phase !== lowest)
    const reached = this.#reachedBefore(lowest)
    for (const { split, open } of due) {
      const { consumed, end } = open.task
      open.task.clock.raise(reached)
      open.start(await connector.open(context, end < 0 ? split : { ...split, end }, consumed))
      this.#clock.add(open.task.clock)
    }
    this.#clock.moreToCome = !source.bounded || this.#waiting.length > 0
  }

  /** The watermark at the end of earlier phases: from their records alone, so that it is the same after a restart. */
  #reachedBefore(phase: number): number {
    const { source, program } = this.#options
    if (program.plan.clock === 'rows') return NO_WATERMARK
    return this.#splits.reduce((reached, { task, phase: own }) => {
      const last = task.finished && own < phase && task.maxTime > MIN_TIME ? task.maxTime : undefined
      return last === undefined ? reached : Math.max(reached, last - source.outOfOrdernessMs - 1)
    }, NO_WATERMARK)
  }

  /** Splits that ended and that the source no longer lists never come back: only their counts are kept. */
  #forget(listed: ReadonlySet<string>): void {
    for (const split of this.#splits) {
      if (!split.task.finished || listed.has(split.task.split)) continue
      this.#forgotten = sum(this.#forgotten, split.task.ledger)
      this.#clock.remove(split.task.clock)
      this.#splits = this.#splits.filter((other) => other !== split)
    }
  }
}

function sum(a: SplitLedger, b: SplitLedger): SplitLedger {
  return Object.fromEntries(COUNTS.map((name) => [name, a[name] + b[name]])) as unknown as SplitLedger
}

function splitGone(uid: string, split: string, offset: number): MillraceError {
  return new MillraceError('ML_SOURCE_CHANGED', {
    what: `the checkpoint stands at offset ${offset} of a split that the source no longer has`,
    got: split,
    where: `source "${uid}"`,
    remedy: 'Bring it back, or start anew with --fresh',
  })
}
