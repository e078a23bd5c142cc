import { utf8Read, utf8Write } from '../bytes/utf8.ts'
import type { ErrorCode } from '../errors.ts'
import { MAX_DEPTH } from './value-check.ts'

/** What the scanning methods return when the text breaks a rule; `code`, `problem` and `at` then say which and where. */
export const BAD = -1

/**
 * Steps over JSON values in bytes, checking every rule on the way and building nothing.
 *
 * The grammar is that of RFC 8259, and stricter where JSON would be guessed at: no duplicate names in an object, no lone
 * surrogates (raw or escaped), no NUL (raw or escaped), only well-formed UTF-8, at most 64 levels.
 *
 * The byte after the text must be a line feed: it ends every loop, because no JSON token holds one.
 */
export class JsonScanner {
  code: ErrorCode = 'ML_MALFORMED'
  problem = ''
  at = 0
  /** After `string`: whether it has escapes, so that its text differs from its bytes. */
  escaped = false
  private scratch = new Uint8Array(256)
  /** What the text is called in problems. */
  readonly whole: 'line' | 'value'

  constructor(whole: 'line' | 'value') {
    this.whole = whole
  }

  fail(problem: string, at: number, code: ErrorCode = 'ML_MALFORMED'): typeof BAD {
    this.code = code
    this.problem = problem
    this.at = at
    return BAD
  }

  /** The offset of the first byte that is no blank. A line feed is none: it ends the line. */
  blanks(bytes: Uint8Array, at: number): number {
    let byte = bytes[at]
    while (byte === 32 || byte === 9 || byte === 13) byte = bytes[++at]
    return at
  }

  /** Steps over the value at `at`; `depth` is the number of containers around it. */
  value(bytes: Uint8Array, at: number, depth: number): number {
    const byte = bytes[at]
    if (byte === QUOTE) return this.string(bytes, at)
    if (byte === 123) return depth < MAX_DEPTH ? this.object(bytes, at, depth + 1) : this.tooDeep(at)
    if (byte === 91) return depth < MAX_DEPTH ? this.array(bytes, at, depth + 1) : this.tooDeep(at)
    if (byte === 116) return this.word(bytes, at, 'true')
    if (byte === 102) return this.word(bytes, at, 'false')
    if (byte === 110) return this.word(bytes, at, 'null')
    return this.number(bytes, at)
  }

  private tooDeep(at: number): number {
    return this.fail(`more than ${MAX_DEPTH} levels deep`, at)
  }

  private array(bytes: Uint8Array, at: number, depth: number): number {
    at = this.blanks(bytes, at + 1)
    if (bytes[at] === 93) return at + 1
    for (;;) {
      at = this.value(bytes, at, depth)
      if (at < 0) return BAD
      at = this.blanks(bytes, at)
      if (bytes[at] === 93) return at + 1
      if (bytes[at] !== COMMA) return this.unexpected(bytes, at, 'a comma or ]')
      at = this.blanks(bytes, at + 1)
    }
  }

  private object(bytes: Uint8Array, at: number, depth: number): number {
    at = this.blanks(bytes, at + 1)
    if (bytes[at] === 125) return at + 1
    const names = new Set<string>()
    for (;;) {
      const start = at
      at = this.name(bytes, at)
      if (at < 0) return BAD
      const name = this.text(bytes, start, this.nameEnd)
      if (names.has(name)) return this.duplicate(name, start)
      names.add(name)
      at = this.value(bytes, at, depth)
      if (at < 0) return BAD
      at = this.blanks(bytes, at)
      if (bytes[at] === 125) return at + 1
      if (bytes[at] !== COMMA) return this.unexpected(bytes, at, 'a comma or }')
      at = this.blanks(bytes, at + 1)
    }
  }

  duplicate(name: string, at: number): number {
    return this.fail(`the name ${shown(name)} appears twice`, at)
  }

  /** After `name`: the offset after its closing quote. */
  nameEnd = 0

  /** Steps over a name, its colon and the blanks around it. */
  name(bytes: Uint8Array, at: number): number {
    if (bytes[at] !== QUOTE) return this.unexpected(bytes, at, 'a name in quotes')
    at = this.string(bytes, at)
    if (at < 0) return BAD
    this.nameEnd = at
    at = this.blanks(bytes, at)
    return bytes[at] === 58 ? this.blanks(bytes, at + 1) : this.unexpected(bytes, at, 'a colon')
  }

  word(bytes: Uint8Array, at: number, word: string): number {
    for (let i = 0; i < word.length; i++) {
      if (bytes[at + i] !== word.charCodeAt(i)) return this.unexpected(bytes, at, 'a value')
    }
    return at + word.length
  }

