import { ByteWriter } from '../../bytes/writer.ts'
import { writeMark } from '../../formats/message.ts'
import type { SplitReader } from '../../stream/ports.ts'
import { type AbortedTransaction, type BatchTools, FetchedRecords } from './fetched-records.ts'

/** What a fetch brought of one partition. */
export interface Fetched {
  readonly records: Buffer
  /** Aborted transactions among the records; empty where all records are wanted. */
  readonly aborted: readonly AbortedTransaction[]
  /** Offset up to which records may be read now. */
  readonly limit: number
  /** Whether records would have come if there had been any: the first partition of a request always gets some. */
  readonly certain: boolean
}

export interface PartitionOptions {
  readonly topic: string
  readonly partition: number
  readonly from: number
  /** Offset at which reading ends; infinite for a split that does not end. */
  readonly until: number
  readonly tools: BatchTools
  /** Told when there is room for more, and when it is closed. */
  readonly wake: () => void
  readonly closed: (reader: PartitionReader) => void
}

/** Bytes of fetched records, still compressed, below which more are fetched: enough to work on meanwhile. */
const LOOK_AHEAD_BYTES = 1 << 20
/** Batches are read until their frames are this long. */
const CHUNK_BYTES = 128 << 10
/** Fetches in a row that bring nothing although there should be something, before the gap is taken for one. */
const GAP_FETCHES = 2
/** A broker answers twice a second when it has nothing; when it has not for so long, nobody knows what it has. */
const STALE_MS = 3000

/**
 * One partition as a split: takes what is fetched for it, and gives it out as frames, some batches at a time. Batches are
 * decompressed only then, so what it holds is bounded by what was fetched.
 */
export class PartitionReader implements SplitReader {
  readonly topic: string
  readonly partition: number
  /** A fetch is under way. */
  fetching = false
  readonly #options: PartitionOptions
  readonly #frames = new ByteWriter(2 * CHUNK_BYTES)
  readonly #fetched: FetchedRecords[] = []
  #bytes = 0
  /** Where to fetch on. */
  #from: number
  /** Offset after what was given out. */
  #position: number
  /** Offset that was told: after the last record that was given out, or of the last mark. */
  #told: number
  #limit: number | undefined
  /** When the last answer came; negative infinity while the broker is away. */
  #answeredAt = Number.NEGATIVE_INFINITY
  #gaps = 0
  #failure: unknown
  #closed = false
  #waiting: (() => void) | undefined

  constructor(options: PartitionOptions) {
    this.#options = options
    this.topic = options.topic
    this.partition = options.partition
    this.#from = options.from
    this.#position = options.from
    this.#told = options.from
  }

  get split(): string {
    return `${this.topic}/${this.partition}`
  }

  /** Offset to fetch from. */
  get from(): number {
    return this.#from
  }

  /** Whether more should be fetched. */
  get wants(): boolean {
    return !this.fetching && !this.idle && this.#bytes < LOOK_AHEAD_BYTES
  }

  /** Whether nothing more is to be fetched at all. */
  get idle(): boolean {
    return this.#closed || this.#failure !== undefined || this.#from >= this.#options.until
  }

  get caughtUp(): boolean {
    if (this.#fetched.length > 0 || this.#limit === undefined || this.#from < this.#limit) return false
    return performance.now() - this.#answeredAt < STALE_MS
  }

  get lag(): number | undefined {
    return this.#limit === undefined
      ? undefined
      : Math.max(0, Math.min(this.#limit, this.#options.until) - this.#position)
  }

  async read(): Promise<Uint8Array | null> {
    const frames = this.#frames
    for (;;) {
      if (this.#closed) return null
      frames.reset()
      this.#readBatches()
      this.#mark()
      if (frames.length > 0) return frames.view()
      if (this.#position >= this.#options.until) return null
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#fetched.length = 0
    this.#options.closed(this)
    this.#arrived()
  }

  take({ records, aborted, limit, certain }: Fetched): void {
    if (this.#closed) return
    this.#answeredAt = performance.now()
    this.#limit = limit
    try {
      this.#add(new FetchedRecords(records, this.#from, aborted, this.#options.tools, this.split), certain)
    } catch (error) {
      this.#failure = error
    }
    this.#arrived()
  }

  /** The broker does not answer: nobody knows how far behind it is. */
  disconnected(): void {
    this.#answeredAt = Number.NEGATIVE_INFINITY
  }

  /** What was fetched is still given out before the error. */
  fail(error: unknown): void {
    this.#failure ??= error
    this.#arrived()
  }

  #add(fetched: FetchedRecords, certain: boolean): void {
    if (fetched.byteLength > 0) {
      this.#fetched.push(fetched)
      this.#bytes += fetched.byteLength
      this.#from = fetched.end
      this.#gaps = 0
    } else if (certain && this.#limit !== undefined && this.#from < this.#limit && ++this.#gaps >= GAP_FETCHES) {
      // Compaction has taken all batches up to there.
      this.#from = this.#limit
    }
    if (this.#fetched.length === 0) this.#position = this.#from
  }

  #readBatches(): void {
    const { until, wake } = this.#options
    const frames = this.#frames
    while (frames.length < CHUNK_BYTES && this.#fetched.length > 0) {
      const next = this.#fetched[0]
      if (!next.done) this.#position = Math.max(this.#position, next.readBatch(this.#position, until, frames))
      this.#told = Math.max(this.#told, next.consumed)
      if (!next.done) continue
      this.#fetched.shift()
      this.#bytes -= next.byteLength
      this.#position = Math.max(this.#position, next.end)
    }
    wake()
  }

  /** Says where to go on, when that is behind the last record. */
  #mark(): void {
    const position = Math.min(this.#position, this.#options.until)
    if (position <= this.#told) return
    this.#told = position
    writeMark(position, this.#frames)
  }

  #arrived(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.()
  }
}
