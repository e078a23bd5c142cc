import { utf8Read } from '../bytes/utf8.ts'
import { decimalProblem, integerProblem, parseDecimal, parseInteger } from './decimal.ts'
import { BAD, type JsonScanner, shown } from './json-scanner.ts'
import type { FieldSpec } from './schema.ts'
import { StringCache } from './string-cache.ts'
import { TimeField } from './time-field.ts'

/**
 * Reads the values of a schema's fields from JSON text: each as its field declares it, or not at all.
 *
 * The common forms are read in one pass over their bytes; whatever else stands there goes to the scanner, which knows all
 * of JSON, and then to the slower readers, which give the same values.
 */
export class JsonFields {
  /** By field: the value read last. */
  readonly values: unknown[]
  private readonly scanner: JsonScanner
  private readonly fields: readonly FieldSpec[]
  private readonly types: Uint8Array
  private readonly caches: readonly StringCache[]
  private readonly times: readonly (TimeField | undefined)[]

  constructor(fields: readonly FieldSpec[], scanner: JsonScanner) {
    this.fields = fields
    this.scanner = scanner
    this.values = fields.map(() => null)
    this.types = Uint8Array.from(fields, (field) => TYPES.indexOf(field.type))
    this.caches = fields.map(() => new StringCache())
    this.times = fields.map((field) => (field.type === 'time' ? new TimeField(field) : undefined))
  }

  /** Reads the value of field `id` into `values` and returns the offset after it, or BAD. */
  read(id: number, bytes: Uint8Array, at: number): number {
    switch (this.types[id]) {
      case STRING: {
        if (bytes[at] !== QUOTE) break
        let end = at + 1
        while (PLAIN[bytes[end]] === 1) end++
        if (bytes[end] !== QUOTE) return this.anyString(id, bytes, at)
        const text = this.caches[id].get(bytes, at + 1, end)
        if (text === undefined) return this.anyString(id, bytes, at)
        this.values[id] = text
        return end + 1
      }
      case NUMBER:
      case INTEGER: {
        let end = at
        const negative = bytes[end] === MINUS
        if (negative) end++
        const first = end
        let digits = 0
        let digit = 0
        while ((digit = (bytes[end] - 48) >>> 0) <= 9) {
          digits = (Math.imul(digits, 10) + digit) | 0
          end++
        }
        let length = end - first
        if (length === 0 || (length > 1 && bytes[first] === 48)) return this.anyNumber(id, bytes, at)
        if (bytes[end] !== DOT) {
          if (length > 9 || (bytes[end] | 32) === 101) return this.anyNumber(id, bytes, at)
          this.values[id] = !negative ? digits : digits === 0 && this.types[id] === NUMBER ? -0 : 0 - digits
          return end
        }
        const point = ++end
        while ((digit = (bytes[end] - 48) >>> 0) <= 9) {
          digits = (Math.imul(digits, 10) + digit) | 0
          end++
        }
        const fraction = end - point
        length += fraction
        if (fraction === 0 || length > 9 || (bytes[end] | 32) === 101 || this.types[id] === INTEGER) {
          return this.anyNumber(id, bytes, at)
        }
        const value = digits / POWERS[fraction]
        this.values[id] = negative ? -value : value
        return end
      }
      case BOOLEAN: {
        const byte = bytes[at]
        if (byte !== 116 && byte !== 102) break
        const end = this.scanner.word(bytes, at, byte === 116 ? 'true' : 'false')
        if (end < 0) return BAD
        this.values[id] = byte === 116
        return end
      }
      default: {
        const time = this.times[id] as TimeField
        if (time.unit !== 'iso') return this.anyNumber(id, bytes, at)
        if (bytes[at] !== QUOTE) break
        let end = at + 1
        while (PLAIN[bytes[end]] === 1) end++
        const ms = bytes[end] === QUOTE ? time.read(bytes, at + 1, end) : NaN
        if (ms !== ms) return this.anyString(id, bytes, at)
        this.values[id] = ms
        return end + 1
      }
    }
    return this.otherType(id, bytes, at)
  }

  /** A string or ISO time with escapes, or one that is wrong. */
  private anyString(id: number, bytes: Uint8Array, at: number): number {
    const { scanner } = this
    const end = scanner.string(bytes, at)
    if (end < 0) return BAD
    const length = scanner.escaped ? scanner.unescape(bytes, at, end) : end - at - 2
    const source = scanner.escaped ? scanner.unescapedBytes : bytes
    const start = scanner.escaped ? 0 : at + 1
    const time = this.times[id]
    if (time === undefined) {
      this.values[id] = this.caches[id].get(source, start, start + length)
      return end
    }
    const ms = time.read(source, start, start + length)
    if (ms !== ms) return this.wrong(id, bytes, at, end, time.problem(source, start, start + length))
    this.values[id] = ms
    return end
  }

  /** A number of any form, or a value that is none. */
  private anyNumber(id: number, bytes: Uint8Array, at: number): number {
    const byte = bytes[at]
    if (byte !== MINUS && (byte < 48 || byte > 57)) return this.otherType(id, bytes, at)
    const end = this.scanner.number(bytes, at)
    if (end < 0) return BAD
    const time = this.times[id]
    const isInteger = this.types[id] === INTEGER
    const stop = isInteger || time?.unit === 'ms' ? wholeEnd(bytes, at, end) : end
    const value =
      time !== undefined
        ? time.read(bytes, at, stop)
        : isInteger
          ? parseInteger(bytes, at, stop)
          : parseDecimal(bytes, at, stop)
    if (value !== value) {
      const text = utf8Read(bytes, at, end) as string
      const problem =
        time !== undefined ? time.problem(bytes, at, stop) : isInteger ? integerProblem(text) : decimalProblem(text)
      return this.wrong(id, bytes, at, end, problem)
    }
    this.values[id] = value
    return end
  }

  /** A value that does not start as one of the field's type: null where it may be, else wrong or malformed. */
  private otherType(id: number, bytes: Uint8Array, at: number): number {
    const end = this.scanner.value(bytes, at, 1)
    if (end < 0) return BAD
    if (bytes[at] === 110 && this.fields[id].nullable) {
      this.values[id] = null
      return end
    }
    return this.wrong(id, bytes, at, end, `is not ${KINDS[this.types[id]]}`)
  }

  private wrong(id: number, bytes: Uint8Array, at: number, end: number, problem: string): typeof BAD {
    const text = utf8Read(bytes, at, end) as string
    const value = text.length <= 60 ? text : `${text.slice(0, 57)}...`
    return this.scanner.fail(`field ${shown(this.fields[id].name)}: ${value} ${problem}`, at, 'ML_FIELD')
  }
}

const TYPES: readonly FieldSpec['type'][] = ['string', 'number', 'integer', 'boolean', 'time']
const STRING = 0
const NUMBER = 1
const INTEGER = 2
const BOOLEAN = 3
const KINDS = ['a string', 'a number', 'an integer', 'true or false', 'a time']

const QUOTE = 34
const MINUS = 45
const DOT = 46

/** Bytes that stand for themselves in a string; those past ASCII are checked when they are decoded. */
const PLAIN = new Uint8Array(256).fill(1, 32)
PLAIN[34] = 0
PLAIN[92] = 0

/** 10^0 to 10^9. */
const POWERS = Float64Array.from({ length: 10 }, (_, power) => Number(`1e${power}`))

/** Where the digits of a whole number end: before a fraction of zeros, `12.0`, which says nothing else than `12`. */
function wholeEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end
  while (at > start && bytes[at - 1] === 48) at--
  return at < end && at > start && bytes[at - 1] === DOT ? at - 1 : end
}
