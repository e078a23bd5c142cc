import { latin1Read, utf8Read } from '../bytes/utf8.ts'
import { isOneOf, textBytes, unescapeCell } from './csv-cell-text.ts'
import { type CsvScanner, ESCAPED } from './csv-scanner.ts'
import { decimalProblem, integerProblem, parseDecimal, parseInteger } from './decimal.ts'
import { recordConstructor } from './record-constructor.ts'
import type { FieldSpec } from './schema.ts'
import { StringCache } from './string-cache.ts'
import { TimeField } from './time-field.ts'

/** What becomes of the cells of a scanned row: a record, or whatever else is made of it. */
export interface CellReader<T> {
  /** After `read` returned true. */
  readonly record: T
  /** After `read` returned false: which cell is wrong, and how. */
  readonly problem: string
  /** Reads a row, which has all columns. */
  read(bytes: Uint8Array, row: CsvScanner): boolean
  /**
   * Reads an ordinary row in one go, without a scan before: only ASCII, no quotes, no carriage return, every cell right.
   * Returns the offset after its line feed; -1 for any other row, of which nothing has been taken then. The bytes are
   * those of the last `look`; `bytes[to]` is a line feed that is not part of the input, and at least seven more follow it.
   */
  quickRow?(bytes: Uint8Array, from: number, to: number): number
  /** Told the bytes in which the next quick rows are, whenever they are others. */
  look?(bytes: Uint8Array): void
}

/** Makes the reader of cells once the columns are known: the column of each field, and the texts that mean null. */
export type CellReaderOf<T> = (columns: Int32Array, nullValues: readonly string[]) => CellReader<T>

/** Reads the values of scanned rows: text to the types of a schema, in schema order. */
export class CsvCells<T> implements CellReader<T> {
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
    this.nulls = nullValues.map(textBytes)
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
        if (this.scratch.length < end - start) this.scratch = new Uint8Array(2 * (end - start))
        end = unescapeCell(bytes, start, end, this.scratch)
        start = 0
        source = this.scratch
      }
      const type = types[i]
      if (nullable[i] === 1 && (flag === 0 || type !== STRING) && isOneOf(this.nulls, source, start, end)) {
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
