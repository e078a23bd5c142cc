import { partitionOf } from './partitioner.ts'
import type { Producer } from './producer.ts'
import { RowFrame } from './row-frame.ts'

/** How long brokers keep records by default, from their timestamp on. */
const RETENTION_MS = 7 * 86_400_000

/** The rows of one sink: from the frames of the sink operator to the partitions of its topic. */
export class TopicRows {
  readonly topic: string
  /** As many as there were when the run began: a key keeps its partition for as long. */
  readonly #partitions: number
  readonly #frame = new RowFrame()
  /** Ordinals of the first and last row since `restart`; -1: none. */
  first = -1
  last = -1
  #warn: ((message: string) => void) | undefined

  /** @param warn told, once, of rows that brokers would delete soon after they have them */
  constructor(topic: string, partitions: number, warn: (message: string) => void) {
    this.topic = topic
    this.#partitions = partitions
    this.#warn = warn
  }

  /** Hands whole frames on; their bytes are copied. */
  append(bytes: Uint8Array, producer: Producer): void {
    const frame = this.#frame.over(bytes)
    while (frame.next()) {
      if (this.#warn !== undefined && frame.timestamp < Date.now() - RETENTION_MS) this.#warnOfAge(frame.timestamp)
      producer.append(this.topic, partitionOf(frame, this.#partitions), frame)
      if (this.first < 0) this.first = frame.ordinal
      this.last = frame.ordinal
    }
  }

  #warnOfAge(timestamp: number): void {
    const day = new Date(timestamp).toISOString().slice(0, 10)
    this.#warn?.(
      `rows of topic "${this.topic}" bear event times as of ${day}, and brokers delete records by their timestamp, a week ` +
        "after it by default: set the topic's retention.ms to -1, or leave the timestamp out with timestamp: null",
    )
    this.#warn = undefined
  }

  /** Begins a new range of ordinals. */
  restart(): void {
    this.first = -1
    this.last = -1
  }
}
