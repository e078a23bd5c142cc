/** Sources that do not end: a file that grows, and a folder that files appear in. */
import type { CsvOptions } from '../../formats/csv-options.ts'
import type { JsonLinesOptions } from '../../formats/json-lines.ts'
import type { RecordSchema } from '../../formats/schema.ts'
import type { SourceDeclaration } from '../../stream/declarations.ts'
import { type Duration, durationMs } from '../../time/duration.ts'
import { plain, readFormat, refusal } from './format-options.ts'

/** The format of the lines, with its options. */
export type GrowingFormat =
  | ({ readonly format?: 'jsonl' } & JsonLinesOptions)
  | ({ readonly format: 'csv' } & CsvOptions)

export type TailOptions = GrowingFormat & {
  /**
   * Names of earlier generations of the file, in its folder: patterns with `*` and `?`. By default the file's name with a
   * part that begins with a digit, at its end or before its extension: `a.jsonl.1`, `a.jsonl-20260101`, `a.2026-01-01.jsonl`.
   */
  readonly rotated?: string | readonly string[]
  /**
   * Where a first run begins: 'earliest' (default), with the oldest generation that is there, or 'latest', behind the last
   * whole line. Later runs go on from their checkpoint. CSV with a header line has to begin at 'earliest'.
   */
  readonly start?: 'earliest' | 'latest'
  /**
   * How long an earlier generation must have been quiet before it counts as whole and the next one begins (default '5s'):
   * as long as a writer may take to notice the rotation.
   */
  readonly rotateWait?: Duration
}

export type WatchOptions = GrowingFormat & {
  /** Which names are read, with `*` and `?`; by default `*.jsonl` and `*.jsonl.gz`, or `*.csv` and `*.csv.gz`. */
  readonly pattern?: string | readonly string[]
  /** Order in which files are read: by 'name' (default) or by time of last modification, then name. */
  readonly order?: 'name' | 'modified'
  /**
   * How long a file must not have been modified before it is read (default '1s'). '0s' where every file is renamed into
   * place: it is then read as soon as it has its name.
   */
  readonly settle?: Duration
  /** Reads the files that are there when the run starts, and ends (default false). */
  readonly bounded?: boolean
}

/** Milliseconds between two looks for rotated and new files. */
const LOOK_MS = 250

/**
 * A file that grows, line by line, as a source that does not end: what is appended is read within some ten milliseconds.
 * A last line without line break waits for its rest.
 *
 * Rotation by renaming is followed: each generation of the file is a split, told by its inode, time of birth and first
 * line; an earlier one is read to its end, under its new name too, before the next begins. The file may be missing for
 * a while; its folder must exist.
 *
 * Guarantee: exactly once. A file that was truncated, rewritten or replaced behind what was read, or whose unread bytes
 * are gone, is refused with ML_SOURCE_CHANGED, on resuming and while running; rotation by copying and truncating is that.
 *
 * What voids it: a generation that comes and goes while no run looks; bytes appended to an earlier generation more than
 * `rotateWait` after its last ones (a warning, when noticed); changing bytes that were read, other than the first line. A
 * compressed earlier generation is not read.
 *
 * @throws ML_RANGE for a wrong option
 * @example from('clicks', tail('logs/clicks.jsonl', Click, { format: 'jsonl' }))
 */
export function tail<T>(path: string, schema: RecordSchema<T>, options: TailOptions = {}): SourceDeclaration<T> {
  const { format = 'jsonl', rotated, start = 'earliest', rotateWait = '5s', ...rest } = options
  const declared = readFormat(format, schema, rest)
  const rotateWaitMs = durationMs(rotateWait, 'rotateWait of tail()')
  const hasHeader = format === 'csv' && (rest as CsvOptions).header !== false
  if (typeof path !== 'string' || path === '') throw refusal('tail() follows one file', path)
  if (start !== 'earliest' && start !== 'latest') throw refusal("start is 'earliest' or 'latest'", start)
  if (start === 'latest' && hasHeader) {
    throw refusal('behind the last line of a CSV file there is no header', start, "Give header: false, or 'earliest'")
  }
  return {
    role: 'source',
    kind: 'tail',
    // A header is the same in all generations: it takes the line after it to tell them apart.
    options: { path, start, rotateWaitMs, headLines: hasHeader ? 2 : 1, ...plain({ rotated: patterns(rotated) }) },
    format: declared,
    schema,
    bounded: false,
    discoverMs: LOOK_MS,
  }
}

/**
 * A folder that files appear in, as a source that does not end: each file is read once, plain or gzip, whole, one after
 * the other in the declared order. Subfolders are not looked into. Names that begin with a dot, or end in `.tmp`, `.open`
 * or `.part`, are passed over until they are renamed.
 *
 * A file is ready when it was not modified for `settle`. One that appears late is read when it comes, though earlier ones
 * in order should have waited for it, as long as it is not further back than the 64 files read last: beyond, files count
 * as read. A checkpoint so stays small however many files there are, and files may be deleted once they were read.
 *
 * Guarantee: exactly once. What voids it: a file that changes after it was ready (a warning, when noticed); a name used
 * again; with `order: 'modified'` a file touched after it was read, which then is a new one.
 *
 * Cost: each look lists the folder when it has changed, some 1.4 µs a file; by modification time, it asks each file's time, too. At most
 * 128 files are begun between two looks, 250 ms.
 *
 * @throws ML_RANGE for a wrong option
 * @example from('orders', watch('inbox', Order, { pattern: '*.csv', format: 'csv' }))
 */
export function watch<T>(folder: string, schema: RecordSchema<T>, options: WatchOptions = {}): SourceDeclaration<T> {
  const { format = 'jsonl', pattern, order = 'name', settle = '1s', bounded = false, ...rest } = options
  const declared = readFormat(format, schema, rest)
  const settleMs = durationMs(settle, 'settle of watch()')
  if (typeof folder !== 'string' || folder === '') throw refusal('watch() looks into one folder', folder)
  if (order !== 'name' && order !== 'modified') throw refusal("order is 'name' or 'modified'", order)
  if (typeof bounded !== 'boolean') throw refusal('bounded must be true or false', bounded)
  return {
    role: 'source',
    kind: 'watch',
    options: { folder, pattern: patterns(pattern) ?? [`*.${format}`, `*.${format}.gz`], order, settleMs, bounded },
    format: declared,
    schema,
    bounded,
    ...(bounded ? {} : { discoverMs: LOOK_MS }),
  }
}

function patterns(given: unknown): readonly string[] | undefined {
  if (given === undefined) return undefined
  const list = typeof given === 'string' ? [given] : given
  if (!Array.isArray(list) || list.length === 0 || !list.every(isPattern)) {
    throw refusal('a pattern is a name with * and ?, in the folder itself', given)
  }
  return [...list]
}

function isPattern(pattern: unknown): boolean {
  return typeof pattern === 'string' && pattern !== '' && !/[/\\]/.test(pattern)
}
