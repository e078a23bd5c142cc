import { MillraceError } from '../errors.ts'
import { MARK_BYTES } from './message.ts'

/** A frame that is longer is damage, not data: brokers allow far less. */
const MAX_FRAME_BYTES = 1 << 30
/** Offset, timestamp, and the lengths of key, headers and value. */
const LEAST_BYTES = 26
/** What is looked at of a message that is too long. */
const HEAD_BYTES = 8192

/** Where the parts of a message stand in the bytes; -1 for the start of one that is not there. */
export interface MessagePlace {
  readonly bytes: Uint8Array
  readonly keyStart: number
  readonly keyEnd: number
  readonly headers: number
  readonly headerStart: number
}

/**
 * Finds the message frames (`message.ts`) in chunks of any size, without an object for each: after `next()` the parts of
 * the current message stand between offsets of `bytes`.
 *
 * The frames are made by our own connectors, so a frame that contradicts itself is damage: ML_CORRUPT.
 */
export class MessageFrames implements MessagePlace {
  /** Has at least one byte after every frame. Replaced when it grows. */
  bytes = new Uint8Array(1 << 16)
  view = new DataView(this.bytes.buffer)
  offset = 0
  timestamp = NaN
  keyStart = -1
  keyEnd = -1
  headers = 0
  headerStart = 0
  valueStart = -1
  valueEnd = -1
  /** Offset of the last mark that was passed. */
  reached = 0
  /** The current message is longer than allowed: only its head is there, and its value only if that starts in the head. */
  tooLong = false

  private readonly maxBytes: number
  private from = 0 // the unread bytes are bytes[from..have)
  private have = 0
  private skip = 0 // bytes of a message that was too long, still to come
  private ended = false

  /** @param maxBytes longest frame that is held in memory */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  push(chunk: Uint8Array): void {
    if (this.ended) throw new MillraceError('ML_RANGE', { what: 'push must not follow end', where: 'messages decoder' })
    const skipped = Math.min(this.skip, chunk.length)
    this.skip -= skipped
    const rest = skipped === 0 ? chunk : chunk.subarray(skipped)
    this.makeRoom(rest.length + 1)
    this.bytes.set(rest, this.have)
    this.have += rest.length
  }

  end(): void {
    this.ended = true
  }

  /** Moves to the next message, over marks; false when it needs more bytes, or after the last one. */
  next(): boolean {
    const { view, have } = this
    let { from } = this
    if (have - from < 4) return this.stop()
    let length = view.getUint32(from, true)
    while (length === MARK_BYTES) {
      if (have - from < 4 + MARK_BYTES) return this.stop()
      this.reached = this.offsetAt(from + 4)
      this.from = from += 4 + MARK_BYTES
      if (have - from < 4) return this.stop()
      length = view.getUint32(from, true)
    }
    if (length < LEAST_BYTES || length > MAX_FRAME_BYTES) throw corrupt('a message has an impossible length', length)
    this.tooLong = length > this.maxBytes
    const needed = 4 + (this.tooLong ? Math.min(length, HEAD_BYTES) : length)
    if (have - from < needed) return this.stop()
    this.offset = this.offsetAt(from + 4)
    this.timestamp = view.getFloat64(from + 12, true)
    if (this.tooLong) return this.head(from + needed, from + 4 + length)
    this.from = from + needed
    this.parts(from + 20, this.from)
    return true
  }

  private offsetAt(at: number): number {
    const offset = this.view.getFloat64(at, true)
    if (Number.isSafeInteger(offset) && offset >= 0) return offset
    throw corrupt('the offset of a message is not a whole number', offset)
  }

  /** Finds key, headers and value, the last of which ends at `end`. */
  private parts(at: number, end: number): void {
    const { view } = this
    const keyBytes = view.getInt32(at, true)
    this.keyStart = keyBytes < 0 ? -1 : at + 4
    at = this.keyEnd = after(at, keyBytes, end - 2)
    this.headers = view.getUint16(at, true)
    at = this.headerStart = at + 2
    for (let left = this.headers; left > 0; left--) {
      if (at + 6 > end) throw corrupt('a header is longer than its message')
      at += 2 + view.getUint16(at, true)
      if (at + 4 > end) throw corrupt('a header is longer than its message')
      at = after(at, view.getInt32(at, true), end)
    }
    if (at + 4 > end) throw corrupt('a message has no value')
    const valueBytes = view.getInt32(at, true)
    this.valueStart = valueBytes < 0 ? -1 : at + 4
    this.valueEnd = after(at, valueBytes, end)
    if (this.valueEnd !== end) throw corrupt('a message is not as long as it says', end - at)
  }

  /** Takes what is there of a message that is too long; the rest is passed over as it comes. */
  private head(known: number, end: number): true {
    this.keyStart = this.keyEnd = this.valueStart = this.valueEnd = -1
    this.headers = 0
    const { view, have } = this
    let at = this.from + 20
    at += 4 + Math.max(0, view.getInt32(at, true))
    if (at + 2 <= known && view.getUint16(at, true) === 0 && at + 6 <= known && view.getInt32(at + 2, true) >= 0) {
      this.valueStart = at + 6
      this.valueEnd = known
    }
    this.from = Math.min(end, have)
    this.skip = end - this.from
    return true
  }

  private stop(): false {
    if (this.ended && (this.from < this.have || this.skip > 0)) throw corrupt('the bytes end within a message')
    return false
  }

  /** Makes room for `count` bytes after the unread ones, by moving these to the front or to a larger buffer. */
  private makeRoom(count: number): void {
    const { bytes, from, have } = this
    if (have + count <= bytes.length) return
    if (have - from + count > bytes.length) {
      this.bytes = new Uint8Array(Math.max(have - from + count, 2 * bytes.length))
      this.bytes.set(bytes.subarray(from, have))
      this.view = new DataView(this.bytes.buffer)
    } else {
      bytes.copyWithin(0, from, have)
    }
    this.have -= from
    this.from = 0
  }
}

/** The offset after a part whose length stands at `at`, -1 meaning none. */
function after(at: number, length: number, end: number): number {
  if (length < -1 || length > end - at - 4) throw corrupt('a part is longer than its message', length)
  return length < 0 ? at + 4 : at + 4 + length
}

function corrupt(what: string, got?: number): MillraceError {
  return new MillraceError('ML_CORRUPT', { what, got, where: 'message frame' })
}
