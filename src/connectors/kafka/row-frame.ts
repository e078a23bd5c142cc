import { MillraceError } from '../../errors.ts'

/** Length of a frame without key, headers and value, the length itself left out. */
const SMALLEST = 26

/**
 * A cursor over the message frames (`formats/message.ts`) that a sink is given: where the parts of one row lie in its
 * bytes. It allocates nothing per row.
 */
export class RowFrame {
  bytes: Uint8Array = new Uint8Array(0)
  /** Ordinal of the row in its sink. */
  ordinal = 0
  /** Milliseconds since the epoch; NaN: none. */
  timestamp = Number.NaN
  keyStart = 0
  /** -1: no key. */
  keyLength = -1
  headerCount = 0
  headersStart = 0
  valueStart = 0
  /** -1: no value. */
  valueLength = -1
  #view: DataView = new DataView(new ArrayBuffer(0))
  #next = 0

  /** Takes the bytes of whole frames; `next` then goes to the first. */
  over(bytes: Uint8Array): this {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#next = 0
    return this
  }

  /**
   * Goes to the next row; false where there is none.
   *
   * @throws ML_CORRUPT for what is no frame
   */
  next(): boolean {
    const start = this.#next
    const view = this.#view
    if (start === view.byteLength) return false
    if (view.byteLength - start < 4 + SMALLEST) this.#fail(start)
    const end = start + 4 + view.getUint32(start, true)
    if (end > view.byteLength || end - start < 4 + SMALLEST) this.#fail(start)
    this.ordinal = view.getFloat64(start + 4, true)
    this.timestamp = view.getFloat64(start + 12, true)
    this.keyLength = view.getInt32(start + 20, true)
    this.keyStart = start + 24
    let at = this.keyStart + Math.max(0, this.keyLength)
    if (at + 6 > end) this.#fail(start)
    this.headerCount = view.getUint16(at, true)
    at += 2
    this.headersStart = at
    for (let left = this.headerCount; left > 0; left--) {
      if (at + 2 > end) this.#fail(start)
      at += 2 + view.getUint16(at, true)
      if (at + 4 > end) this.#fail(start)
      at += 4 + Math.max(0, view.getInt32(at, true))
    }
    if (at + 4 > end) this.#fail(start)
    this.valueLength = view.getInt32(at, true)
    this.valueStart = at + 4
    if (this.valueStart + Math.max(0, this.valueLength) !== end) this.#fail(start)
    this.#next = end
    return true
  }

  /** Unsigned 16 bits at a place among the headers. */
  u16(at: number): number {
    return this.#view.getUint16(at, true)
  }

  /** Signed 32 bits at a place among the headers. */
  i32(at: number): number {
    return this.#view.getInt32(at, true)
  }

  #fail(at: number): never {
    throw new MillraceError('ML_CORRUPT', { what: 'a row of a Kafka sink is no message', where: `offset ${at}` })
  }
}
