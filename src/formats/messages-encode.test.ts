import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { readMessage } from './message.ts'
import { messagesDecoder } from './messages.ts'
import { type MessagesEncodeOptions, messagesEncoder } from './messages-encode.ts'
import { integer, number, record, string, time } from './schema.ts'

const json: MessagesEncodeOptions = { value: { name: 'json' } }
const text = (bytes: Uint8Array | null) => (bytes === null ? null : new TextDecoder().decode(bytes))

function encoded(options: MessagesEncodeOptions, row: unknown, ordinal = 0, at = NaN) {
  const writer = new ByteWriter()
  messagesEncoder(options).encode(row, writer, ordinal, at)
  const reader = new ByteReader(writer.finish(), 'test')
  const { key, value, headers, ...rest } = readMessage(reader)
  reader.expectEnd()
  const named = headers.map((header) => [header.name, text(header.value)])
  return { ...rest, key: text(key), value: text(value), headers: named }
}

describe('the encoder of messages', () => {
  test('writes rows as JSON, numbered, with the event time', () => {
    expect(encoded(json, { a: 1, b: ['x'] }, 7, 1234)).toEqual({
      offset: 7,
      timestamp: 1234,
      key: null,
      headers: [],
      value: '{"a":1,"b":["x"]}',
    })
    expect(encoded(json, {}).timestamp).toBeNaN()
  })

  test('takes key, headers and timestamp from properties of the row', () => {
    const options = { ...json, key: 'input.id', headers: { v: 'version', n: 'none' }, timestamp: 'input.at' }
    const row = { input: { id: 'käse', at: 99 }, version: 2, none: null }
    expect(encoded(options, row, 0, 1234)).toMatchObject({
      key: 'käse',
      timestamp: 99,
      headers: [
        ['v', '2'],
        ['n', null],
      ],
    })
    expect(encoded({ ...json, timestamp: null }, row, 0, 1234).timestamp).toBeNaN()
    expect(encoded({ ...json, key: null }, row).key).toBeNull()
  })

  test('refuses a message whose key, headers and value are too large together', () => {
    const options = { value: { name: 'raw', field: 'v' }, key: 'k', headers: { h: 'k' }, maxRecordBytes: 40 } as const
    const bytes = (v: string) => encoded(options, { k: 'key', v }).value?.length
    // Lengths and the name of the header count: 4 + 3, 2 + 2 + 1 + 4 + 3, 4.
    expect(bytes('x'.repeat(17))).toBe(17)
    expect(() => bytes('x'.repeat(18))).toThrow(
      'ML_VALUE: the message takes 41 bytes, more than the 40 of maxRecordBytes at message. Write less of the row',
    )
    expect(() => messagesEncoder({ ...options, maxRecordBytes: 0 })).toThrow('ML_RANGE')
  })

  test.each([
    [true, 'true'],
    [-1.5e-7, '-1.5e-7'],
    [12345678901234567890n, '12345678901234567890'],
    ['', ''],
    [Uint8Array.of(104, 105), 'hi'],
  ])('writes the key %s as %s', (key, expected) => {
    expect(encoded({ value: { name: 'raw', field: 'v' }, key: 'k' }, { k: key, v: '' }).key).toBe(expected)
  })

  test('writes one property as the raw value, nothing where it is null', () => {
    const raw: MessagesEncodeOptions = { value: { name: 'raw', field: 'line' } }
    expect(encoded(raw, { line: 'a\nb', other: NaN }).value).toBe('a\nb')
    expect(encoded(raw, { line: null }).value).toBeNull()
  })

  test.each([
    [{ ...json, key: 'a.id' }, {}, '"a.id" of the row is missing'],
    [{ ...json, key: 'a.id' }, { a: null }, '"a.id" of the row is missing'],
    [{ ...json, key: 'toString' }, {}, '"toString" of the row is missing'],
    [{ ...json, key: 'id' }, { id: null }, '"id" of the row is no text, finite number, boolean or bigint; got null'],
    [{ ...json, key: 'id' }, { id: NaN }, '"id" of the row is no text'],
    [{ ...json, key: 'id' }, { id: {} }, '"id" of the row is no text'],
    [{ ...json, key: 'id' }, { id: 'a\ud800' }, '"id" of the row has a lone surrogate'],
    [{ ...json, headers: { h: 'x' } }, {}, '"x" of the row is missing'],
    [{ ...json, timestamp: 'at' }, { at: -1 }, '"at" of the row is no time'],
    [{ ...json, timestamp: 'at' }, {}, '"at" of the row is missing'],
    [json, { a: NaN }, '.a is NaN'],
    [{ value: { name: 'raw', field: 'x' } }, {}, '"x" of the row is missing'],
  ] as const)('refuses what cannot be written: %j %j', (options, row, what) => {
    expect(() => encoded(options, row)).toThrow(`ML_VALUE: ${what}`)
  })

  test.each([
    [{ value: { name: 'xml' } }, "written as 'json', 'raw' or avro(...)"],
    [{}, "written as 'json', 'raw' or avro(...)"],
    [{ value: { name: 'json', indent: 2 } }, 'has no option "indent"'],
    [{ value: { name: 'raw' } }, 'the value of messages must be the path'],
    [{ ...json, key: 'a..b' }, 'the key of messages must be the path'],
    [{ ...json, headers: { '': 'a' } }, 'a header needs a name'],
    [{ ...json, topic: 'x' }, 'messages have no option "topic"'],
  ])('refuses wrong options: %j', (options, what) => {
    expect(() => messagesEncoder(options)).toThrow(what)
  })

  test('writes what the decoder reads back', () => {
    const Row = record({ id: string(), n: number(), i: integer().nullable(), at: time({ unit: 'ms' }), note: string() })
    const row = fc.record({
      id: fc.string({ unit: 'grapheme' }).map((id) => id.replaceAll('\0', '')),
      n: fc.double({ noNaN: true, min: -1e15, max: 1e15 }).map((n) => n + 0),
      i: fc.option(fc.maxSafeInteger().map((i) => i + 0)),
      at: fc.integer({ min: 0, max: 4e12 }),
      note: fc.string().map((note) => note.replaceAll('\0', '')),
    })
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), (rows) => {
        const encoder = messagesEncoder({ ...json, key: 'id', headers: { note: 'note' }, timestamp: 'at' })
        const writer = new ByteWriter()
        for (const [i, one] of rows.entries()) encoder.encode(one, writer, i, NaN)
        const metadata = { id: 'key', note: 'header.note', at: 'timestamp' }
        const decoder = messagesDecoder(Row, { value: { name: 'json' }, metadata }, 'rows/0')
        decoder.push(writer.view())
        decoder.end()
        const back: unknown[] = []
        while (decoder.next()) back.push(decoder.rejected ? decoder.rejection : decoder.record)
        expect(back).toEqual(rows)
      }),
    )
  })
})
