/**
 * What a fetch brought of one partition: record batches, of which those of aborted transactions and control batches are
 * passed over, as are records below the offset that was asked for, since brokers give whole batches.
 *
 * Records go to message frames (`formats/message.ts`) without objects in between. A batch is proved by its checksum.
 */
import type { ByteWriter } from '../../bytes/writer.ts'
import { MillraceError } from '../../errors.ts'
import type { Decompress } from './codecs.ts'

/** A transaction that was aborted: batches of the producer from that offset on are void, until its control batch. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

export interface BatchTools {
  readonly checksum: (bytes: Buffer) => number
  readonly decompress: Decompress
}

/** Up to the length, which is not part of what it counts. */
const HEAD_BYTES = 12
const HEADER_BYTES = 61
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const CODEC = 0b111
const LOG_APPEND_TIME = 1 << 3
const TRANSACTIONAL = 1 << 4
const CONTROL = 1 << 5
/** Of a control record's key, behind its version. */
const ABORT = 0
const NO_TIMESTAMP = -1
/** Names of headers and their number stand in 16 bits of a frame; what is longer nobody can ask for. */
const MAX_U16 = 0xffff

export class FetchedRecords {
  /** Offset after the last whole batch: where to fetch on. */
  readonly end: number
  /** Of whole batches. */
  readonly byteLength: number
  /** Offset after the last record that was written; 0 before the first. */
  consumed = 0
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #tools: BatchTools
  /** Not yet begun, by first offset. */
  readonly #aborted: AbortedTransaction[]
  readonly #void = new Set<bigint>()
  readonly #where: string
  #at = 0

  /**
   * @param bytes as fetched: whole batches, the last may be cut off
   * @param from offset that was asked for
   * @param aborted transactions among them, of a fetch that reads what is committed alone
   * @throws ML_CORRUPT for a batch that is none
   */
  constructor(bytes: Buffer, from: number, aborted: readonly AbortedTransaction[], tools: BatchTools, where: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#tools = tools
    this.#where = where
    this.#aborted = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
    let end = from
    let at = 0
    for (let next = this.#batchEnd(0); next > 0; next = this.#batchEnd(at)) {
      end = this.#lastOffset(at) + 1
      at = next
    }
    this.byteLength = at
    this.end = Math.max(from, end)
  }

  get done(): boolean {
    return this.#at >= this.byteLength
  }

