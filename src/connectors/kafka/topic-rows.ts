import { partitionOf } from './partitioner.ts'
import type { Producer } from './producer.ts'
import { RowFrame } from './row-frame.ts'

/** The rows of one sink: from the frames of the sink operator to the partitions of its topic. */
export class TopicRows {
  readonly topic: string
  /** As many as there were when the run began: a key keeps its partition for as long. */
  readonly #partitions: number
  readonly #frame = new RowFrame()
  /** Ordinals of the first and last row since `restart`; -1: none. */
  first = -1
  last = -1

  constructor(topic: string, partitions: number) {
    this.topic = topic
    this.#partitions = partitions
  }

  /** Hands whole frames on; their bytes are copied. */
  append(bytes: Uint8Array, producer: Producer): void {
    const frame = this.#frame.over(bytes)
    while (frame.next()) {
      producer.append(this.topic, partitionOf(frame, this.#partitions), frame)
      if (this.first < 0) this.first = frame.ordinal
      this.last = frame.ordinal
    }
  }

  /** Begins a new range of ordinals. */
  restart(): void {
    this.first = -1
    this.last = -1
  }
}
