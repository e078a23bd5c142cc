/**
 * HTTP: an ingest that others post records to, and a sink that posts rows.
 *
 * An ingest with a spool answers once a record is durable: from then on it is processed exactly once. `docs/sockets.md` says
 * what each answer means.
 */
import type { RecordSchema } from '../../formats/schema.ts'
import type { SinkDeclaration, SourceDeclaration } from '../../stream/declarations.ts'
import {
  type BufferOptions,
  hostName,
  knownOptions,
  type LineFormat,
  lineSource,
  optionError,
  plainOptions,
  type SinkLineFormat,
  secretTexts,
  sinkLines,
  wholeNumber,
} from '../../stream/line-options.ts'
import type { SecretText } from '../../stream/secret.ts'

export type {
  BufferOptions,
  CsvLines,
  CsvSinkLines,
  JsonLines,
  LineFormat,
  SinkLineFormat,
} from '../../stream/line-options.ts'

/** Most that is taken in one second; what comes beyond is answered 429. A burst of one second is taken at once. */
export interface RateLimit {
  readonly recordsPerSecond?: number
  readonly bytesPerSecond?: number
}

export interface HttpIngestOptions extends BufferOptions {
  /** 127.0.0.1 by default. Any other address than loopback needs a token. */
  readonly host?: string
  readonly port: number
  /** The one path that takes records; `/` by default. */
  readonly path?: string
  /** What a client must send as `Authorization: Bearer <token>`. */
  readonly token?: SecretText
  /**
   * Names that a client may give as `Host`. On loopback its own names are always taken and others refused, against pages that let a name
   * of theirs point here; elsewhere any is taken where none is given.
   */
  readonly hosts?: readonly string[]
  /** Longest body, also after inflating it; 1 MiB by default. */
  readonly maxBodyBytes?: number
  /** Connections at a time; further ones are closed at once. 1,024 by default. */
  readonly maxConnections?: number
  /** A request must have come as a whole within so many milliseconds; 30,000 by default. */
  readonly requestTimeoutMs?: number
  readonly rate?: RateLimit
}

export interface HttpPostOptions {
  /** `http:` or `https:`. */
  readonly url: string
  /** Such as `authorization`. */
  readonly headers?: Readonly<Record<string, SecretText>>
  /** Most bytes of rows in one request; 256 KiB by default. One longer row is sent alone. */
  readonly batchBytes?: number
  /** Milliseconds to wait for an answer; 30,000 by default. */
  readonly timeoutMs?: number
  /**
   * A file for rows that the receiver refuses alone, with its answer, as JSON lines; without it such a row ends the run. Relative to
   * the base folder of the run.
   */
  readonly deadLetters?: string
  readonly allowLinkLocal?: boolean
}

const INGEST = [
  ...['host', 'port', 'path', 'token', 'hosts', 'maxBodyBytes', 'maxConnections', 'requestTimeoutMs'],
  ...['rate', 'bufferBytes', 'spool', 'spoolBytes'],
]
const POST = ['url', 'headers', 'batchBytes', 'timeoutMs', 'deadLetters', 'allowLinkLocal']

/**
 * Listens for POST requests of records: `application/x-ndjson` with a record on each line, `application/json` with one object or an
 * array of them, or `text/csv` where the format is CSV. Answers `{ "accepted": n }`, the records it took; all of a body are
 * taken or none. What is no record of the schema is accepted, and goes to the rejected output.
 *
 * Guarantee: with a spool, exactly once from the answer 200 on; a client that repeats a request it had no answer to may be
 * taken twice. Without one at most once: 200 says that the records are in memory.
 *
 * @throws ML_RANGE for a wrong option; ML_SERVE_OPEN when it runs and other machines could send without a token
 */
export function httpIngest<T>(
  options: HttpIngestOptions,
  schema: RecordSchema<T>,
  format: LineFormat = {},
): SourceDeclaration<T> {
  const where = 'httpIngest()'
  knownOptions(options, INGEST, where)
  const { path = '/', rate = {} } = options
  if (!/^\/[A-Za-z0-9._~/-]*$/.test(path) || path.includes('..'))
    throw optionError('path must begin with / and hold plain characters', path, where)
  knownOptions(rate, ['recordsPerSecond', 'bytesPerSecond'], where)
  for (const [name, value] of Object.entries(rate)) wholeNumber(name, value, 1, 1_099_511_627_776, where)
  const own = plainOptions({
    host: hostName(options.host ?? '127.0.0.1', where),
    port: wholeNumber('port', options.port, 1, 65_535, where),
    path,
    token: options.token,
    hosts: texts('hosts', options.hosts, where),
    maxBodyBytes: wholeNumber('maxBodyBytes', options.maxBodyBytes ?? 1 << 20, 1, 1 << 28, where),
    maxConnections: wholeNumber('maxConnections', options.maxConnections ?? 1024, 1, 1 << 16, where),
    requestTimeoutMs: wholeNumber('requestTimeoutMs', options.requestTimeoutMs ?? 30_000, 1, 3_600_000, where),
    rate: plainOptions(rate),
  })
  return lineSource('http-ingest', own, options, schema, format, where)
}

/**
 * Posts rows as `application/x-ndjson` (or `text/csv`), many in one request, one request at a time, in order.
 *
 * Guarantee: at least once: a checkpoint waits until everything before it was answered 2xx. No answer, 408, 429 and 5xx are tried
 * again with growing pauses, and after a minute the job restarts from its last checkpoint. 400, 409, 413 and 422 say that a row is wrong:
 * its batch is halved until it stands alone, and it goes to `deadLetters`, or ends the run (ML_SINK_ROW). Any other answer, a
 * redirect too, ends the run.
 *
 * @throws ML_RANGE for a wrong option
 */
export function httpPost(options: HttpPostOptions, format: SinkLineFormat = {}): SinkDeclaration {
  const where = 'httpPost()'
  knownOptions(options, POST, where)
  const { url, headers = {}, deadLetters, allowLinkLocal } = options
  if (typeof url !== 'string' || !/^https?:\/\//i.test(url))
    throw optionError('url must begin with http:// or https://', url, where)
  if (deadLetters !== undefined && (typeof deadLetters !== 'string' || deadLetters === ''))
    throw optionError('deadLetters must be the path of a file', deadLetters, where)
  const own = plainOptions({
    url,
    headers: secretTexts('headers', headers, where),
    batchBytes: wholeNumber('batchBytes', options.batchBytes ?? 256 << 10, 1, 1 << 28, where),
    timeoutMs: wholeNumber('timeoutMs', options.timeoutMs ?? 30_000, 1, 3_600_000, where),
    deadLetters,
    allowLinkLocal,
  })
  return { role: 'sink', kind: 'http-post', options: own, format: sinkLines(format, where), guarantee: 'at-least-once' }
}

function texts(name: string, value: unknown, where: string): string[] {
  if (value === undefined) return []
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return [...value]
  throw optionError(`${name} must be a list of texts`, value, where)
}
