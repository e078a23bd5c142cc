/**
 * Reads ordinary rows of a CSV table into vectors in one pass over their bytes: numbers are computed, categories hashed
 * while their cell is looked for. Whatever is not ordinary (a quote, a byte outside ASCII, a number of many digits, a
 * category not seen before, a wrong count of cells) makes it give up the row to the reader that can tell what is wrong.
 */
import type { FeatureVector } from '../features/feature-vector.ts'
import { type ByteIndex, HASH_PRIME, hashOf } from './byte-index.ts'
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
const DOT = 46
/** So many digits fit an int32. */
const DIGITS = 9
const POWERS = Float64Array.of(1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9)

/** The bytes of a word of four. */
const TOP_BITS = 0x80808080 | 0
const IN_FIRST = 0x80
const IN_SECOND = 0x8000
const IN_THIRD = 0x800000
const LOW_BITS = 0x01010101
const ZEROS = 0x30303030
/** Added to a digit's value, it leaves the top bit alone. */
const OVER_NINE = 0x76767676
/** No byte from here to the end of ASCII is special, whichever it is: digits, letters, and most of what stands between. */
const SURELY_PLAIN = 0x2d2d2d2d

/** In place of a slot: the cell is empty, or its category has none. */
export const NONE = 0x7fffffff

export interface QuickColumns {
  /** Columns of the table. */
  readonly width: number
  /** The column of each numeric input, then of each categorical one, in the order of the table, then of the label. */
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
  readonly #known: ByteIndex
  readonly #slots: readonly ByteIndex[]

  /** The delimiter in each byte of a word. */
  readonly #delimiters: number
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
    this.#delimiters = Math.imul(delimiter, LOW_BITS)
    this.#emptyIsNull = emptyIsNull
    this.#labels = labels
    this.#known = labels.known
    this.#slots = slots
  }

  /** See `CellReader.look`. */
  look(bytes: Uint8Array): void {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /**
   * See `CellReader.quickRow`; the label is in the reader of labels then.
   *
   * Four bytes at once: a test of all of them leaves the top bit of those that end a run of digits, or of a cell. Branches
   * tell which is the first: a processor foresees them, so no word waits for the length of the text before it.
   */
  read(bytes: Uint8Array, from: number, to: number, x: FeatureVector): number {
    const kinds = this.#kinds
    const inputs = this.#inputs
    const classes = this.#classes
    const delimiter = this.#delimiter
    const delimiters = this.#delimiters
    const view = this.#view
    const { dense, missing, active } = x
    const width = kinds.length
    let absent = 0
    let count = 0
    // Typed as an integer, it is kept as one in the loops.
    let at = from | 0
    if (bytes[at] === LF) return -1
    for (let column = 0; column < width; column++) {
      const kind = kinds[column]
      if (kind === NUMBER) {
        const input = inputs[column]
        const negative = bytes[at] === MINUS
        if (negative) at++
        const first = at
        let point = -1
        let digits = 0
        for (;;) {
          const word = view.getInt32(at, true) ^ ZEROS
          const others = (word + OVER_NINE) | word
          if ((others & IN_FIRST) === 0) {
            if ((others & IN_SECOND) !== 0) {
              digits = (Math.imul(digits, 10) + (word & 0xff)) | 0
              at++
            } else if ((others & IN_THIRD) !== 0) {
              digits = (Math.imul(digits, 100) + ((Math.imul(word, 10) + (word >>> 8)) & 0xff)) | 0
              at += 2
            } else {
              const pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff
              if (others < 0) {
                digits = (Math.imul(digits, 1000) + Math.imul(pairs & 0xff, 10) + ((word >>> 16) & 0xff)) | 0
                at += 3
              } else {
                digits = (Math.imul(digits, 10_000) + ((Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff)) | 0
                at += 4
                continue
              }
            }
          }
          if (bytes[at] !== DOT || point >= 0 || at === first) break
          point = ++at
        }
        const scale = point < 0 ? 0 : at - point
        const length = at - first - (point < 0 ? 0 : 1)
        if (length > DIGITS || at === point) return -1
        if (length > 0) {
          const value = scale === 0 ? digits : digits / POWERS[scale]
          dense[input] = negative ? -value : value
          missing[input] = 0
        } else if (negative || !this.#emptyIsNull) return -1
        else {
          dense[input] = 0
          missing[input] = 1
          absent++
        }
      } else {
        const start = at
        let hash = 0
        for (;;) {
          const word = view.getInt32(at, true)
          const apart = word ^ delimiters
          const plain = (word | TOP_BITS) - SURELY_PLAIN
          const ends = word | ~plain | ((apart - LOW_BITS) & ~apart)
          if ((ends & TOP_BITS) === 0) {
            hash = Math.imul(hash ^ word, HASH_PRIME)
            at += 4
            continue
          }
          let part = 0
          if ((ends & IN_FIRST) === 0) {
            if ((ends & IN_SECOND) !== 0) {
              part = word & 0xff
              at++
            } else if ((ends & IN_THIRD) !== 0) {
              part = word & 0xffff
              at += 2
            } else {
              part = word & 0xffffff
              at += 3
            }
          }
          hash = Math.imul(hash ^ part, HASH_PRIME)
          break
        }
        if (classes[bytes[at]] === PLAIN) {
          // A space, perhaps: no end yet.
          while (classes[bytes[at]] === PLAIN) at++
          hash = hashOf(bytes, start, at)
        }
        if (kind === CATEGORY) {
          const input = inputs[column]
          const slot = this.#slots[input].find(bytes, start, at, hash)
          if (slot < 0) return -1
          if (slot !== NONE) active[count++] = slot
        } else if (kind === LABEL) {
          const labels = this.#labels
          const code = this.#known.find(bytes, start, at, hash)
          if (code >= 0) labels.code = code
          else if (!labels.read(bytes, start, at, false)) return -1
        }
      }
      if (column + 1 === width && bytes[at] === CR) at++
      if (bytes[at] !== (column + 1 < width ? delimiter : LF)) return -1
      at++
    }
    if (at > to) return -1
    x.missingCount = absent
    x.activeCount = count
    return at
  }
}
