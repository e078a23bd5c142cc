import { describe, expect, expectTypeOf, test } from 'vitest'
import { number, record, string, time } from '../../formats/schema.ts'
import type { SourceDeclaration } from '../../stream/declarations.ts'
import { secret } from '../../stream/secret.ts'
import { kafka } from './index.ts'

const Payment = record({ card: string(), amount: number(), at: time() })
const at = { brokers: 'localhost:9092' }

describe('a Kafka source', () => {
  test('is plain JSON, with defaults filled in', () => {
    const declaration = kafka({ brokers: ['a:9092', 'b'], topic: 'payments' }, Payment)
    expectTypeOf(declaration).toEqualTypeOf<
      SourceDeclaration<{ readonly card: string; readonly amount: number; readonly at: number }>
    >()
    const { schema, ...rest } = declaration
    expect(schema).toBe(Payment)
    expect(JSON.parse(JSON.stringify(rest))).toEqual({
      role: 'source',
      kind: 'kafka',
      options: {
        brokers: ['a:9092', 'b:9092'],
        topics: ['payments'],
        start: 'earliest',
        isolation: 'read_committed',
      },
      format: { name: 'messages', value: { name: 'json' }, metadata: {} },
      bounded: false,
      discoverMs: 30_000,
    })
  })

  test('keeps where it begins and ends, what it reads beside values, and places of secrets', () => {
    const { options, format, bounded, discoverMs } = kafka(
      {
        brokers: '[::1]:9093, kafka.example:9094',
        topics: ['a', 'b'],
        start: { offsets: { 'a/0': 5 } },
        until: { offsets: { 'a/0': 9, 'b/0': 0 } },
        group: 'shown',
        value: { name: 'raw', field: 'card' },
        metadata: { at: 'timestamp', amount: 'header.amount' },
        isolation: 'read_uncommitted',
        maxRecordBytes: 1000,
        tls: { ca: 'ca.pem' },
        sasl: { mechanism: 'SCRAM-SHA-512', username: 'mill', password: secret({ env: 'KAFKA_PASSWORD' }) },
      },
      Payment,
    )
    expect(options).toEqual({
      brokers: ['[::1]:9093', 'kafka.example:9094'],
      topics: ['a', 'b'],
      start: { offsets: { 'a/0': 5 } },
      until: { offsets: { 'a/0': 9, 'b/0': 0 } },
      group: 'shown',
      isolation: 'read_uncommitted',
      tls: { ca: 'ca.pem' },
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'mill', password: { secret: { env: 'KAFKA_PASSWORD' } } },
    })
    expect(format).toEqual({
      name: 'messages',
      value: { name: 'raw', field: 'card' },
      metadata: { at: 'timestamp', amount: 'header.amount' },
      maxRecordBytes: 1000,
    })
    expect({ bounded, discoverMs }).toEqual({ bounded: true, discoverMs: undefined })
    expect(kafka({ ...at, topic: 'a', discoverEvery: 0, tls: true, start: { timestamp: 7 } }, Payment)).toMatchObject({
      options: { tls: {}, start: { timestamp: 7 } },
      bounded: false,
    })
  })

  test.each([
    [{ topic: 'a' }, /brokers must be a list.*Write brokers: \['localhost:9092'\]/],
    [{ brokers: [], topic: 'a' }, /brokers must be a list/],
    [{ brokers: 'kafka://a:1', topic: 'a' }, /is no URL/],
    [{ brokers: 'file:///etc/passwd', topic: 'a' }, /is no URL/],
    [{ brokers: '169.254.169.254:80', topic: 'a' }, /link-local/],
    [{ brokers: 'a:99999', topic: 'a' }, /port of a broker/],
    [{ brokers: 'a b', topic: 'a' }, /no address of a broker/],
    [{ ...at }, /takes topic or topics.*Write topic: 'payments'/],
    [{ ...at, topic: 'a', topics: ['b'] }, /takes topic or topics/],
    [{ ...at, topics: [] }, /one or more/],
    [{ ...at, topics: ['a', 'a'] }, /given twice/],
    [{ ...at, topic: 'a b' }, /a topic is named by/],
    [{ ...at, topic: 'a', start: 'first' }, /start must be 'earliest'/],
    [{ ...at, topic: 'a', start: { timestamp: '2020' } }, /whole milliseconds/],
    [{ ...at, topic: 'a', start: { offsets: {} } }, /start must be 'latest' or \{ offsets \}/],
    [{ ...at, topic: 'a', start: { offsets: { a: 1 } } }, /no partition of the topics.*topic\/partition/],
    [{ ...at, topic: 'a', until: { offsets: { 'b/0': 1 } } }, /no partition of the topics/],
    [{ ...at, topic: 'a', until: { offsets: { 'a/0': -1 } } }, /must be a whole number, 0 or more/],
    [{ ...at, topic: 'a', until: 'earliest' }, /until must be 'latest'/],
    [{ ...at, topic: 'a', isolation: 'read_commited' }, /Write 'read_committed'/],
    [{ ...at, topic: 'a', metadata: { nothing: 'key' } }, /no field of the record/],
    [{ ...at, topic: 'a', metadata: { card: 'header.' } }, /must come from 'key'/],
    [{ ...at, topic: 'a', value: 7 }, /value must be 'json'/],
    [{ ...at, topic: 'a', maxRecordBytes: 0 }, /maxRecordBytes/],
    [{ ...at, topic: 'a', discoverEvery: 'often' }, /discoverEvery/],
    [{ ...at, topic: 'a', tls: { rejectUnauthorized: false } }, /tls has no option "rejectUnauthorized"/],
    [{ ...at, topic: 'a', tls: { cert: 'c.pem' } }, /cert and key together/],
    [{ ...at, topic: 'a', tls: { ca: '-----BEGIN CERTIFICATE-----' } }, /must be the path of a file/],
    [{ ...at, topic: 'a', sasl: { mechanism: 'SCRAM-SHA-1', username: 'u', password: 'p' } }, /mechanism of sasl must/],
    [{ ...at, topic: 'a', sasl: { mechanism: 'PLAIN', username: 'u' } }, /password of sasl must.*secret\(\{ env/],
    [{ ...at, topic: 'a', key: 'card' }, /no option "key".*A sink takes no schema/],
  ])('refuses %j when it is declared', (options, message) => {
    expect(() => kafka(options as never, Payment)).toThrow(message)
    expect(() => kafka(options as never, Payment)).toThrow(/^ML_RANGE/)
  })

  test('never says a password that is wrong in its form', () => {
    const sasl = { mechanism: 'PLAIN', username: 'u', password: { text: 'hunter2' } }
    expect(() => kafka({ ...at, topic: 'a', sasl } as never, Payment)).toThrow(/^(?!.*hunter2)/)
  })
})

describe('a Kafka sink', () => {
  test('is plain JSON, with defaults filled in', () => {
    expect(kafka({ ...at, topic: 'scores' })).toEqual({
      role: 'sink',
      kind: 'kafka',
      options: {
        brokers: ['localhost:9092'],
        topic: 'scores',
        guarantee: 'exactly-once',
        compression: 'none',
        transactionTimeoutMs: 900_000,
        markerTopic: '__millrace_checkpoints',
      },
      format: { name: 'messages', value: { name: 'json' }, key: null, maxRecordBytes: 1_047_552 },
    })
  })

  test('says that it may show a row twice where that was chosen', () => {
    const sink = kafka({
      ...at,
      topic: 'scores',
      key: 'input.card',
      headers: { model: 'model.uid' },
      timestamp: null,
      guarantee: 'at-least-once',
      compression: 'lz4',
      transactionTimeout: '1m',
      transactionalIdPrefix: 'mine',
      markerTopic: 'marks',
    })
    expect(sink.guarantee).toBe('at-least-once')
    expect(sink.options).toMatchObject({ compression: 'lz4', transactionTimeoutMs: 60_000, markerTopic: 'marks' })
    expect(sink.format).toEqual({
      name: 'messages',
      value: { name: 'json' },
      maxRecordBytes: 1_047_552,
      key: 'input.card',
      headers: { model: 'model.uid' },
      timestamp: null,
    })
  })

  test.each([
    [{ ...at }, /a topic is named by/],
    [{ ...at, topic: 'a', topics: ['a'] }, /no option "topics".*schema of its records/],
    [{ ...at, topic: 'a', start: 'latest' }, /no option "start".*schema of its records/],
    [{ ...at, topic: 'a', guarantee: 'exactly-once' }, /guarantee must be 'at-least-once'/],
    [{ ...at, topic: 'a', compression: 'lz' }, /Write 'lz4'/],
    [{ ...at, topic: 'a', transactionTimeout: 5 }, /a second or more/],
    [{ ...at, topic: 'a', key: '' }, /key must be a text/],
    [{ ...at, topic: 'a', headers: { model: 7 } }, /header "model"/],
    [7, /takes an object/],
  ])('refuses %j when it is declared', (options, message) => {
    expect(() => kafka(options as never)).toThrow(message)
  })
})
