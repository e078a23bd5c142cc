/**
 * Kafka topics as sources and sinks.
 *
 * With a schema `kafka` declares a source, without one a sink. Both are plain JSON; what reads and writes is found by kind
 * when the pipeline runs, and needs the package `@platformatic/kafka` beside Millrace.
 */
import { MillraceError } from '../../errors.ts'
import { checkMessages } from '../../formats/messages.ts'
import { messagesEncoder } from '../../formats/messages-encode.ts'
import type { RecordSchema } from '../../formats/schema.ts'
import type { JsonValue } from '../../stage/json.ts'
import type { FormatDeclaration, SinkDeclaration, SourceDeclaration } from '../../stream/declarations.ts'
import { type Duration, durationMs } from '../../time/duration.ts'
import { brokersOf, choice, type KafkaConnection, offsetsOf, refusal, securityOf, text, topicName } from './options.ts'

export { type AvroFormat, type AvroOptions, type AvroRegistry, avro } from '../../formats/avro.ts'
export type { KafkaConnection, KafkaSasl, KafkaTls } from './options.ts'

/** How the value of a message is written: JSON of the whole record, text in one field, or a format with options of its own. */
export type KafkaValue = 'json' | FormatDeclaration

export interface KafkaSourceOptions extends KafkaConnection {
  /** One topic, or several as `topics`. Their partitions are the splits, named `topic/partition`. */
  readonly topic?: string
  readonly topics?: readonly string[]
  /**
   * Where partitions begin that no checkpoint knows (default 'earliest'): at the first record there is, after the last, at the
   * first with a timestamp (milliseconds) or later, or at offsets by split; a split that is not named begins at the earliest.
   */
  readonly start?: 'earliest' | 'latest' | KafkaTimestamp | KafkaOffsets
  /** Makes the source end: where the partitions end when the run begins, or before offsets given for every split. */
  readonly until?: 'latest' | KafkaOffsets
  /** Consumer group whose offsets are committed after each checkpoint, for others to look at. Nothing is read from it. */
  readonly group?: string
  /** Default 'json'; `{ name: 'raw', field }` for text; `avro(...)`. */
  readonly value?: KafkaValue | 'raw'
  /** Fields that are not in the value but beside it, by name: 'key', 'timestamp', 'offset', 'partition', 'topic', 'header.NAME'. */
  readonly metadata?: { readonly [field: string]: string }
  /** Longest message in bytes (default 16 MiB); longer ones are rejected. */
  readonly maxRecordBytes?: number
  /** Default 'read_committed': nothing of a transaction is read before it was committed. */
  readonly isolation?: 'read_committed' | 'read_uncommitted'
  /** How often new partitions are looked for (default '30s'; 0: never). A source with `until` does not look. */
  readonly discoverEvery?: Duration
}

export interface KafkaSinkOptions extends KafkaConnection {
  readonly topic: string
  /** Path of the property that becomes the key, such as 'input.id'. Records of one key keep their order. */
  readonly key?: string
  /** Default 'json'; `{ name: 'raw', field: 'path' }` for the text of one property; `avro(...)`. */
  readonly value?: KafkaValue
  /** Headers by name, each the path of a property. */
  readonly headers?: { readonly [name: string]: string }
  /** Path of the property that is the timestamp; null: none, the broker sets it. Default: the record's event time. */
  readonly timestamp?: string | null
  /** Gives up exactly once: no transactions, records are seen at once, and may come twice after a failure. */
  readonly guarantee?: 'at-least-once'
  /**
   * Bytes of key, headers and value beyond which a record is a dead letter of the sink (default 1,047,552: what brokers take
   * unless they are told otherwise). A larger one that the topic allows needs a larger bound.
   */
  readonly maxRecordBytes?: number
  /** Default 'none'. 'zstd' needs Node 22.15 or later. */
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /** How long the broker waits for a transaction (default '15m', which is what brokers allow at most by default). */
  readonly transactionTimeout?: Duration
  /** Topic of the markers that say which checkpoint was committed (default '__millrace_checkpoints'). */
  readonly markerTopic?: string
  /** What transactional ids begin with (default: the name of the job). */
  readonly transactionalIdPrefix?: string
}

export interface KafkaTimestamp {
  readonly timestamp: number
}

/** Offsets of records by split: `{ offsets: { 'payments/0': 123 } }`. */
export interface KafkaOffsets {
  readonly offsets: { readonly [split: string]: number }
}

