/**
 * Files as sources and sinks: CSV and JSON lines, plain or gzip; files that grow, and folders that fill.
 *
 * With a schema `csv` and `jsonl` declare a source of one file or several; without, a sink: a folder of parts. Both are
 * plain JSON; what reads and writes is found by kind when the pipeline runs.
 */
import { type CsvEncodeOptions, csvEncoder } from '../../formats/csv-encode.ts'
import type { CsvOptions } from '../../formats/csv-options.ts'
import type { JsonLinesOptions } from '../../formats/json-lines.ts'
import type { RecordSchema } from '../../formats/schema.ts'
import type { SinkDeclaration, SourceDeclaration } from '../../stream/declarations.ts'
import { plain, readFormat, refusal } from './format-options.ts'

export type { CsvEncodeOptions } from '../../formats/csv-encode.ts'
export type { CsvOptions } from '../../formats/csv-options.ts'
export type { JsonLinesOptions } from '../../formats/json-lines.ts'
export { type GrowingFormat, type TailOptions, tail, type WatchOptions, watch } from './growing.ts'

/** How a folder of parts is cut. */
export interface PartOptions {
  /**
   * A part is closed by the row that takes it to this many bytes; 64 MiB by default. Parts become visible under their
   * final name only when closed and covered by a checkpoint, so smaller parts show sooner and are more files.
   */
  readonly partBytes?: number
}

export interface CsvSinkOptions extends CsvEncodeOptions, PartOptions {}

/**
 * CSV files as a source: one path or several, each a split of its own, plain or gzip whatever they are called. Relative
 * paths count from the base folder of the run.
 *
 * Guarantee: exactly once. Resuming inside a gzip file reads it from its beginning. A file that is replaced between two
 * runs voids the guarantee.
 *
 * @throws ML_RANGE for a wrong option, no path, or a path given twice
 */
export function csv<T>(
  paths: string | readonly string[],
  schema: RecordSchema<T>,
  options?: CsvOptions,
): SourceDeclaration<T>
/**
 * A folder of CSV parts as a sink, exactly once: `part-00000.csv`, ... The folder must be new, or empty, or the one the
 * restored checkpoint wrote to.
 *
 * @throws ML_RANGE for a wrong option
 */
export function csv(folder: string, options?: CsvSinkOptions): SinkDeclaration
export function csv<T>(
  target: string | readonly string[],
  schemaOrOptions?: RecordSchema<T> | CsvSinkOptions,
  options: CsvOptions = {},
): SourceDeclaration<T> | SinkDeclaration {
  if (isSchema(schemaOrOptions)) {
    return source(target, 'csv', schemaOrOptions, options)
  }
  const { partBytes, ...format } = schemaOrOptions ?? {}
  csvEncoder(format)
  return sink(target, 'csv', format, partBytes)
}

/**
 * Files of JSON lines as a source; else as `csv`.
 *
 * @throws ML_RANGE for a wrong option, no path, or a path given twice
 */
export function jsonl<T>(
  paths: string | readonly string[],
  schema: RecordSchema<T>,
  options?: JsonLinesOptions,
): SourceDeclaration<T>
/**
 * A folder of parts in JSON lines as a sink, exactly once: `part-00000.jsonl`, ... The folder must be new, or empty, or
 * the one the restored checkpoint wrote to.
 *
 * @throws ML_RANGE for a wrong option
 */
export function jsonl(folder: string, options?: PartOptions): SinkDeclaration
export function jsonl<T>(
  target: string | readonly string[],
  schemaOrOptions?: RecordSchema<T> | PartOptions,
  options: JsonLinesOptions = {},
): SourceDeclaration<T> | SinkDeclaration {
  if (isSchema(schemaOrOptions)) {
    return source(target, 'jsonl', schemaOrOptions, options)
  }
  const { partBytes, ...rest } = schemaOrOptions ?? {}
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw refusal(`a sink of JSON lines has no option "${unknown}"`, rest, 'Use partBytes')
  return sink(target, 'jsonl', {}, partBytes)
}

function source<T>(
  paths: string | readonly string[],
  name: string,
  schema: RecordSchema<T>,
  options: object,
): SourceDeclaration<T> {
  const list = typeof paths === 'string' ? [paths] : [...paths]
  if (list.length === 0) throw refusal('a file source needs a path', paths)
  for (const [i, path] of list.entries()) {
    if (typeof path !== 'string' || path === '') throw refusal('a path must be a text that is not empty', path)
    if (list.indexOf(path) < i) throw refusal('a path is given twice', path, 'Its records would be read twice')
  }
  return { role: 'source', kind: 'file', options: { paths: list }, format: readFormat(name, schema, options), schema }
}

function sink(folder: unknown, name: string, format: object, partBytes: number | undefined): SinkDeclaration {
  if (typeof folder !== 'string' || folder === '') {
    throw refusal('a file sink takes one folder; a file source takes a schema after its paths', folder)
  }
  if (partBytes !== undefined && !(Number.isSafeInteger(partBytes) && partBytes > 0)) {
    throw refusal('partBytes must be a whole number of bytes, 1 or more', partBytes)
  }
  return {
    role: 'sink',
    kind: 'file',
    options: { folder, ...plain({ partBytes }) },
    format: { name, ...plain(format) },
  }
}

function isSchema<T>(value: unknown): value is RecordSchema<T> {
  return typeof (value as RecordSchema<T> | undefined)?.toJSON === 'function'
}