  /** Steps over a number; only its grammar is checked, 1e999 passes. */
  number(bytes: Uint8Array, at: number): number {
    const start = at
    if (bytes[at] === 45) at++
    if (bytes[at] === 48) at++
    else if (isDigit(bytes[at])) at = digits(bytes, at)
    else return this.unexpected(bytes, at === start ? at : start, 'a value')
    if (isDigit(bytes[at])) return this.fail('a number has a leading zero', start)
    if (bytes[at] === 46) {
      if (!isDigit(bytes[++at])) return this.fail('a number has no digit after its point', start)
      at = digits(bytes, at)
    }
    if ((bytes[at] | 32) === 101) {
      at++
      if (bytes[at] === 43 || bytes[at] === 45) at++
      if (!isDigit(bytes[at])) return this.fail('a number has no digit in its exponent', start)
      at = digits(bytes, at)
    }
    return at
  }

  /** Steps over a string, whose opening quote is at `at`. */
  string(bytes: Uint8Array, at: number): number {
    const start = at
    this.escaped = false
    let ascii = true
    for (at++; ; at++) {
      const byte = bytes[at]
      if (byte === QUOTE) break
      if (byte === BACKSLASH) {
        at = this.escape(bytes, at)
        if (at < 0) return BAD
        this.escaped = true
      } else if (byte < 32) {
        return byte === LF
          ? this.fail('a string is not closed', start)
          : this.fail('a control character in a string', at)
      } else if (byte > 127) {
        ascii = false
      }
    }
    if (!ascii && utf8Read(bytes, start + 1, at) === undefined) return this.fail('a string is not valid UTF-8', start)
    return at + 1
  }

  /** Checks the escape at `at` and returns the offset of its last byte. */
  private escape(bytes: Uint8Array, at: number): number {
    const letter = bytes[at + 1]
    if (letter !== 117)
      return letter < 128 && ESCAPES[letter] !== 0 ? at + 1 : this.fail('an unknown escape in a string', at)
    const unit = hexUnit(bytes, at + 2)
    if (unit < 0) return this.fail('an escape in a string has not four hexadecimal digits', at)
    if (unit === 0) return this.fail('a NUL in a string', at)
    if ((unit & 0xf800) !== 0xd800) return at + 5
    const isPair = unit < 0xdc00 && bytes[at + 6] === BACKSLASH && bytes[at + 7] === 117
    if (!isPair || (hexUnit(bytes, at + 8) & 0xfc00) !== 0xdc00) return this.fail('a lone surrogate in a string', at)
    return at + 11
  }

  /** The text of a string that was stepped over, from its opening quote to after its closing one. */
  text(bytes: Uint8Array, start: number, end: number): string {
    const text = this.escaped
      ? utf8Read(this.scratch, 0, this.unescape(bytes, start, end))
      : utf8Read(bytes, start + 1, end - 1)
    return text as string
  }

  /** The bytes of `text`, for what reads bytes: `unescaped(...)` of them in `unescapedBytes`. */
  get unescapedBytes(): Uint8Array {
    return this.scratch
  }

  /** Writes the string's text as UTF-8 to `unescapedBytes` and returns its length; never longer than what it is read from. */
  unescape(bytes: Uint8Array, start: number, end: number): number {
    if (this.scratch.length < end - start) this.scratch = new Uint8Array(2 * (end - start))
    const { scratch } = this
    let length = 0
    for (let at = start + 1; at < end - 1; at++) {
      if (bytes[at] !== BACKSLASH) {
        scratch[length++] = bytes[at]
        continue
      }
      const letter = bytes[++at]
      if (letter !== 117) {
        scratch[length++] = ESCAPES[letter]
        continue
      }
      const unit = hexUnit(bytes, at + 1)
      at += 4
      if ((unit & 0xf800) !== 0xd800) {
        length = utf8Write(String.fromCharCode(unit), scratch, length)
      } else {
        length = utf8Write(String.fromCharCode(unit, hexUnit(bytes, at + 3)), scratch, length)
        at += 6
      }
    }
    return length
  }

  unexpected(bytes: Uint8Array, at: number, expected: string): typeof BAD {
    const problem =
      bytes[at] === LF ? `the ${this.whole} ends where ${expected} should be` : `${expected} should be here`
    return this.fail(problem, at)
  }
}

/** A name or value as a rejection shows it: quoted, at most 60 characters. */
export function shown(text: string): string {
  return JSON.stringify(text.length <= 60 ? text : `${text.slice(0, 57)}...`)
}

const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92
const LF = 10

/** What the letter after a backslash stands for, or 0. */
const ESCAPES = new Uint8Array(128)
for (const [letter, meaning] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  ESCAPES[letter.charCodeAt(0)] = meaning.charCodeAt(0)
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57
}

function digits(bytes: Uint8Array, at: number): number {
  while (isDigit(bytes[at])) at++
  return at
}

/** The value of four hexadecimal digits, or -1. */
function hexUnit(bytes: Uint8Array, at: number): number {
  let unit = 0
  for (let i = 0; i < 4; i++) {
    const byte = bytes[at + i]
    const letter = byte | 32
    if (isDigit(byte)) unit = unit * 16 + byte - 48
    else if (letter >= 97 && letter <= 102) unit = unit * 16 + letter - 87
    else return -1
  }
  return unit
}
