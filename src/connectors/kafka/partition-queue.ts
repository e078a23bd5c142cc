import { RecordBatch } from './record-batch.ts'
import type { RowFrame } from './row-frame.ts'

/** A batch takes no more rows once it has this many bytes; brokers refuse what is over 1 MiB by default. */
const BATCH_BYTES = 256 << 10
/** Sequence numbers are those of a signed integer, and begin again after the largest. */
const SEQUENCES = 2 ** 31

/** What waits to be sent to one partition, in order. The first batch is the one under way. */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  readonly batches: RecordBatch[] = []
  /** Whether the open transaction knows of this partition. */
  added = false
  /** Whether its first batch is under way. */
  busy = false
  /** How often its first batch has failed. */
  tries = 0
  #batchBytes = BATCH_BYTES
  #nextSequence = 0
  /** Of the first batch, once it was numbered. */
  #sequence: number | undefined

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  /** Adds a row and returns the bytes that it takes. */
  append(row: RowFrame, timestamp: number): number {
    let batch = this.batches.at(-1)
    let before = 0
    if (batch === undefined || batch.finished || batch.sizeBytes >= this.#batchBytes) {
      batch = new RecordBatch()
      this.batches.push(batch)
    } else before = batch.sizeBytes
    batch.append(row, timestamp)
    return batch.sizeBytes - before
  }

  /** The sequence number of the first batch: the same each time it is sent. */
  sequence(): number {
    if (this.#sequence === undefined) {
      this.#sequence = this.#nextSequence
      this.#nextSequence = (this.#nextSequence + this.batches[0].count) % SEQUENCES
    }
    return this.#sequence
  }

  /** The first batch is with the broker; returns the bytes it took. */
  done(): number {
    const [batch] = this.batches.splice(0, 1)
    this.#sequence = undefined
    this.tries = 0
    return batch.sizeBytes
  }

  /**
   * The broker refused the first batch for its size, so that its sequence numbers were not used: two halves take its place.
   * Returns by how many bytes it has grown.
   */
  split(): number {
    const [batch] = this.batches
    this.#nextSequence = this.sequence()
    this.#sequence = undefined
    const halves = batch.split()
    // The topic allows less than brokers do by default: so that not every batch has to be split.
    this.#batchBytes = Math.min(this.#batchBytes, halves[0].sizeBytes)
    this.batches.splice(0, 1, ...halves)
    return halves[0].sizeBytes + halves[1].sizeBytes - batch.sizeBytes
  }
}
