/**
 * Lines over TCP and messages over WebSocket, as sources and sinks.
 *
 * With a schema `tcp`, `tcpServer` and `websocket` declare a source; without, a sink. A socket cannot be asked again for what it
 * has sent: without a spool such a source is at most once. `docs/sockets.md` says what each end promises.
 */
import type { JsonLinesOptions } from '../../formats/json-lines.ts'
import type { RecordSchema } from '../../formats/schema.ts'
import type { JsonObject } from '../../stage/json.ts'
import type { FormatDeclaration, SinkDeclaration, SourceDeclaration } from '../../stream/declarations.ts'
import {
  type BufferOptions,
  hostName,
  isSchema,
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

/** Where a client connects to. */
export interface TcpOptions {
  readonly host: string
  readonly port: number
  /** TLS, with the certificate verified; false by default. */
  readonly tls?: boolean
  /** Connects also to link-local addresses, where clouds serve credentials; false by default. */
  readonly allowLinkLocal?: boolean
}

export interface TcpSourceOptions extends TcpOptions, BufferOptions {
  /**
   * Connects again when the connection ends; true by default. False: the end of the connection is the end of the input, and the source is
   * bounded.
   */
  readonly reconnect?: boolean
}

/** Where a server listens. */
export interface TcpServerOptions {
  /** 127.0.0.1 by default. Any other address than loopback needs a token. */
  readonly host?: string
  readonly port: number
  /** What a client must send as its first line. */
  readonly token?: SecretText
  /** Connections at a time; further ones are closed at once. 1,024 by default. */
  readonly maxConnections?: number
}

export interface TcpServerSourceOptions extends TcpServerOptions, BufferOptions {}

export interface WebSocketOptions {
  /** `ws:` or `wss:`. */
  readonly url: string
  /** Headers of the request that opens it, such as `authorization`. */
  readonly headers?: Readonly<Record<string, SecretText>>
  readonly allowLinkLocal?: boolean
}

export interface WebSocketSourceOptions extends WebSocketOptions, BufferOptions {
  /** Text messages to send after each opening: what many feeds want before they begin. */
  readonly subscribe?: string | readonly string[]
  /** Takes binary messages as UTF-8 text too; false by default: such a message ends the run. */
  readonly binary?: boolean
}

const TCP = ['host', 'port', 'tls', 'allowLinkLocal']
const BUFFER = ['bufferBytes', 'spool', 'spoolBytes']
const SERVER = ['host', 'port', 'token', 'maxConnections']
const WEBSOCKET = ['url', 'headers', 'allowLinkLocal']

/**
 * Connects to a server and reads the lines it sends; again, with growing pauses, when the connection ends.
 *
 * Guarantee: at most once; from the spool on exactly once. What the server sent while nobody was connected is lost in any case.
 *
 * @throws ML_RANGE for a wrong option
 */
export function tcp<T>(options: TcpSourceOptions, schema: RecordSchema<T>, format?: LineFormat): SourceDeclaration<T>
/**
 * Connects to a server and sends it a line for each row.
 *
 * Guarantee: none, labelled at most once. TCP tells nobody what the other program has read: rows under way are lost with a
 * connection, and those after the last checkpoint are sent again after a crash.
 *
 * @throws ML_RANGE for a wrong option
 */
export function tcp(options: TcpOptions, format?: SinkLineFormat): SinkDeclaration
export function tcp<T>(
  options: TcpSourceOptions | TcpOptions,
  schemaOrFormat?: RecordSchema<T> | SinkLineFormat,
  format: LineFormat = {},
): SourceDeclaration<T> | SinkDeclaration {
  const where = 'tcp()'
  const { host, port, tls = false, allowLinkLocal = false } = options
  if (typeof tls !== 'boolean') throw optionError('tls must be true or false', tls, where)
  const at = { host: hostName(host, where), port: wholeNumber('port', port, 1, 65_535, where), tls, allowLinkLocal }
  if (!isSchema<T>(schemaOrFormat)) {
    knownOptions(options, TCP, where)
    return sink('tcp', at, sinkLines(schemaOrFormat ?? {}, where))
  }
  knownOptions(options, [...TCP, ...BUFFER, 'reconnect'], where)
  const { reconnect = true } = options as TcpSourceOptions
  if (typeof reconnect !== 'boolean') throw optionError('reconnect must be true or false', reconnect, where)
  const declared = lineSource('tcp', { ...at, reconnect }, options as TcpSourceOptions, schemaOrFormat, format, where)
  return reconnect ? declared : { ...declared, bounded: true }
}

/**
 * Listens, and takes lines from every client; lines of several clients never mix within a line.
 *
 * Guarantee: at most once; from the spool on exactly once. TCP answers nothing: a client does not learn which of its last lines were
 * taken. HTTP does: `httpIngest` of `millrace/http`.
 *
 * @throws ML_RANGE for a wrong option; ML_SERVE_OPEN when it runs and other machines could connect without a token
 */
export function tcpServer<T>(
  options: TcpServerSourceOptions,
  schema: RecordSchema<T>,
  format?: LineFormat,
): SourceDeclaration<T>
/**
 * Listens, and sends each row as a line to every client that is connected then. A client that does not keep up is disconnected.
 *
 * Guarantee: none, labelled at most once; as of `tcp`.
 *
 * @throws as above
 */
export function tcpServer(options: TcpServerOptions, format?: SinkLineFormat): SinkDeclaration
export function tcpServer<T>(
  options: TcpServerSourceOptions | TcpServerOptions,
  schemaOrFormat?: RecordSchema<T> | SinkLineFormat,
  format: LineFormat = {},
): SourceDeclaration<T> | SinkDeclaration {
  const where = 'tcpServer()'
  const at = plainOptions({
    host: hostName(options.host ?? '127.0.0.1', where),
    port: wholeNumber('port', options.port, 1, 65_535, where),
    token: options.token,
    maxConnections: wholeNumber('maxConnections', options.maxConnections ?? 1024, 1, 1 << 16, where),
  })
  if (!isSchema<T>(schemaOrFormat)) {
    knownOptions(options, SERVER, where)
    return sink('tcp-server', at, sinkLines(schemaOrFormat ?? {}, where))
  }
  knownOptions(options, [...SERVER, ...BUFFER], where)
  return lineSource('tcp-server', at, options as TcpServerSourceOptions, schemaOrFormat, format, where)
}

/**
 * Connects to a WebSocket server and takes each text message as one JSON record. Needs the package `ws`.
 *
 * Guarantee: at most once; from the spool on exactly once. What was sent while nobody was connected is lost in any case.
 *
 * @throws ML_RANGE for a wrong option
 */
export function websocket<T>(
  options: WebSocketSourceOptions,
  schema: RecordSchema<T>,
  format?: Pick<JsonLinesOptions, 'maxRecordBytes'>,
): SourceDeclaration<T>
/**
 * Connects to a WebSocket server and sends each row as a text message. Needs the package `ws`.
 *
 * Guarantee: at least once, as far as the other side's WebSocket layer: a checkpoint waits until it has answered a ping sent after the
 * rows. Rows without such an answer are sent again on the next connection.
 *
 * @throws ML_RANGE for a wrong option
 */
export function websocket(options: WebSocketOptions): SinkDeclaration
export function websocket<T>(
  options: WebSocketSourceOptions | WebSocketOptions,
  schema?: RecordSchema<T>,
  format: Pick<JsonLinesOptions, 'maxRecordBytes'> = {},
): SourceDeclaration<T> | SinkDeclaration {
  const where = 'websocket()'
  const { url, headers = {}, allowLinkLocal } = options
  if (typeof url !== 'string' || !/^wss?:\/\//i.test(url))
    throw optionError('url must begin with ws:// or wss://', url, where)
  const to = plainOptions({ url, headers: secretTexts('headers', headers, where), allowLinkLocal })
  if (schema === undefined) {
    knownOptions(options, WEBSOCKET, where)
    return { ...sink('websocket', to, { name: 'jsonl' }), guarantee: 'at-least-once' }
  }
  knownOptions(options, [...WEBSOCKET, ...BUFFER, 'subscribe', 'binary'], where)
  const { subscribe = [], binary = false } = options as WebSocketSourceOptions
  const messages = typeof subscribe === 'string' ? [subscribe] : [...subscribe]
  if (!messages.every((text) => typeof text === 'string')) throw optionError('subscribe must be texts', messages, where)
  if (typeof binary !== 'boolean') throw optionError('binary must be true or false', binary, where)
  const own = { ...to, subscribe: messages, binary }
  return lineSource('websocket', own, options as WebSocketSourceOptions, schema, format, where)
}

function sink(kind: string, options: JsonObject, format: FormatDeclaration): SinkDeclaration {
  return { role: 'sink', kind, options, format, guarantee: 'at-most-once' }
}
