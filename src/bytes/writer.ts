import { MillraceError } from '../errors.ts'
import { writeDouble, writeDoubles } from './doubles.ts'
import { utf8Length, utf8Write } from './utf8.ts'

/** Of LEB128: four groups of seven bits. */
const FOUR_GROUPS = 0x10000000

/**
 * Appends binary values to a growing buffer. Little-endian throughout.
 *
 * Reuse one writer: `reset` keeps the buffer, so a warm writer allocates nothing. `finish` copies what was written,
 * `view` lends it until the next write or `reset`.
 *
 * @throws ML_RANGE when an integer is not a safe one, or negative where only counts go
 */
export class ByteWriter {
  /** The backing store, valid up to `length`. Replaced when it grows: do not hold it across a write. */
  bytes: Uint8Array<ArrayBuffer>
  /** Over `bytes`, and replaced with it. */
  view64: DataView
  private at = 0

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity)
    this.view64 = new DataView(this.bytes.buffer)
  }

  get length(): number {
    return this.at
  }

  reset(): void {
    this.at = 0
  }

  /** Takes back what was written after `length`. */
  truncate(length: number): void {
    if (length < this.at) this.at = length
  }

  /** Makes room for `count` more bytes. A caller that knows its size ahead saves the copies of growing. */
  reserve(count: number): void {
    if (this.at + count > this.bytes.length) this.grow(this.at + count)
  }

  /** Makes room for `count` bytes and returns where they start: for code that was generated for a layout and fills them itself. */
  room(count: number): number {
    this.reserve(count)
    const at = this.at
    this.at = at + count
    return at
  }

  u8(value: number): void {
    this.reserve(1)
    this.bytes[this.at++] = value
  }

  u16(value: number): void {
    this.reserve(2)
    this.bytes[this.at++] = value
    this.bytes[this.at++] = value >>> 8
  }

  u32(value: number): void {
    this.reserve(4)
    this.view64.setUint32(this.at, value, true)
    this.at += 4
  }

  i32(value: number): void {
    this.reserve(4)
    this.view64.setInt32(this.at, value, true)
    this.at += 4
  }

  /** The double's bits; -0 is kept, every NaN is written the same way. */
  f64(value: number): void {
    this.reserve(8)
    writeDouble(this.view64, this.at, value)
    this.at += 8
  }

  f64s(values: Float64Array, from: number, to: number): void {
    this.reserve(8 * (to - from))
    writeDoubles(values, from, to, this.bytes, this.view64, this.at)
    this.at += 8 * (to - from)
  }

  /** A count or size, 0 to 2^53 - 1, as LEB128: seven bits a byte, low ones first. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw notA('an integer >= 0', value)
    this.reserve(8)
    this.leb128(value)
  }

  /** A signed safe integer: the LEB128 of 2v, or of -2v - 1 for a negative one. */
  zigzag(value: number): void {
    if (!Number.isSafeInteger(value)) throw notA('an integer', value)
    this.reserve(8)
    const negative = value < 0 ? 1 : 0
    const magnitude = negative === 1 ? -1 - value : value
    // The doubled value may pass 2^53, so its first seven bits are split off before doubling.
    const low = ((magnitude % 64) << 1) | negative
    const rest = Math.floor(magnitude / 64)
    if (rest === 0) {
      this.bytes[this.at++] = low
    } else {
      this.bytes[this.at++] = low | 0x80
      this.leb128(rest)
    }
  }

  raw(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    const count = end - start
    this.reserve(count)
    if (count > 32) this.bytes.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.at)
    else for (let i = 0; i < count; i++) this.bytes[this.at + i] = bytes[start + i]
    this.at += count
  }

  /** Length, then the bytes. */
  blob(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    this.varint(end - start)
    this.raw(bytes, start, end)
  }

  /** Length in bytes, then UTF-8; lone surrogates as three bytes each. */
  string(text: string): void {
    if (text.length <= 42) {
      // at most 126 bytes, whose length is one byte: a single pass
      this.reserve(127)
      const end = utf8Write(text, this.bytes, this.at + 1)
      this.bytes[this.at] = end - this.at - 1
      this.at = end
      return
    }
    const length = utf8Length(text)
    this.varint(length)
    this.reserve(length)
    this.at = utf8Write(text, this.bytes, this.at)
  }

  /** Length, then one byte a character; for text that stands for bytes, such as a key's. */
  latin1(text: string): void {
    this.varint(text.length)
    this.reserve(text.length)
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 255) throw notA('a character below U+0100', text)
      this.bytes[this.at++] = unit
    }
  }

  /** Overwrites a byte written earlier. */
  patchU8(at: number, value: number): void {
    if (!(at >= 0 && at < this.at)) throw notA('an offset already written', at)
    this.bytes[at] = value
  }

  /** Overwrites two bytes written earlier: a number known only now. */
  patchU16(at: number, value: number): void {
    if (!(at >= 0 && at + 2 <= this.at)) throw notA('an offset already written', at)
    this.bytes[at] = value
    this.bytes[at + 1] = value >>> 8
  }

  /** Overwrites four bytes written earlier: a count or size known only now. */
  patchU32(at: number, value: number): void {
    if (!(at >= 0 && at + 4 <= this.at)) throw notA('an offset already written', at)
    this.view64.setUint32(at, value, true)
  }

  /** A copy of exactly what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.at)
  }

  /** What was written, without a copy; valid until the next write or `reset`. */
  view(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.at)
  }

  private leb128(value: number): void {
    // By whole numbers of 32 bits.
    const high = Math.floor(value / FOUR_GROUPS)
    let rest = (value - high * FOUR_GROUPS) | 0
    if (high > 0) {
      for (const end = this.at + 4; this.at < end; rest >>>= 7) this.bytes[this.at++] = (rest & 127) | 0x80
      rest = high | 0
    }
    for (; rest > 127; rest >>>= 7) this.bytes[this.at++] = (rest & 127) | 0x80
    this.bytes[this.at++] = rest
  }

  private grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, 2 * this.bytes.length))
    bytes.set(this.bytes.subarray(0, this.at))
    this.bytes = bytes
    this.view64 = new DataView(bytes.buffer)
  }
}

function notA(expected: string, got: unknown): MillraceError {
  return new MillraceError('ML_RANGE', { what: `a written value must be ${expected}`, got, where: 'ByteWriter' })
}
