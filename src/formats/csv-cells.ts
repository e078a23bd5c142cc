import { latin1Read, utf8Length, utf8Read, utf8Write } from '../bytes/utf8.ts'
import { type CsvScanner, ESCAPED } from './csv-scanner.ts'
import { decimalProblem, integerProblem, parseDecimal, parseInteger } from './decimal.ts'
import { recordConstructor } from './record-constructor.ts'
import type { FieldSpec } from './schema.ts'
import { StringCache } from './string-cache.ts'
import { TimeField } from './time-field.ts'

/** Reads the values of scanned rows: text to the types of a schema, in schema order. */
export class CsvCells<T> {
  /** After `read` returned true. */
  record!: T
  /** After `read` returned false: which field is wrong, and how. */
  problem = ''
  private readonly fields: readonly FieldSpec[]
  private readonly columns: Int32Array
  private readonly types: Uint8Array
  private readonly nullable: Uint8Array
  private readonly caches: readonly StringCache[]
  private readonly times: readonly (TimeField | undefined)[]
  private readonly nulls: readonly Uint8Array[]
  private readonly values: unknown[]
  private readonly construct: (values: readonly unknown[]) => T
  private scratch = new Uint8Array(64)

  /** @param columns the column of each field */
  constructor(fields: readonly FieldSpec[], columns: Int32Array, nullValues: readonly string[]) {
    this.fields = fields
    this.columns = columns
    this.types = Uint8Array.from(fields, (field) => TYPES.indexOf(field.type))
    this.nullable = Uint8Array.from(fields, (field) => (field.nullable ? 1 : 0))
    this.caches = fields.map(() => new StringCache())
    this.times = fields.map((field) => (field.type === 'time' ? new TimeField(field) : undefined))
    this.nulls = nullValues.map(encoded)
    this.values = fields.map(() => null)
    this.construct = recordConstructor<T>(fields.map((field) => field.name))
  }

  /** Reads a row, which must have all columns. */
  read(bytes: Uint8Array, row: CsvScanner): boolean {
    const { columns, types, nullable, values } = this
    const { starts, ends, flags } = row
    for (let i = 0; i < types.length; i++) {
      const column = columns[i]
      const flag = flags[column]
      let source = bytes
      let start = starts[column]
      let end = ends[column]
      if ((flag & ESCAPED) !== 0) {
        end = this.unescape(bytes, start, end)
        start = 0
        source = this.scratch
      }
      const type = types[i]
      if (nullable[i] === 1 && (flag === 0 || type !== STRING) && this.isNull(source, start, end)) {
        values[i] = null
        continue
      }
      const value = type === STRING ? this.caches[i].get(source, start, end) : this.scalar(i, type, source, start, end)
      if (value === undefined) return this.fail(i, source, start, end)
      values[i] = value
    }
    this.record = this.construct(values)
    return true
  }

  /** A value that is no string; undefined when the bytes are none of the type. */
  private scalar(i: number, type: number, bytes: Uint8Array, start: number, end: number): number | boolean | undefined {
    if (type === BOOLEAN) return parseBoolean(bytes, start, end)
    const value =
      type === NUMBER
        ? parseDecimal(bytes, start, end)
        : type === TIME
          ? (this.times[i] as TimeField).read(bytes, start, end)
          : parseInteger(bytes, start, end)
    return value === value ? value : undefined
  }

  private isNull(bytes: Uint8Array, start: number, end: number): boolean {
    const { nulls } = this
    for (let i = 0; i < nulls.length; i++) {
      const text = nulls[i]
      if (text.length !== end - start) continue
      let at = 0
      while (at < text.length && text[at] === bytes[start + at]) at++
      if (at === text.length) return true
    }
    return false
  }

  /** Writes the cell with its doubled quotes made single into `scratch`, and returns the length. */
  private unescape(bytes: Uint8Array, start: number, end: number): number {
    if (this.scratch.length < end - start) this.scratch = new Uint8Array(2 * (end - start))
    const { scratch } = this
    let length = 0
    for (let at = start; at < end; at++) {
      scratch[length++] = bytes[at]
      if (bytes[at] === 34) at++
    }
    return length
  }

  private fail(i: number, bytes: Uint8Array, start: number, end: number): false {
    const field = this.fields[i]
    const whole = utf8Read(bytes, start, end) ?? latin1Read(bytes, start, end)
    const shown = JSON.stringify(whole.length <= 60 ? whole : `${whole.slice(0, 57)}...`)
    this.problem = `field ${JSON.stringify(field.name)}: ${shown} ${this.reason(field, i, whole, bytes, start, end)}`
    return false
  }

  private reason(field: FieldSpec, i: number, text: string, bytes: Uint8Array, start: number, end: number): string {
    if (field.type === 'number') return decimalProblem(text)
    if (field.type === 'integer') return integerProblem(text)
    if (field.type === 'boolean') return 'is not true, false, 1 or 0'
    if (field.type !== 'time') return 'is not valid UTF-8'
    return (this.times[i] as TimeField).problem(bytes, start, end)
  }
}

const TYPES: readonly FieldSpec['type'][] = ['string', 'number', 'integer', 'boolean', 'time']
const STRING = 0
const NUMBER = 1
const BOOLEAN = 3
const TIME = 4

function parseBoolean(bytes: Uint8Array, start: number, end: number): boolean | undefined {
  if (end - start === 1) return bytes[start] === 49 ? true : bytes[start] === 48 ? false : undefined
  if (end - start !== 4 && end - start !== 5) return undefined
  const text = latin1Read(bytes, start, end)
  return text === 'true' ? true : text === 'false' ? false : undefined
}

function encoded(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text))
  utf8Write(text, bytes, 0)
  return bytes
}