const DISCOVER_EVERY = '30s'
const TRANSACTION_TIMEOUT = '15m'
const MARKER_TOPIC = '__millrace_checkpoints'
/** A kilobyte less than a batch may have by default (max.message.bytes), whose own head counts. */
const SINK_RECORD_BYTES = (1 << 20) - 1024
const METADATA = ['key', 'timestamp', 'offset', 'partition', 'topic']
const CONNECTION_OPTIONS = ['brokers', 'tls', 'sasl']
const SOURCE_OPTIONS = [
  ...CONNECTION_OPTIONS,
  ...[
    'topic',
    'topics',
    'start',
    'until',
    'group',
    'value',
    'metadata',
    'maxRecordBytes',
    'isolation',
    'discoverEvery',
  ],
]
const SINK_OPTIONS = [
  ...CONNECTION_OPTIONS,
  ...['topic', 'key', 'value', 'headers', 'timestamp', 'guarantee', 'compression', 'transactionTimeout'],
  ...['markerTopic', 'transactionalIdPrefix', 'maxRecordBytes'],
]

/**
 * Topics as a source. Partitions are splits; offsets are kept in checkpoints.
 *
 * Guarantee: exactly once. Voided by whatever takes records away that were not read yet, or puts others at their offsets:
 * retention (noticed: ML_OFFSET_LOST), deleting and making a topic anew, an unclean election of a partition's leader.
 *
 * @throws ML_RANGE for a wrong option
 */
export function kafka<T>(options: KafkaSourceOptions, schema: RecordSchema<T>): SourceDeclaration<T>
/**
 * A topic as a sink, exactly once: all Kafka sinks of a job write in one transaction for each checkpoint, and readers with
 * 'read_committed' see its records together. The topic must exist.
 *
 * @throws ML_RANGE for a wrong option
 */
export function kafka(options: KafkaSinkOptions): SinkDeclaration
export function kafka<T>(
  options: KafkaSourceOptions | KafkaSinkOptions,
  schema?: RecordSchema<T>,
): SourceDeclaration<T> | SinkDeclaration {
  if (typeof options !== 'object' || options === null) throw refusal('kafka takes an object of options', options)
  return schema === undefined ? sink(options as KafkaSinkOptions) : source(options as KafkaSourceOptions, schema)
}

function source<T>(options: KafkaSourceOptions, schema: RecordSchema<T>): SourceDeclaration<T> {
  onlyKnown(options, SOURCE_OPTIONS, 'source')
  const { until, group, isolation = 'read_committed' } = options
  const maxRecordBytes = recordBytes(options.maxRecordBytes)
  const topics = topicsOf(options)
  const discoverMs = durationMs(options.discoverEvery ?? DISCOVER_EVERY, 'discoverEvery of a Kafka source')
  const metadata = metadataOf(options.metadata ?? {}, schema)
  const format = {
    value: valueFormat(options.value),
    metadata,
    ...(maxRecordBytes !== undefined && { maxRecordBytes }),
  }
  checkMessages(schema, format)
  return {
    role: 'source',
    kind: 'kafka',
    options: {
      brokers: brokersOf(options.brokers),
      topics,
      start: startOf(options.start ?? 'earliest', topics),
      ...(until !== undefined && {
        until: until === 'latest' ? until : { offsets: offsetsOf(until, topics, 'until') },
      }),
      ...(group !== undefined && { group: text(group, 'group') }),
      isolation: choice(isolation, ['read_committed', 'read_uncommitted'], 'isolation'),
      ...securityOf(options),
    },
    format: { name: 'messages', ...format },
    schema,
    bounded: until !== undefined,
    ...(until === undefined && discoverMs > 0 && { discoverMs }),
  }
}

