import { lowerPoint } from '../formats/letter-case.ts'
import { letterRuns, markRuns } from './word-letter-table.ts'

/** Letters of a word that count; of a longer one the rest is passed over. */
const MAX_LETTERS = 64

/**
 * Finds the words of a text, one after another, as UTF-8 bytes. The same in every engine: letters and their case are
 * those of Unicode 17, from tables of our own.
 *
 * A word is a run of letters and digits of any script, with the accents on them; all else is between words. Scripts that
 * write without spaces (Han, kana) have a word for each letter: with pairs of words, these are the usual bigrams.
 * Lower case goes letter by letter, a final sigma is a sigma, and half a surrogate pair is no letter.
 *
 * Cost      about 6 ns a letter of ASCII, 50 ns another
 */
export class Tokenizer {
  /** The word at hand, in the first `length` bytes; the next one is written over it. */
  readonly bytes: Uint8Array = new Uint8Array(4 * MAX_LETTERS + 4)
  length = 0
  readonly #lowercase: boolean
  /** What a letter of ASCII becomes in a word, 0 for what is none. */
  readonly #ascii: Uint8Array
  #text = ''
  #at = 0
  #letters = 0

  constructor(lowercase: boolean) {
    this.#lowercase = lowercase
    this.#ascii = new Uint8Array(128)
    for (let i = 0; i < 26; i++) {
      this.#ascii[97 + i] = 97 + i
      this.#ascii[65 + i] = lowercase ? 97 + i : 65 + i
    }
    for (let digit = 48; digit < 58; digit++) this.#ascii[digit] = digit
  }

  start(text: string): void {
    this.#text = text
    this.#at = 0
  }

  /** Moves on to the next word; false when there is none. */
  next(): boolean {
    const text = this.#text
    const ascii = this.#ascii
    this.length = 0
    this.#letters = 0
    while (this.#at < text.length) {
      const unit = text.charCodeAt(this.#at)
      if (unit < 0x80) {
        const letter = ascii[unit]
        if (letter === 0 && this.#letters > 0) return true
        this.#at++
        if (letter !== 0 && this.#letters++ < MAX_LETTERS) this.bytes[this.length++] = letter
      } else if (this.#beyondAscii(text)) return true
    }
    return this.#letters > 0
  }

  /** Takes one letter; true when the word ends here. */
  #beyondAscii(text: string): boolean {
    const point = text.codePointAt(this.#at) as number
    const units = point > 0xffff ? 2 : 1
    const inside = this.#letters > 0
    if (!isIn(letterStarts(), point) && !(inside && isIn(markStarts(), point))) {
      if (!inside) this.#at += units
      return inside
    }
    const alone = isAlone(point)
    if (alone && inside) return true
    this.#at += units
    if (this.#letters++ < MAX_LETTERS) this.#write(this.#lowercase ? foldedPoint(point) : point)
    return alone
  }

  #write(point: number): void {
    const { bytes } = this
    let { length } = this
    if (point < 0x80) bytes[length++] = point
    else if (point < 0x800) bytes[length++] = 0xc0 | (point >> 6)
    else if (point < 0x10000) {
      bytes[length++] = 0xe0 | (point >> 12)
      bytes[length++] = 0x80 | ((point >> 6) & 63)
    } else {
      bytes[length++] = 0xf0 | (point >> 18)
      bytes[length++] = 0x80 | ((point >> 12) & 63)
      bytes[length++] = 0x80 | ((point >> 6) & 63)
    }
    if (point >= 0x80) bytes[length++] = 0x80 | (point & 63)
    this.length = length
  }
}

function foldedPoint(point: number): number {
  return point === 0x3c2 ? 0x3c3 : lowerPoint(point)
}

/** Kana and Han. */
function isAlone(point: number): boolean {
  if (point < 0x3041) return false
  return (
    point <= 0x30ff ||
    (point >= 0x31f0 && point <= 0x31ff) ||
    (point >= 0x3400 && point <= 0x9fff) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0x20000 && point <= 0x3ffff)
  )
}

let letters: Int32Array | undefined
let marks: Int32Array | undefined

function letterStarts(): Int32Array {
  return (letters ??= readRuns(letterRuns))
}

function markStarts(): Int32Array {
  return (marks ??= readRuns(markRuns))
}

/** Starts and ends of the runs, in turn. */
function readRuns(text: string): Int32Array {
  let end = 0
  return Int32Array.from(
    text.split(';').flatMap((run) => {
      const [gap, length] = run.split(',').map((digits) => Number.parseInt(digits, 36))
      const start = end + gap
      end = start + length
      return [start, end]
    }),
  )
}

/** Whether an odd number of bounds is at or below the point. */
function isIn(bounds: Int32Array, point: number): boolean {
  let low = 0
  let high = bounds.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (bounds[middle] <= point) low = middle + 1
    else high = middle
  }
  return (low & 1) === 1
}
