/** What sources and sinks of lines over a network have in common: their format, and what a source keeps of it. */
import { isSecretReference, MillraceError } from '../errors.ts'
import { type CsvEncodeOptions, csvEncoder } from '../formats/csv-encode.ts'
import { type CsvOptions, csvOptions } from '../formats/csv-options.ts'
import { type JsonLinesOptions, jsonDecoder } from '../formats/json-lines.ts'
import type { RecordSchema } from '../formats/schema.ts'
import type { JsonObject, JsonValue } from '../stage/json.ts'
import type { FormatDeclaration, SourceDeclaration } from './declarations.ts'

/** JSON lines: one object a line. Longest line 64 KiB by default, not 1 MiB: each connection may hold one. */
export interface JsonLines extends JsonLinesOptions {
  readonly format?: 'jsonl'
}

/** CSV without a header line: the columns are declared, by default the fields of the schema. A cell may not hold a line break. */
export interface CsvLines extends Omit<CsvOptions, 'header'> {
  readonly format: 'csv'
}

export type LineFormat = JsonLines | CsvLines

/** What a source keeps of what it was sent and the engine has not read. */
export interface BufferOptions {
  /** Bytes in memory before the other side is made to wait; 1 MiB by default. */
  readonly bufferBytes?: number
  /**
   * Folder of a spool, relative to the base folder of the run: lines are made durable there before they count as taken, and can be read
   * again after a crash.
   */
  readonly spool?: string
  /** Bytes on disk before the other side is made to wait; 1 GiB by default. */
  readonly spoolBytes?: number
}

const MAX_RECORD_BYTES = 64 << 10

/**
 * The format of a source of lines, and what its connector must know of it.
 *
 * @throws ML_RANGE for a wrong option
 */
function sourceLines<T>(
  schema: RecordSchema<T>,
  given: LineFormat,
  where: string,
): { format: FormatDeclaration; lines: JsonObject } {
  const { format: name = 'jsonl', maxRecordBytes = MAX_RECORD_BYTES, ...rest } = given
  const lines = { maxRecordBytes, csv: name === 'csv' }
  if (name === 'jsonl') {
    jsonDecoder(schema, { maxRecordBytes, ...rest })
    return { format: { name, maxRecordBytes }, lines }
  }
  if (name !== 'csv') throw optionError("format must be 'jsonl' or 'csv'", name, where)
  const options = plainOptions({ columns: schema.fields.map((field) => field.name), ...rest, maxRecordBytes })
  csvOptions({ ...options, header: false })
  return { format: { name, header: false, ...options }, lines }
}

/**
 * The format of a sink of lines. CSV has no header line; its columns are declared.
 *
 * @throws ML_RANGE for a wrong option
 */
export function sinkLines(given: SinkLineFormat, where: string): FormatDeclaration {
  const { format: name = 'jsonl', ...rest } = given
  if (name === 'jsonl') {
    const [unknown] = Object.keys(rest)
    if (unknown !== undefined) throw optionError(`a sink of JSON lines has no option "${unknown}"`, rest, where)
    return { name }
  }
  if (name !== 'csv') throw optionError("format must be 'jsonl' or 'csv'", name, where)
  if (!('columns' in rest)) throw optionError('a sink of CSV lines needs its columns', given, where)
  csvEncoder({ ...rest, header: false })
  return { name, header: false, ...plainOptions(rest) }
}

/** CSV without a header line, columns in the order declared. */
export interface CsvSinkLines extends Omit<CsvEncodeOptions, 'header'> {
  readonly format: 'csv'
  readonly columns: readonly string[]
}

export type SinkLineFormat = { readonly format?: 'jsonl' } | CsvSinkLines

/** @throws ML_RANGE */
function bufferOptions(given: BufferOptions, where: string): JsonObject {
  const bufferBytes = wholeNumber('bufferBytes', given.bufferBytes ?? 1 << 20, 1, 1 << 30, where)
  if (given.spool === undefined) return { bufferBytes }
  if (typeof given.spool !== 'string' || given.spool === '')
    throw optionError('spool must be the path of a folder', given.spool, where)
  const maxBytes = wholeNumber('spoolBytes', given.spoolBytes ?? 1 << 30, 1 << 16, 1_099_511_627_776, where)
  return { bufferBytes, spool: { folder: given.spool, maxBytes } }
}

/**
 * The declaration of a source of lines.
 *
 * @throws ML_RANGE for a wrong option
 */
export function lineSource<T>(
  kind: string,
  own: JsonObject,
  buffer: BufferOptions,
  schema: RecordSchema<T>,
  given: LineFormat,
  where: string,
): SourceDeclaration<T> {
  const { format, lines } = sourceLines(schema, given, where)
  const options = { ...own, ...lines, ...bufferOptions(buffer, where) }
  const declaration = { role: 'source', kind, options, format, schema, bounded: false } as const
  return buffer.spool === undefined ? { ...declaration, guarantee: 'at-most-once' } : declaration
}

/** @throws ML_RANGE unless each value is a text or a secret */
export function secretTexts(name: string, given: object, where: string): JsonObject {
  const wrong = Object.entries(given).find(([, value]) => typeof value !== 'string' && !isSecretReference(value))
  if (wrong !== undefined) throw optionError(`${name} must be texts or secrets`, wrong[0], where)
  return { ...given }
}

/** @throws ML_RANGE unless it is a whole number within bounds */
export function wholeNumber(name: string, value: unknown, min: number, max: number, where: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number
  throw optionError(`${name} must be a whole number from ${min} to ${max}`, value, where)
}

/** @throws ML_RANGE unless it is a name or address of a host */
export function hostName(value: unknown, where: string): string {
  if (typeof value === 'string' && /^[A-Za-z0-9._:%[\]-]+$/.test(value)) return value
  throw optionError('host must be a name or an address', value, where)
}

/** @throws ML_RANGE for a name that is none of the options */
export function knownOptions(given: object, known: readonly string[], where: string): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw optionError(`there is no option "${unknown}"`, unknown, where, `Use ${known.join(', ')}`)
}

/** As JSON holds it: without what is undefined. */
export function plainOptions(options: object): JsonObject {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given as [string, JsonValue][])
}

export function isSchema<T>(value: unknown): value is RecordSchema<T> {
  return typeof (value as RecordSchema<T> | undefined)?.toJSON === 'function'
}

export function optionError(what: string, got: unknown, where: string, remedy?: string): MillraceError {
  return new MillraceError('ML_RANGE', { what, got, where, remedy })
}