  /**
   * Writes frames of the records of the next batch whose offsets are from `from` to before `until`; returns the offset after
   * the batch.
   *
   * @throws ML_CORRUPT for a batch whose bytes are not what its checksum says, or hold no records; ML_SOURCE
   */
  readBatch(from: number, until: number, frames: ByteWriter): number {
    const at = this.#at
    const next = this.#batchEnd(at)
    const firstOffset = Number(this.#view.getBigInt64(at))
    const body = this.#bytes.subarray(at + ATTRIBUTES_AT, next)
    // First of all: the last offset is under the checksum, too, and a wrong one would pass over records.
    if (this.#tools.checksum(body) !== this.#view.getUint32(at + CRC_AT)) {
      throw this.#damaged('the checksum of a record batch is wrong', firstOffset)
    }
    const lastOffset = this.#readRecords(at, next, firstOffset, from, until, frames)
    this.#at = next
    return Math.max(from, lastOffset + 1)
  }

  /** Returns the batch's last offset. */
  #readRecords(at: number, next: number, firstOffset: number, from: number, until: number, frames: ByteWriter): number {
    const lastOffset = this.#lastOffset(at)
    if (lastOffset < from || firstOffset >= until) return lastOffset
    const attributes = this.#view.getInt16(at + ATTRIBUTES_AT)
    const count = this.#view.getInt32(at + 57)
    const isControl = (attributes & CONTROL) !== 0
    if (this.#isVoid(at, attributes, lastOffset) && !isControl) return lastOffset
    let records: Uint8Array = this.#bytes.subarray(at + HEADER_BYTES, next)
    if (isControl) {
      this.#endTransaction(at, records)
      return lastOffset
    }
    if ((attributes & CODEC) !== 0 && count > 0) records = this.#decompress(attributes & CODEC, records, firstOffset)
    const reader = new RecordReader(records, firstOffset, this.#where)
    const appended = (attributes & LOG_APPEND_TIME) !== 0
    const base = Number(this.#view.getBigInt64(at + (appended ? 35 : 27)))
    for (let i = 0; i < count; i++) {
      const offset = reader.read(base, appended, from, until, frames)
      if (offset >= from && offset < until) this.consumed = offset + 1
    }
    if (!reader.done) throw this.#damaged('a record batch holds more than its records', firstOffset)
    return lastOffset
  }

  /** 0 when no whole batch is there. */
  #batchEnd(at: number): number {
    if (at + HEAD_BYTES > this.#bytes.length) return 0
    const length = this.#view.getInt32(at + 8)
    const end = at + HEAD_BYTES + length
    if (length < 0) throw this.#damaged('the length of a record batch is negative', length)
    if (end > this.#bytes.length) return 0
    const magic = length < HEADER_BYTES - HEAD_BYTES ? 0 : this.#view.getInt8(at + MAGIC_AT)
    if (magic !== 2) throw this.#damaged(`a record batch is of format ${magic}; 2 alone is read`, at)
    return end
  }

  #lastOffset(at: number): number {
    return Number(this.#view.getBigInt64(at)) + this.#view.getInt32(at + 23)
  }

  #isVoid(at: number, attributes: number, lastOffset: number): boolean {
    if ((attributes & TRANSACTIONAL) === 0) return false
    for (let next = this.#aborted[0]; next !== undefined && next.firstOffset <= lastOffset; next = this.#aborted[0]) {
      this.#void.add(next.producerId)
      this.#aborted.shift()
    }
    return this.#void.has(this.#view.getBigInt64(at + 43))
  }

  /** A marker that its transaction was aborted: what the producer writes behind it counts again. */
  #endTransaction(at: number, records: Uint8Array): void {
    const reader = new RecordReader(records, Number(this.#view.getBigInt64(at)), this.#where)
    if (reader.controlType() === ABORT) this.#void.delete(this.#view.getBigInt64(at + 43))
  }

  #decompress(codec: number, records: Uint8Array, offset: number): Uint8Array {
    try {
      return this.#tools.decompress(codec, records)
    } catch (error) {
      if (error instanceof MillraceError) throw error
      throw this.#damaged('a record batch cannot be decompressed', offset, error)
    }
  }

  #damaged(what: string, got: number, cause?: unknown): MillraceError {
    return damaged(what, got, this.#where, cause)
  }
}

/** Reads the records of a batch, one after the other. */
class RecordReader {
  readonly #bytes: Uint8Array
  readonly #firstOffset: number
  readonly #where: string
  #at = 0
  #end: number

  constructor(bytes: Uint8Array, firstOffset: number, where: string) {
    this.#bytes = bytes
    this.#end = bytes.length
    this.#firstOffset = firstOffset
    this.#where = where
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  /** Writes a record, unless its offset is out of bounds; returns the offset. */
  read(timestamp: number, appended: boolean, from: number, until: number, frames: ByteWriter): number {
    const length = this.#length(this.#bytes.length)
    const end = this.#at + length
    this.#end = end
    this.#at++ // attributes, none of which is in use
    const delta = this.#varint()
    const offset = this.#firstOffset + this.#varint()
    if (offset < from || offset >= until) {
      this.#at = end
      this.#end = this.#bytes.length
      return offset
    }
    const start = frames.length
    // A frame is longer than its record by what varints save: at most 3 bytes in each length, and the fixed part.
    frames.reserve(length + 64)
    frames.u32(0)
    frames.f64(offset)
    frames.f64(timestamp === NO_TIMESTAMP ? Number.NaN : appended ? timestamp : timestamp + delta)
    this.#blob(frames)
    const valueLength = this.#varint()
    const valueAt = this.#skip(valueLength)
    const countAt = frames.length
    frames.u16(0)
    frames.patchU16(countAt, this.#headers(frames))
    frames.i32(valueLength < 0 ? -1 : valueLength)
    if (valueLength > 0) frames.raw(this.#bytes, valueAt, valueAt + valueLength)
    frames.patchU32(start, frames.length - start - 4)
    if (this.#at !== end) throw damaged('a record is not as long as it says', offset, this.#where)
    this.#end = this.#bytes.length
    return offset
  }

  controlType(): number {
    this.#length(this.#bytes.length)
    this.#at++
    this.#varint()
    this.#varint()
    const length = this.#varint()
    const key = this.#skip(length)
    return length < 4 ? -1 : (this.#bytes[key + 2] << 8) | this.#bytes[key + 3]
  }

  #headers(frames: ByteWriter): number {
    const count = this.#varint()
    if (count < 0) throw damaged('a record has a negative number of headers', count, this.#where)
    let written = 0
    for (let i = 0; i < count; i++) {
      const nameLength = this.#length(this.#end)
      const name = this.#skip(nameLength)
      const fits = nameLength <= MAX_U16 && written < MAX_U16
      if (fits) {
        written++
        frames.u16(nameLength)
        frames.raw(this.#bytes, name, name + nameLength)
        this.#blob(frames)
      } else this.#skip(this.#varint())
    }
    return written
  }

  /** Length and bytes; -1 is none. */
  #blob(frames: ByteWriter): void {
    const length = this.#varint()
    const at = this.#skip(length)
    frames.i32(length < 0 ? -1 : length)
    if (length > 0) frames.raw(this.#bytes, at, at + length)
  }

  #length(end: number): number {
    const length = this.#varint()
    if (length < 0 || length > end - this.#at) throw damaged('a length in a record is wrong', length, this.#where)
    return length
  }

  /** Moves over bytes of the record, and returns where they begin. */
  #skip(length: number): number {
    const at = this.#at
    if (length > this.#end - at) throw damaged('a length in a record is wrong', length, this.#where)
    if (length > 0) this.#at = at + length
    return at
  }

  /** Zigzag, seven bits a byte, low ones first. */
  #varint(): number {
    const bytes = this.#bytes
    let byte = this.#byte(bytes)
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1)
    let folded = byte & 127
    for (let scale = 128; ; scale *= 128) {
      byte = this.#byte(bytes)
      folded += (byte & 127) * scale
      if (byte < 128) break
      if (scale > 2 ** 56) throw damaged('a number in a record has too many bytes', this.#at, this.#where)
    }
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2
  }

  #byte(bytes: Uint8Array): number {
    if (this.#at >= this.#end) throw damaged('a record ends too early', this.#at, this.#where)
    return bytes[this.#at++]
  }
}

function damaged(what: string, got: number, where: string, cause?: unknown): MillraceError {
  return new MillraceError('ML_CORRUPT', {
    what,
    got,
    where,
    remedy: 'The broker or the producer has written damaged records; begin behind them with start: { offsets }',
    cause,
  })
}
