import type { SourceTask } from '../../stage/source-task.ts'
import type { SplitReader } from '../../stream/ports.ts'

/** What an open split needs of its source. */
export interface SplitOptions {
  readonly uid: string
  readonly task: SourceTask
  readonly sizeBytes: number | undefined
  readonly phase: number
  /** False for a split of a source that does not end. */
  readonly bounded: boolean
  /** Milliseconds without bytes after which it counts as idle; 0: never. */
  readonly idleMs: number
  /** The watermark that its source has reached without it, should it have been idle. */
  readonly reached: () => number
  /** Told when bytes, the end or an error have come. */
  readonly arrived: () => void
}

/**
 * One split under way: its task, and the reader whose next bytes are fetched while other splits are processed.
 *
 * Without a reader it has finished, or waits for its phase.
 */
export class OpenSplit {
  readonly uid: string
  readonly task: SourceTask
  readonly sizeBytes: number | undefined
  readonly phase: number
  readonly bounded: boolean
  readonly #idleMs: number
  readonly #reached: () => number
  readonly #arrived: () => void
  #reader: SplitReader | undefined
  #reading = false
  /** Came and was not yet given to the task; null: the end. */
  #next: Uint8Array | null | undefined
  #failure: unknown
  /** The task has asked for bytes. */
  #hungry = true
  /** When it last had bytes, or was known to be behind. */
  #activeAt = performance.now()

  constructor(options: SplitOptions) {
    this.uid = options.uid
    this.task = options.task
    this.sizeBytes = options.sizeBytes
    this.phase = options.phase
    this.bounded = options.bounded
    this.#idleMs = options.idleMs
    this.#reached = options.reached
    this.#arrived = options.arrived
  }

  /** Starts to read. */
  start(reader: SplitReader): void {
    this.#reader = reader
    this.#activeAt = performance.now()
    if (!this.bounded) this.fetch()
  }

  get started(): boolean {
    return this.#reader !== undefined
  }

  /** Whether there is something to pump, or an end or an error to be told. */
  get ready(): boolean {
    return !this.#hungry || this.#next !== undefined || this.#failure !== undefined
  }

  /** Records that the other side has beyond what was read; undefined where it does not tell. */
  get lag(): number | undefined {
    return this.#reader?.lag
  }

  /** Asks the reader for more, unless that is under way. */
  fetch(): void {
    const reader = this.#reader
    if (reader === undefined || this.#reading || this.#next !== undefined || this.#failure !== undefined) return
    this.#reading = true
    reader.read().then(
      (chunk) => this.#take(chunk, undefined),
      (error: unknown) => this.#take(undefined, error ?? new Error('reading failed')),
    )
  }

  /** Gives the task what has come, if it wants it. @throws what reading failed with */
  feed(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (!this.#hungry || this.#next === undefined) return
    const next = this.#next
    this.#next = undefined
    this.#hungry = false
    this.task.clock.wake(this.#reached())
    if (next === null) this.task.finish()
    else this.task.push(next)
  }

  /** The task has used up its bytes. */
  wantMore(): void {
    this.#hungry = true
    this.fetch()
  }

  /** Marks the split idle when it is due; gives the milliseconds until it will be, if nothing comes. */
  checkIdle(now: number): number {
    if (this.#idleMs === 0 || this.#reader === undefined || this.task.clock.idle) return Number.POSITIVE_INFINITY
    if (this.ready || this.#reader.caughtUp === false) this.#activeAt = now
    const left = this.#activeAt + this.#idleMs - now
    if (left > 0) return left
    this.task.clock.idle = true
    return Number.POSITIVE_INFINITY
  }

  async close(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    await reader?.close()
  }

  #take(chunk: Uint8Array | null | undefined, failure: unknown): void {
    this.#reading = false
    this.#next = chunk
    this.#failure = failure
    this.#activeAt = performance.now()
    this.#arrived()
  }
}
