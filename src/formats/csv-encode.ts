import { utf8Length, utf8Write } from '../bytes/utf8.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { checkDelimiter } from './csv-options.ts'
import { MAX_NUMBER_BYTES, writeNumber } from './json-number-text.ts'
import { hasOwn, isPlainObject } from './value-check.ts'

export interface CsvEncodeOptions {
  /**
   * The columns, in order; other properties are left out. By default the properties of the first row: later rows must
   * have the same.
   */
  readonly columns?: readonly string[]
  /** What separates cells: one ASCII character; ',' by default. */
  readonly delimiter?: string
  /** Whether each file starts with a line that names the columns; true by default. */
  readonly header?: boolean
  /**
   * Whether texts that a spreadsheet would run as a formula (a leading = + - @ tab or carriage return) get a leading
   * apostrophe, as OWASP advises; true by default. Turn it off only for readers that are programs: texts such as '-' or
   * '+44 20' then come back as they were.
   */
  readonly escapeFormulas?: boolean
}

/**
 * The encoder of these options, which may be the format of a plan: its `name` is ignored.
 *
 * @throws ML_RANGE for an option that is unknown or not of its kind
 */
export function csvEncoder(options: CsvEncodeOptions | Readonly<Record<string, unknown>> = {}): CsvEncoder {
  return new CsvEncoder(options)
}

/**
 * Writes flat objects as lines of CSV (RFC 4180, but ending in LF), in UTF-8.
 *
 * Numbers read back as the same double, -0 included. null and undefined are empty cells; the empty text is `""` and the
 * text NA is `"NA"`, so that `csvDecoder` reads back what was written. (In a file of one column null is `""` too: an
 * empty line would be no row.)
 *
 * @throws ML_VALUE, the writer being as before, for what CSV cannot hold or would change: NaN and infinities, objects
 * and arrays in a cell, NUL and lone surrogates, a row without one of the columns or, when the first row named them,
 * with another one
 */
export class CsvEncoder {
  private fixed: readonly string[] | null = null
  private pending: readonly string[] | null = null
  private readonly declared: boolean
  private readonly delimiter: number
  private readonly header: boolean
  private readonly escapeFormulas: boolean

  constructor(options: CsvEncodeOptions | Readonly<Record<string, unknown>>) {
    const {
      name: _,
      columns,
      delimiter = ',',
      header = true,
      escapeFormulas = true,
      ...rest
    }: Record<string, unknown> = {
      ...options,
    }
    const [unknown] = Object.keys(rest)
    if (unknown !== undefined) throw wrongOption(`there is no option "${unknown}"`, rest)
    checkDelimiter(delimiter)
    if (typeof header !== 'boolean') throw wrongOption('header must be true or false', header)
    if (typeof escapeFormulas !== 'boolean') throw wrongOption('escapeFormulas must be true or false', escapeFormulas)
    this.declared = columns !== undefined
    this.delimiter = delimiter.charCodeAt(0)
    this.header = header
    this.escapeFormulas = escapeFormulas
    if (columns !== undefined) this.fixed = checkedColumns(columns)
  }

  /** The columns, once they are known. An encoder that goes on with the same file must be given them as an option. */
  get columns(): readonly string[] | null {
    return this.fixed
  }

  /** Writes the line that names the columns, before the first row of a file, which is given. */
  begin(row: unknown, writer: ByteWriter): void {
    this.pending = this.fixed ?? columnsOf(row)
    if (!this.header) return
    let at = 0
    for (const [i, name] of this.pending.entries()) at = this.writeText(name, this.separate(i, at), name)
    this.finishLine(at, writer)
  }

  /** Writes a row and its line break. */
  encode(row: unknown, writer: ByteWriter): void {
    const columns = this.fixed ?? this.pending ?? columnsOf(row)
    if (!isRow(row)) throw notARow(row)
    let at = 0
    for (let i = 0; i < columns.length; i++) {
      const name = columns[i]
      const value = row[name]
      if (!hasOwn.call(row, name)) {
        throw refusal(`the row has no property "${name}"`, row, 'Give every column; null makes an empty cell')
      }
      at = this.writeCell(value, this.separate(i, at), name)
    }
    if (!this.declared) refuseMore(row, columns)
    if (at === 0) at = writeAscii('""', at)
    this.finishLine(at, writer)
    this.fixed = columns
  }

  private separate(i: number, at: number): number {
    if (i === 0) return at
    if (at === line.length) grow(at + 1)
    line[at] = this.delimiter
    return at + 1
  }

