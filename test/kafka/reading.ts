// Reads a Kafka source as the engine does, and writes what it is to read.
import { Producer, type ProducerOptions } from '@platformatic/kafka'
import type { RecordSchema } from 'millrace'
import { record, string } from 'millrace'
import { type KafkaSourceOptions, kafka } from 'millrace/kafka'
import { ByteReader } from '../../src/bytes/reader.ts'
import { KafkaSource } from '../../src/connectors/kafka/source.ts'
import { MARK_BYTES, type Message, readMessage } from '../../src/formats/message.ts'
import type { JobContext, KnownSplit, Split, SplitReader } from '../../src/stream/ports.ts'

const Row = record({ text: string() }) as RecordSchema<unknown>

/** The context of a source with these options. */
export function contextOf(options: KafkaSourceOptions, warnings: string[] = []): JobContext {
  const declaration = kafka(options, Row)
  return { uid: 'in', options: declaration.options, base: '/', job: 'test', warn: (message) => warnings.push(message) }
}

/** The messages of one chunk, with their bytes copied out; marks are left out. */
export function messagesOf(chunk: Uint8Array): Message[] {
  const bytes = chunk.slice()
  const view = new DataView(bytes.buffer)
  const messages: Message[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at, true)
    if (length !== MARK_BYTES) messages.push(readMessage(new ByteReader(bytes, 'test', at)))
    at += 4 + length
  }
  return messages
}

export function textOf({ value }: Message): string | null {
  return value === null ? null : Buffer.from(value).toString()
}

/** Reads to the end, or until `count` messages have come. */
export async function readMessages(reader: SplitReader, count = Number.POSITIVE_INFINITY): Promise<Message[]> {
  const messages: Message[] = []
  while (messages.length < count) {
    const chunk = await reader.read()
    if (chunk === null) break
    messages.push(...messagesOf(chunk))
  }
  return messages
}

/** All messages of all splits of a bounded source, by split. */
export async function readAll(options: KafkaSourceOptions): Promise<Map<string, Message[]>> {
  return await withSource(options, async (source, context, splits) => {
    const found = new Map<string, Message[]>()
    for (const split of splits) {
      const reader = await source.open(context, split, split.start ?? 0)
      found.set(split.id, await readMessages(reader))
      await reader.close()
    }
    return found
  })
}

export async function withSource<R>(
  options: KafkaSourceOptions,
  body: (source: KafkaSource, context: JobContext, splits: readonly Split[]) => Promise<R>,
  known: ReadonlyMap<string, KnownSplit> = new Map(),
): Promise<R> {
  const source = new KafkaSource()
  const context = contextOf(options)
  try {
    return await body(source, context, await source.splits(context, known))
  } finally {
    await source.close(context)
  }
}

/** What a message to write has; others have no key, no headers and the time of writing. */
export interface Sent {
  readonly value: string | null
  readonly key?: string
  readonly partition?: number
  readonly timestamp?: bigint
  readonly headers?: { readonly [name: string]: string }
}

/** Of messages: what is sent at once is one batch for each partition, which brokers limit to a megabyte. */
const SEND_AT_ONCE = 500

/** Writes messages, in order. */
export async function write(
  brokers: string,
  topic: string,
  messages: readonly (string | Sent)[],
  options: Partial<ProducerOptions<Buffer, Buffer, Buffer, Buffer>> = {},
): Promise<void> {
  const producer = new Producer({ clientId: 'test', bootstrapBrokers: [brokers], idempotent: true, ...options })
  try {
    for (let from = 0; from < messages.length; from += SEND_AT_ONCE) {
      const some = messages.slice(from, from + SEND_AT_ONCE)
      await producer.send({ messages: some.map((message) => outgoing(topic, message)) })
    }
  } finally {
    await producer.close()
  }
}

export function outgoing(topic: string, message: string | Sent) {
  const {
    value,
    key,
    partition = 0,
    timestamp,
    headers = {},
  } = typeof message === 'string' ? { value: message } : (message as Sent)
  return {
    topic,
    partition,
    value: (value === null ? null : Buffer.from(value)) as Buffer,
    ...(key !== undefined && { key: Buffer.from(key) }),
    ...(timestamp !== undefined && { timestamp }),
    headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
  }
}
