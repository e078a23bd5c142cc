/**
 * Reads ordinary rows of a CSV table into vectors in one pass over their bytes: numbers are computed, categories hashed
 * while their cell is looked for. Whatever is not ordinary (a quote, a byte outside ASCII, a number of many digits, a
 * category not seen before, a wrong count of cells) makes it give up the row to the reader that can tell what is wrong.
 */
import type { FeatureVector } from '../features/feature-vector.ts'
import { type ByteIndex, HASH_PRIME } from './byte-index.ts'
import type { LabelReader } from './label-reader.ts'

/** What a column is. */
const SKIPPED = 0
const NUMBER = 1
const CATEGORY = 2
const LABEL = 3

/** Classes of a byte. */
const PLAIN = 0
const STOP = 1
const SPECIAL = 2

const LF = 10
const CR = 13
const MINUS = 45
const ZERO = 48
/** A dot, as a digit. */
const DOT = -2
/** So many digits fit an int32. */
const DIGITS = 9
const POWERS = Float64Array.of(1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9)

/** In place of a slot: the cell is empty, or its category has none. */
export const NONE = 0x7fffffff

export interface QuickColumns {
  /** Columns of the table. */
  readonly width: number
  /** The column of each numeric input, then of each categorical one, then of the label. */
  readonly columns: Int32Array
  readonly numeric: number
  readonly delimiter: number
  /** An empty cell means missing. */
  readonly emptyIsNull: boolean
}

export class QuickRow {
  readonly #kinds: Uint8Array
  /** The number of the input of a column among its kind. */
  readonly #inputs: Int32Array
  readonly #classes = new Uint8Array(256)
  readonly #delimiter: number
  readonly #emptyIsNull: boolean
  readonly #labels: LabelReader
  readonly #slots: readonly ByteIndex[]
  /** Slots of the row at hand by categorical input: the inputs' order need not be that of the columns. */
  readonly #found: Int32Array

  #bytes: Uint8Array = new Uint8Array(0)
  /** The same bytes. */
  #view: DataView = new DataView(new ArrayBuffer(0))

  constructor(
    { width, columns, numeric, delimiter, emptyIsNull }: QuickColumns,
    labels: LabelReader,
    slots: readonly ByteIndex[],
  ) {
    this.#kinds = new Uint8Array(width)
    this.#inputs = new Int32Array(width)
    for (const [i, column] of columns.entries()) {
      if (this.#kinds[column] !== SKIPPED) continue
      this.#kinds[column] =
        i < numeric ? NUMBER : i < numeric + slots.length ? CATEGORY : i === numeric + slots.length ? LABEL : SKIPPED
      this.#inputs[column] = i < numeric ? i : i - numeric
    }
    this.#classes.fill(SPECIAL, 128)
    for (const byte of [0, CR, 34]) this.#classes[byte] = SPECIAL
    this.#classes[LF] = this.#classes[delimiter] = STOP
    this.#delimiter = delimiter
    this.#emptyIsNull = emptyIsNull
    this.#labels = labels
    this.#slots = slots
    this.#found = new Int32Array(slots.length)
  }

  /** See `CellReader.quickRow`; the label is in the reader of labels then. */
  read(bytes: Uint8Array, from: number, to: number, x: FeatureVector): number {
    const kinds = this.#kinds
    const inputs = this.#inputs
    const classes = this.#classes
    const delimiter = this.#delimiter
    const { dense, missing } = x
    if (this.#bytes !== bytes) {
      this.#bytes = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    const view = this.#view
    const size = bytes.length
    const width = kinds.length
    let absent = 0
    let at = from
    if (bytes[at] === LF) return -1
    for (let column = 0; column < width; column++) {
      const kind = kinds[column]
      const start = at
      if (kind === NUMBER) {
        const input = inputs[column]
        const negative = bytes[at] === MINUS
        if (negative) at++
        let digits = 0
        let scale = 0
        const first = at
        let digit = bytes[at] - ZERO
        while (digit >= 0 && digit <= 9) {
          digits = (Math.imul(digits, 10) + digit) | 0
          digit = bytes[++at] - ZERO
        }
        let count = at - first
        if (count > 0 && digit === DOT) {
          const point = ++at
          if (count <= 5 && at + 4 <= size) {
            // Four digits at once, where there are four: each byte less its '0', then pairs, then all.
            const word = view.getInt32(at, true) ^ 0x30303030
            if ((((word + 0x76767676) | word) & 0x80808080) === 0) {
              const pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff
              digits = (Math.imul(digits, 10_000) + ((Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff)) | 0
              at += 4
            }
          }
          digit = bytes[at] - ZERO
          while (digit >= 0 && digit <= 9) {
            digits = (Math.imul(digits, 10) + digit) | 0
            digit = bytes[++at] - ZERO
          }
          scale = at - point
          if (scale === 0) return -1
          count += scale
        }
        if (count > DIGITS) return -1
        if (count > 0) {
          const value = scale === 0 ? digits : digits / POWERS[scale]
          dense[input] = negative ? -value : value
          missing[input] = 0
        } else if (negative || !this.#emptyIsNull) return -1
        else {
          dense[input] = 0
          missing[input] = 1
          absent++
        }
      } else if (kind === CATEGORY) {
        let hash = 0
        let byte = bytes[at]
        while (classes[byte] === PLAIN) {
          hash = Math.imul(hash ^ byte, HASH_PRIME)
          byte = bytes[++at]
        }
        const input = inputs[column]
        const slot = this.#slots[input].find(bytes, start, at, hash ^ (at - start))
        if (slot < 0) return -1
        this.#found[input] = slot
      } else {
        while (classes[bytes[at]] === PLAIN) at++
        if (kind === LABEL && !this.#labels.read(bytes, start, at, false)) return -1
      }
      if (column + 1 === width && bytes[at] === CR) at++
      if (bytes[at] !== (column + 1 < width ? delimiter : LF)) return -1
      at++
    }
    if (at > to) return -1
    x.missingCount = absent
    const found = this.#found
    const { active } = x
    let count = 0
    for (let i = 0; i < found.length; i++) if (found[i] !== NONE) active[count++] = found[i]
    x.activeCount = count
    return at
  }
}
