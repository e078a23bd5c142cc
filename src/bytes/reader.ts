import { MillraceError } from '../errors.ts'
import { readDoubles } from './doubles.ts'
import { latin1Read, tryWtf8Read } from './utf8.ts'

/** Texts that repeat, found by their bytes: it changes how fast a string is read, never which. */
export interface KnownTexts {
  /** Undefined where the bytes are not strict UTF-8. */
  get(bytes: Uint8Array, start: number, end: number): string | undefined
}

/**
 * Reads what a `ByteWriter` wrote. Bytes are not trusted: every length is checked against what is there before
 * anything is allocated or returned, and each value is accepted in its one written form only.
 *
 * @throws ML_CORRUPT, naming `where` and the offset
 */
export class ByteReader {
  offset: number
  /** What is read, and a view over it: for code that knows a layout, and leaves `offset` behind it. */
  readonly bytes: Uint8Array
  readonly view: DataView
  private readonly where: string
  private readonly end: number

  constructor(bytes: Uint8Array, where: string, start = 0, end: number = bytes.length) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.where = where
    this.offset = start
    this.end = end
    if (!(start >= 0 && start <= end && end <= bytes.length)) {
      this.fail(`the range ${start} to ${end} lies outside the ${bytes.length} bytes`)
    }
  }

  get remaining(): number {
    return this.end - this.offset
  }

  /** Where the reader stands, as errors say it. */
  get place(): string {
    return `${this.where}, offset ${this.offset}`
  }

  /** Passes over `count` bytes and returns where they start: one check for several values that are then read from `view`. */
  skip(count: number): number {
    return this.take(count)
  }

  u8(): number {
    return this.bytes[this.take(1)]
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true)
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true)
  }

  i32(): number {
    return this.view.getInt32(this.take(4), true)
  }

  f64(): number {
    return this.view.getFloat64(this.take(8), true)
  }

  f64s(target: Float64Array, from: number, to: number): void {
    const at = this.take(8 * (to - from))
    readDoubles(this.bytes, this.view, at, target, from, to)
  }

  varint(): number {
    const first = this.u8()
    return first < 128 ? first : this.leb128(first & 127, 128, 9007199254740991)
  }

  zigzag(): number {
    const first = this.u8()
    const low = (first & 127) >> 1
    // A negative value is stored as -1 - v, so its stored magnitude ends one below that of a positive one.
    const magnitude = first < 128 ? low : this.leb128(low, 64, 9007199254740991 - (first & 1))
    return (first & 1) === 1 ? -1 - magnitude : magnitude
  }

  /** The next `count` bytes, not copied. */
  raw(count: number): Uint8Array {
    const at = this.take(count)
    return this.bytes.subarray(at, at + count)
  }

  blob(): Uint8Array {
    return this.raw(this.varint())
  }

  /** @param known gives the text of bytes it has met before; what it does not give is read here */
  string(known?: KnownTexts): string {
    const length = this.varint()
    const at = this.take(length)
    const text = known?.get(this.bytes, at, at + length) ?? tryWtf8Read(this.bytes, at, at + length)
    if (text === undefined) {
      this.offset = at
      this.fail('text is not UTF-8')
    }
    return text
  }

  /** What `ByteWriter.latin1` wrote. */
  latin1(): string {
    const length = this.varint()
    const at = this.take(length)
    return latin1Read(this.bytes, at, at + length)
  }

  /** Refuses bytes that nothing claims. */
  expectEnd(): void {
    if (this.offset !== this.end) this.fail('bytes are left over', this.remaining)
  }

  /** Refuses the bytes in the reader's own words; for checks that only the caller can make. */
  fail(what: string, got?: unknown): never {
    throw new MillraceError('ML_CORRUPT', { what, got, where: this.place })
  }

  private take(count: number): number {
    const at = this.offset
    if (!(count >= 0 && count <= this.end - at)) this.fail(`${count} bytes are needed, ${this.end - at} are left`)
    this.offset = at + count
    return at
  }

  private leb128(value: number, scale: number, limit: number): number {
    const start = this.offset - 1
    for (let byte = 128; byte >= 128; scale *= 128) {
      byte = this.u8()
      const part = (byte & 127) * scale
      // Two to the 53rd and more are not exact; a last byte of zero is a second spelling of a shorter number.
      if (part > limit - value || byte === 0) {
        this.offset = start
        this.fail('an integer is too large or not in its shortest form')
      }
      value += part
    }
    return value
  }
}