  private writeCell(value: unknown, at: number, name: string): number {
    if (typeof value === 'string') return this.writeText(value, at, name)
    if (typeof value === 'number') {
      if (value - value !== 0) throw refusal(`the number in "${name}" is not finite`, value)
      return writeDouble(value, at)
    }
    if (value === null || value === undefined) return at
    if (typeof value === 'boolean' || typeof value === 'bigint') return writeAscii(String(value), at)
    throw refusal(`a cell cannot hold what is in "${name}"`, value, FLATTEN)
  }

  private writeText(text: string, at: number, name: string): number {
    const guard = this.escapeFormulas && FORMULA.test(text)
    let quote = text === '' || text === 'NA'
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit === QUOTE || unit === LF || unit === CR || unit === this.delimiter) quote = true
      else if (unit === 0) throw refusal(`the text in "${name}" has a NUL`, text)
      else if ((unit & 0xf800) === 0xd800) {
        const isPair = unit < 0xdc00 && (text.charCodeAt(++i) & 0xfc00) === 0xdc00
        if (!isPair) throw refusal(`the text in "${name}" has a lone surrogate`, text)
      }
    }
    const body = (guard ? "'" : '') + (quote ? text.replaceAll('"', '""') : text)
    const whole = quote ? `"${body}"` : body
    const end = at + utf8Length(whole)
    if (end > line.length) grow(end)
    return utf8Write(whole, line, at)
  }

  private finishLine(at: number, writer: ByteWriter): void {
    if (at === line.length) grow(at + 1)
    line[at] = LF
    writer.raw(line, 0, at + 1)
    if (line.length > KEEP_BYTES) line = new Uint8Array(KEEP_BYTES)
  }
}

const FLATTEN = 'Map rows to flat objects of texts, numbers and booleans first'
const QUOTE = 34
const LF = 10
const CR = 13
const FORMULA = /^[=+\-@\t\r]/

/** The line is made here and copied once, so that a refused row leaves no half of itself in the writer. */
let line = new Uint8Array(4096)
const KEEP_BYTES = 1 << 20

function grow(needed: number): void {
  const larger = new Uint8Array(Math.max(needed, 2 * line.length))
  larger.set(line)
  line = larger
}

function writeAscii(text: string, at: number): number {
  if (at + text.length > line.length) grow(at + text.length)
  for (let i = 0; i < text.length; i++) line[at + i] = text.charCodeAt(i)
  return at + text.length
}

/** As JSON, but with -0, and all digits of an integer past 2^53: shortened, it would look like an id that lost some. */
function writeDouble(value: number, at: number): number {
  if (Object.is(value, -0)) return writeAscii('-0', at)
  const magnitude = Math.abs(value)
  if (magnitude > Number.MAX_SAFE_INTEGER && magnitude < 1e21) return writeAscii(String(BigInt(value)), at)
  if (at + MAX_NUMBER_BYTES > line.length) grow(at + MAX_NUMBER_BYTES)
  return writeNumber(value, line, at)
}

function isRow(row: unknown): row is Record<string, unknown> {
  return typeof row === 'object' && row !== null && !Array.isArray(row) && isPlainObject(row)
}

function columnsOf(row: unknown): readonly string[] {
  const columns = isRow(row) ? Object.keys(row) : []
  if (columns.length === 0 || columns.includes('')) throw notARow(row)
  return columns
}

/** A property that is no column would be lost without a word. */
function refuseMore(row: Record<string, unknown>, columns: readonly string[]): void {
  const names = Object.keys(row)
  if (names.length === columns.length) return
  const more = names.find((name) => !columns.includes(name)) as string
  const remedy = 'Declare the columns of the CSV sink, or map rows to equal properties'
  throw refusal(`the row has a property "${more}" that the first row had not`, row, remedy)
}

function checkedColumns(columns: unknown): readonly string[] {
  const names = Array.isArray(columns) ? (columns as unknown[]) : []
  const named = names.every((name) => typeof name === 'string' && name !== '')
  if (names.length === 0 || !named || new Set(names).size < names.length) {
    throw wrongOption('columns must be a list of different names', columns)
  }
  return names as string[]
}

function notARow(row: unknown): MillraceError {
  return refusal('a row of CSV must be a plain object with named properties', row, FLATTEN)
}

function refusal(what: string, got: unknown, remedy?: string): MillraceError {
  return new MillraceError('ML_VALUE', { what, got, where: 'CSV row', remedy })
}

function wrongOption(what: string, got: unknown): MillraceError {
  return new MillraceError('ML_RANGE', { what, got, where: 'CSV options' })
}
