/**
 * A batch of records for one partition, as Kafka stores it (record batch, magic 2): encoded while rows come, with room
 * for the head in front, so that nothing is copied when it is sent uncompressed.
 *
 * Numbered once, its bytes never change: a retry must carry the same sequence number over the same records, or the
 * broker cannot tell a repetition from a new batch.
 *
 * @see Kafka protocol guide, "Record Batch"
 */
import type { RowFrame } from './row-frame.ts'
import { readVarint, writeVarint, writeVarlong } from './varint.ts'

/** Bytes of the head, from the base offset to the count of records. */
const HEAD_BYTES = 61
const ATTRIBUTES_AT = 21
const TRANSACTIONAL = 1 << 4
const FIRST_CAPACITY = 4096

/** Who sends a batch, and where it stands in what it sends to the partition. */
export interface BatchNumber {
  readonly producerId: bigint
  readonly epoch: number
  readonly sequence: number
  readonly transactional: boolean
}

/** Compresses the records of a batch. */
export interface Codec {
  /** As the batch's attributes name it; 0: none. */
  readonly id: number
  compress(bytes: Buffer): Uint8Array
}

/** CRC-32C as an unsigned integer. */
export type Checksum = (bytes: Buffer) => number

export class RecordBatch {
  count = 0
  /** Of each record its ordinal in the sink it came from. */
  readonly ordinals: number[] = []
  #bytes = Buffer.allocUnsafe(FIRST_CAPACITY)
  #length = HEAD_BYTES
  #firstTimestamp = 0
  #maxTimestamp = 0
  #finished: Buffer | undefined

  /** Bytes it takes, uncompressed. */
  get sizeBytes(): number {
    return this.#length
  }

  /** @param timestamp whole milliseconds since the epoch */
  append(row: RowFrame, timestamp: number): void {
    const { bytes, keyLength, valueLength } = row
    this.#time(timestamp)
    // Lengths take at most 5 bytes each, and those of headers have 6 in the frame already.
    this.#reserve(row.valueStart + Math.max(0, valueLength) - row.keyStart + 48 + 4 * row.headerCount)
    const start = this.#length
    const target = this.#bytes
    // The length in front is known last: room for its longest form is left, and what is not needed closed up.
    let at = start + 5
    target[at++] = 0
    at = writeVarlong(target, at, timestamp - this.#firstTimestamp)
    at = writeVarint(target, at, this.count)
    at = writeVarint(target, at, keyLength)
    at = copy(bytes, row.keyStart, keyLength, target, at)
    at = writeVarint(target, at, valueLength)
    at = copy(bytes, row.valueStart, valueLength, target, at)
    at = writeVarint(target, at, row.headerCount)
    for (let from = row.headersStart, left = row.headerCount; left > 0; left--) {
      const nameLength = row.u16(from)
      at = writeVarint(target, at, nameLength)
      at = copy(bytes, from + 2, nameLength, target, at)
      from += 2 + nameLength
      const length = row.i32(from)
      at = writeVarint(target, at, length)
      at = copy(bytes, from + 4, length, target, at)
      from += 4 + Math.max(0, length)
    }
    const bodyLength = at - start - 5
    const bodyStart = writeVarint(target, start, bodyLength)
    if (bodyStart !== start + 5) target.copyWithin(bodyStart, start + 5, at)
    this.#length = bodyStart + bodyLength
    this.ordinals.push(row.ordinal)
    this.count++
  }

  /** True once it is numbered: no record can be added any more. */
  get finished(): boolean {
    return this.#finished !== undefined
  }

  /** The batch as it goes to the broker. The number given first holds for ever. */
  finish(number: BatchNumber, codec: Codec, checksum: Checksum): Buffer {
    this.#finished ??= this.#encode(number, codec, checksum)
    return this.#finished
  }

  /** Its records in two batches that are not numbered yet: for one of several records that a broker found too large. */
  split(): readonly [RecordBatch, RecordBatch] {
    const halves = [new RecordBatch(), new RecordBatch()] as const
    const middle = this.count >> 1
    for (let i = 0, at = HEAD_BYTES; i < this.count; i++) {
      const length = readVarint(this.#bytes, at)
      at = length.next + length.value
      const half = halves[i < middle ? 0 : 1]
      half.#take(this, length.next, at)
      half.ordinals.push(this.ordinals[i])
    }
    return halves
  }

  /** Appends a record of another batch, which lies there from its attributes to its end. */
  #take(other: RecordBatch, start: number, end: number): void {
    const delta = readVarint(other.#bytes, start + 1)
    const rest = readVarint(other.#bytes, delta.next).next
    const timestamp = other.#firstTimestamp + delta.value
    this.#time(timestamp)
    const head = Buffer.alloc(16)
    const headLength = writeVarint(head, writeVarlong(head, 1, timestamp - this.#firstTimestamp), this.count)
    this.#reserve(end - rest + 24)
    let at = writeVarint(this.#bytes, this.#length, headLength + end - rest)
    at = copy(head, 0, headLength, this.#bytes, at)
    this.#length = copy(other.#bytes, rest, end - rest, this.#bytes, at)
    this.count++
  }

  #time(timestamp: number): void {
    if (this.count === 0) {
      this.#firstTimestamp = timestamp
      this.#maxTimestamp = timestamp
    }
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
  }

  #encode(number: BatchNumber, codec: Codec, checksum: Checksum): Buffer {
    let batch = this.#bytes.subarray(0, this.#length)
    if (codec.id !== 0) {
      const records = codec.compress(batch.subarray(HEAD_BYTES))
      batch = Buffer.allocUnsafe(HEAD_BYTES + records.length)
      batch.set(records, HEAD_BYTES)
    }
    batch.writeBigInt64BE(0n, 0)
    batch.writeInt32BE(batch.length - 12, 8)
    batch.writeInt32BE(-1, 12)
    batch.writeInt8(2, 16)
    batch.writeInt16BE(codec.id | (number.transactional ? TRANSACTIONAL : 0), ATTRIBUTES_AT)
    batch.writeInt32BE(this.count - 1, 23)
    batch.writeBigInt64BE(BigInt(this.#firstTimestamp), 27)
    batch.writeBigInt64BE(BigInt(this.#maxTimestamp), 35)
    batch.writeBigInt64BE(number.producerId, 43)
    batch.writeInt16BE(number.epoch, 51)
    batch.writeInt32BE(number.sequence, 53)
    batch.writeInt32BE(this.count, 57)
    batch.writeUInt32BE(checksum(batch.subarray(ATTRIBUTES_AT)), 17)
    return batch
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

function copy(from: Uint8Array, start: number, count: number, to: Uint8Array, at: number): number {
  if (count <= 0) return at
  if (count > 24) to.set(from.subarray(start, start + count), at)
  else for (let i = 0; i < count; i++) to[at + i] = from[start + i]
  return at + count
}