function sink(options: KafkaSinkOptions): SinkDeclaration {
  onlyKnown(options, SINK_OPTIONS, 'sink')
  if ((options as { topics?: unknown }).topics !== undefined) throw refusal('a sink has one topic', options)
  const { guarantee, compression = 'none', headers, timestamp, key = null } = options
  if (guarantee !== undefined) choice(guarantee, ['at-least-once'], 'guarantee')
  const timeoutMs = durationMs(options.transactionTimeout ?? TRANSACTION_TIMEOUT, 'transactionTimeout of a Kafka sink')
  if (timeoutMs < 1000) throw refusal('transactionTimeout must be a second or more', options.transactionTimeout)
  for (const [name, path] of Object.entries(headers ?? {})) text(path, `header "${name}"`)
  const format = {
    name: 'messages',
    value: valueFormat(options.value),
    key: key === null ? null : text(key, 'key'),
    ...(headers !== undefined && { headers: { ...headers } }),
    ...(timestamp !== undefined && { timestamp: timestamp === null ? null : text(timestamp, 'timestamp') }),
    maxRecordBytes: recordBytes(options.maxRecordBytes) ?? SINK_RECORD_BYTES,
  }
  messagesEncoder(format)
  return {
    role: 'sink',
    kind: 'kafka',
    options: {
      brokers: brokersOf(options.brokers),
      topic: topicName(options.topic),
      guarantee: guarantee ?? 'exactly-once',
      compression: choice(compression, ['none', 'gzip', 'snappy', 'lz4', 'zstd'], 'compression'),
      transactionTimeoutMs: timeoutMs,
      markerTopic: topicName(options.markerTopic ?? MARKER_TOPIC),
      ...(options.transactionalIdPrefix !== undefined && {
        transactionalIdPrefix: text(options.transactionalIdPrefix, 'transactionalIdPrefix'),
      }),
      ...securityOf(options),
    },
    format,
    ...(guarantee !== undefined && { guarantee }),
  }
}

function recordBytes(bytes: number | undefined): number | undefined {
  if (bytes === undefined || (Number.isSafeInteger(bytes) && bytes > 0)) return bytes
  throw refusal('maxRecordBytes must be a whole number of bytes, 1 or more', bytes)
}

function topicsOf({ topic, topics }: KafkaSourceOptions): string[] {
  if ((topic === undefined) === (topics === undefined)) {
    throw refusal('a Kafka source takes topic or topics', { topic, topics }, "Write topic: 'payments'")
  }
  const list = topics === undefined ? [topic] : topics
  if (!Array.isArray(list) || list.length === 0) throw refusal('topics must be a list of names, one or more', topics)
  const names = list.map(topicName)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw refusal('a topic is given twice', twice, 'Its records would be read twice')
  return names
}

function startOf(start: unknown, topics: readonly string[]): JsonValue {
  if (start === 'earliest' || start === 'latest') return start
  const { timestamp, offsets } = (start ?? {}) as Partial<KafkaTimestamp & KafkaOffsets>
  if (timestamp !== undefined && offsets === undefined) {
    if (Number.isSafeInteger(timestamp) && timestamp >= 0) return { timestamp }
    throw refusal('timestamp of start must be whole milliseconds since 1970', timestamp, 'Write Date.parse(...)')
  }
  if (offsets !== undefined) return { offsets: offsetsOf(start, topics, 'start') }
  throw refusal(
    "start must be 'earliest', 'latest', { timestamp } or { offsets }",
    start,
    "Write start: { offsets: { 'payments/0': 123 } }",
  )
}

/** The format of values; what else may stand in it is the format's affair. */
function valueFormat(value: unknown): FormatDeclaration {
  if (value === undefined) return { name: 'json' }
  if (value === 'json' || value === 'raw') return { name: value }
  if (typeof (value as { name?: unknown } | null)?.name === 'string') return value as FormatDeclaration
  throw refusal("value must be 'json', 'raw', { name: 'raw', field } or avro(...)", value)
}

function metadataOf(metadata: object, schema: RecordSchema<unknown>): { [field: string]: string } {
  const names = schema.fields.map(({ name }) => name)
  for (const [field, from] of Object.entries(metadata)) {
    if (!names.includes(field)) {
      throw refusal(`metadata names "${field}", which is no field of the record`, names, 'Declare it in the schema')
    }
    if (METADATA.includes(from) || (typeof from === 'string' && /^header\../s.test(from))) continue
    throw refusal(
      `field "${field}" must come from 'key', 'timestamp', 'offset', 'partition', 'topic' or 'header.NAME'`,
      from,
    )
  }
  return { ...metadata } as { [field: string]: string }
}

function onlyKnown(options: object, known: readonly string[], role: string): void {
  const name = Object.keys(options).find((key) => !known.includes(key))
  if (name === undefined) return
  const [ofOther, hint] =
    role === 'sink'
      ? [SOURCE_OPTIONS.includes(name), 'A source takes the schema of its records as second argument']
      : [SINK_OPTIONS.includes(name), 'A sink takes no schema']
  throw new MillraceError('ML_RANGE', {
    what: `a Kafka ${role} has no option "${name}"`,
    where: 'millrace/kafka',
    remedy: ofOther ? hint : `There are ${known.join(', ')}`,
  })
}
