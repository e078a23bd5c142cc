import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AvroFormat, avro } from './avro.ts'
import { avroFingerprint } from './avro-fingerprint.ts'
import { type AvroSchemaJson, avroType } from './avro-schema.ts'
import { framesOf, message } from './messages.fixture.ts'
import { messagesDecoder } from './messages.ts'
import { boolean, integer, number, type RecordSchema, record, string, time } from './schema.ts'

/** A record schema of these fields. */
function written(fields: Record<string, AvroSchemaJson>) {
  return {
    type: 'record',
    name: 'Row',
    fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
  } as const
}

function decodeOne(schema: RecordSchema<unknown>, value: AvroFormat, bytes: Uint8Array): unknown {
  const decoder = messagesDecoder(schema, { value }, 't/0')
  decoder.push(framesOf([message(0, bytes)]))
  decoder.end()
  expect(decoder.next()).toBe(true)
  return decoder.rejected ? `${decoder.rejection.code}: ${decoder.rejection.reason}` : decoder.record
}

const bytesOf = (schema: AvroSchemaJson, value: unknown): Uint8Array =>
  Uint8Array.from(avsc.Type.forSchema(schema as never, { wrapUnions: true }).toBuffer(value))

describe('Avro', () => {
  test('is read field by field, by name, in the order of our schema', () => {
    const schema = written({
      skipped: { type: 'map', values: { type: 'array', items: ['null', 'string'] } },
      n: 'double',
      f: 'float',
      s: 'string',
      i: 'int',
      l: 'long',
      b: 'boolean',
      e: { type: 'enum', name: 'Color', symbols: ['RED', 'GREEN'] },
      maybe: ['null', 'string'],
      more: { type: 'record', name: 'More', fields: [{ name: 'x', type: 'bytes' }] },
    })
    const Row = record({
      s: string(),
      e: string(),
      maybe: string().nullable(),
      n: number(),
      f: number(),
      l: integer(),
      i: number(),
      b: boolean(),
      absent: string().nullable(),
    })
    const row = {
      skipped: { a: [null, { string: 'x' }], b: [] },
      n: 1.5,
      f: 0.25,
      s: 'é',
      i: -7,
      l: 2 ** 40,
      b: true,
      e: 'GREEN',
      maybe: null,
      more: { x: Buffer.from([1, 2, 3]) },
    }
    expect(decodeOne(Row, avro(schema), bytesOf(schema, row))).toEqual({
      s: 'é',
      e: 'GREEN',
      maybe: null,
      n: 1.5,
      f: 0.25,
      l: 2 ** 40,
      i: -7,
      b: true,
      absent: null,
    })
  })

  test('reads times of every unit', () => {
    const schema = written({
      millis: { type: 'long', logicalType: 'timestamp-millis' },
      micros: { type: 'long', logicalType: 'timestamp-micros' },
      local: { type: 'long', logicalType: 'local-timestamp-millis' },
      day: { type: 'int', logicalType: 'date' },
      ms: 'long',
      s: 'long',
      text: 'string',
    })
    const Row = record({
      millis: time(),
      micros: time(),
      local: time({ utcOffset: '-05:00' }),
      day: time({ utcOffset: 'Z' }),
      ms: time({ unit: 'ms' }),
      s: time({ unit: 's' }),
      text: time(),
    })
    const row = { millis: 1e12, micros: 1e15 + 999, local: 1e12, day: 10, ms: 5, s: 6, text: '2013-01-01T05:15:00Z' }
    expect(decodeOne(Row, avro(schema), bytesOf(schema, row))).toEqual({
      millis: 1e12,
      micros: 1e12,
      local: 1e12 + 5 * 3_600_000,
      day: 864_000_000,
      ms: 5,
      s: 6000,
      text: Date.parse('2013-01-01T05:15:00Z'),
    })
    const early = bytesOf(schema, { ...row, millis: -1 })
    expect(decodeOne(Row, avro(schema), early)).toBe(
      'ML_FIELD: field "millis": the time is outside 1970-01-01T00:00:00Z to 2100-01-01T00:00:00Z, at byte 1',
    )
  })

  test('reads a UUID of 16 bytes', () => {
    const schema = written({ id: { type: 'fixed', name: 'Id', size: 16, logicalType: 'uuid' } })
    const id = Buffer.from('f81d4fae7dec11d0a76500a0c91e6bf6', 'hex')
    expect(decodeOne(record({ id: string() }), avro(schema), bytesOf(schema, { id }))).toEqual({
      id: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    })
  })

  test.each([
    ['double', '000000000000f07f', number(), 'field "x": Infinity is not finite, at byte 1'],
    ['long', 'ffffffffffffffffff01', integer(), 'field "x": is an integer past 2^53 - 1, at byte 1'],
    ['long', 'ffffffffffffffffff02', integer(), 'an integer is longer than 64 bits, at byte 1'],
    ['long', 'ffffffffffffffffffff01', integer(), 'an integer is longer than ten bytes, at byte 1'],
    ['int', '8080808010', number(), 'an int is larger than 32 bits, at byte 1'],
    ['long', '80', number(), 'the value ends too early, at byte 2'],
    ['boolean', '02', boolean(), 'a boolean is neither 0 nor 1, at byte 1'],
    ['string', '04c328', string(), 'a string is not valid UTF-8, at byte 1'],
    ['string', '040061', string(), 'field "x": "\\u0000a" has a NUL, at byte 1'],
    ['string', 'feffffffffffffffff01', string(), 'a length is negative or past the end, at byte 1'],
    ['string', '01', string(), 'a length is negative or past the end, at byte 1'],
    ['string', '026161', string(), 'there are bytes after the value, at byte 3'],
    [
      { type: 'enum', name: 'E', symbols: ['A'] },
      '02',
      string(),
      'there is no branch or symbol of this index, at byte 1',
    ],
    [['null', 'string'], '04', string(), 'there is no branch or symbol of this index, at byte 1'],
    [['null', 'string'], '00', string(), 'field "x": is null, at byte 2'],
    [
      ['string', 'bytes'],
      '0200',
      string(),
      `field "x": is bytes in the writer's schema, which is no string(), at byte 2`,
    ],
    ['string', '', string(), 'the value ends too early, at byte 1'],
  ] as const)('rejects %j of the bytes %s', (type, hex, field, reason) => {
    const got = decodeOne(record({ x: field as never }), avro(written({ x: type })), Buffer.from(hex, 'hex'))
    expect(String(got).replace(/^ML_(FIELD|MALFORMED): /, '')).toBe(reason)
  })

  test.each([
    [{ type: 'array', items: 'int' }, '02', 'a block has more items than there are bytes, at byte 2'],
    [{ type: 'array', items: 'int' }, '0202', 'the value ends too early, at byte 3'],
    [{ type: 'array', items: 'int' }, 'feffffff0f02', 'a block has more items than there are bytes, at byte 6'],
    [{ type: 'array', items: 'int' }, '0106020200', 'a block is not as long as it says, at byte 1'],
    [{ type: 'array', items: 'int' }, '017f0200', 'a block is longer than what is left, at byte 1'],
    [{ type: 'map', values: 'null' }, '0202ff00', 'a string is not valid UTF-8, at byte 2'],
    [
      { type: 'map', values: 'null' },
      'feffffffffffffffff0100',
      'a block has more items than there are bytes, at byte 11',
    ],
    [{ type: 'fixed', name: 'F', size: 3 }, '0000', 'the value ends too early, at byte 1'],
  ] as const)('checks what it steps over: %j of the bytes %s', (type, hex, reason) => {
    const schema = written({ other: type, x: 'null' })
    expect(decodeOne(record({ x: string().nullable() }), avro(schema), Buffer.from(hex, 'hex'))).toBe(
      `ML_MALFORMED: ${reason}`,
    )
  })

  test('steps over blocks that say their size, and over any number of items that are empty', () => {
    const schema = written({ other: { type: 'array', items: 'int' }, none: { type: 'array', items: 'null' } })
    const Row = record({ x: string().nullable() })
    expect(decodeOne(Row, avro(schema), Buffer.from('03040204000000', 'hex'))).toBe(
      'ML_MALFORMED: there are bytes after the value, at byte 7',
    )
    expect(decodeOne(Row, avro(schema), Buffer.from('030402040000', 'hex'))).toEqual({ x: null })
    expect(decodeOne(Row, avro(schema), Buffer.from('0080808080808010' + '00', 'hex'))).toEqual({ x: null })
  })

  test('rejects a value that is nested more than 64 levels', () => {
    const list = { type: 'record', name: 'List', fields: [{ name: 'next', type: ['null', 'List'] }] } as const
    const schema = written({ list })
    const Row = record({ x: string().nullable() })
    const nested = (levels: number) => Buffer.from(`${'02'.repeat(levels)}00`, 'hex')
    expect(decodeOne(Row, avro(schema), nested(62))).toEqual({ x: null })
    expect(decodeOne(Row, avro(schema), nested(63))).toMatch(/more than 64 levels deep/)
    expect(decodeOne(Row, avro(schema), nested(100_000))).toMatch(/more than 64 levels deep/)
  })

  test('finds the schema by the id before the value, and rejects ids that it was not given', () => {
    const old = written({ x: 'int' })
    const now = written({ y: 'string', x: 'double' })
    const value = avro({ registry: { 1: old, 70000: now } })
    const Row = record({ x: number(), y: string().nullable() })
    const behindId = (id: number, bytes: Uint8Array) =>
      Buffer.concat([Buffer.of(0, id >>> 24, id >>> 16, id >>> 8, id), bytes])
    expect(decodeOne(Row, value, behindId(1, bytesOf(old, { x: 5 })))).toEqual({ x: 5, y: null })
    expect(decodeOne(Row, value, behindId(70_000, bytesOf(now, { x: 0.5, y: 'a' })))).toEqual({ x: 0.5, y: 'a' })
    expect(decodeOne(Row, value, behindId(1, bytesOf(old, { x: 6 })))).toEqual({ x: 6, y: null })
    expect(decodeOne(Row, value, behindId(2, bytesOf(old, { x: 5 })))).toBe(
      'ML_MALFORMED: there is no schema of id 2 in the registry',
    )
    expect(decodeOne(Row, value, Buffer.of(1, 0, 0, 0, 1, 10))).toMatch(/does not begin with the id of a schema/)
    expect(decodeOne(Row, value, Buffer.of(0, 0, 0))).toMatch(/does not begin with the id of a schema/)
  })

  test('finds the fingerprint of a single object', () => {
    const schema = written({ x: 'int' })
    const value = avro(schema, { framing: 'single-object' })
    const print = avroFingerprint(avroType(schema))
    const Row = record({ x: number() })
    const of = (...head: number[]) => Buffer.from([...head, ...print, 10])
    expect(decodeOne(Row, value, of(0xc3, 1))).toEqual({ x: 5 })
    expect(decodeOne(Row, value, of(0xc3, 2))).toMatch(/is no single object/)
    print[3] ^= 1
    expect(decodeOne(Row, value, of(0xc3, 1))).toMatch(/is of another schema/)
  })

  test.each([
    ['"null"', 7195948357588979594n],
    ['"boolean"', -6970731678124411036n],
    ['"int"', 8247732601305521295n],
    ['"string"', -8142146995180207161n],
    ['{"type":"array","items":{"type":"null"}}', -589620603366471059n],
    ['{"values":"string","type":"map"}', -8732877298790414990n],
    ['{"name":"foo","type":"fixed","size":15}', 1756455273707447556n],
    ['{"namespace":"x.y.z","type":"enum","name":"foo","doc":"foo bar","symbols":["A1","A2"]}', -4448647247586288245n],
    [
      '{"name":"PigValue","type":"record","fields":[{"name":"value","type":["null","int","long","PigValue"]}]}',
      -1759257747318642341n,
    ],
  ])('has the fingerprints that Avro 1.12 lists in schema-tests.txt: %s', (json, expected) => {
    const bytes = avroFingerprint(avroType(JSON.parse(json)))
    expect(new DataView(bytes.buffer).getBigInt64(0, true)).toBe(expected)
  })

  test('has one fingerprint for all ways of writing a schema', () => {
    const short = avroType({
      type: 'record',
      name: 'a.B',
      fields: [
        { name: 'x', type: { type: 'enum', name: 'C', symbols: ['D'] } },
        { name: 'y', type: 'C' },
      ],
    })
    const long = avroType({
      type: 'record',
      name: 'B',
      namespace: 'a',
      doc: 'more words',
      fields: [
        { name: 'x', type: { type: 'enum', name: 'a.C', symbols: ['D'], aliases: ['E'] }, order: 'ignore' },
        { name: 'y', type: { type: 'a.C' }, default: 'D' },
      ],
    })
    expect(avroFingerprint(long)).toEqual(avroFingerprint(short))
  })
})

describe('an Avro schema that cannot give the fields is refused when it is declared', () => {
  test.each([
    [{ x: 'string' }, number(), /field "x" is string in the writer's schema, which is no number\(\)/],
    [{ x: 'double' }, integer(), /field "x" is double in the writer's schema, which is no integer\(\)/],
    [{ x: 'bytes' }, string(), /field "x" is bytes in/],
    [{ x: { type: 'bytes', logicalType: 'decimal', precision: 4 } }, number(), /field "x" is bytes \(decimal\)/],
    [{ x: { type: 'array', items: 'int' } }, number(), /field "x" is array/],
    [{ x: ['null', 'boolean'] }, number().nullable(), /field "x" is boolean/],
    [{ x: ['null'] }, number().nullable(), /field "x" is \[null\]/],
    [{ y: 'int' }, number(), /field "x" is not in record Row/],
    [{ x: 'long' }, time(), /field "x" is long in .* say what it counts/],
    [{ x: { type: 'long', logicalType: 'timestamp-nanos' } }, time(), /field "x" is long \(timestamp-nanos\)/],
    [{ x: { type: 'int', logicalType: 'date' } }, time(), /field "x" is int \(date\), which has no offset from UTC/],
  ] as const)('%j', (fields, field, what) => {
    const schema = record({ x: field as never })
    expect(() => messagesDecoder(schema, { value: avro(written(fields)) }, 't/0')).toThrow(what)
  })

  test.each([
    [7, 'a type is a name, an object or a list'],
    ['Missing', 'there is no type of this name'],
    [[], 'a union needs a branch'],
    [['int', ['null']], 'a union must not hold a union'],
    [['int', 'int'], 'a union has two branches of one type'],
    [{ type: 'record', name: 'R', fields: [{ name: 'a', type: 'R' }] }, 'a record holds itself, without end'],
    [{ type: 'record', name: 'R' }, 'a record needs a list of fields'],
    [{ type: 'record', name: '1', fields: [] }, 'a named type needs a name'],
    [{ type: 'enum', name: 'E', symbols: ['A', 'A'] }, 'an enum needs a list of different symbols'],
    [{ type: 'fixed', name: 'F', size: -1 }, 'a fixed needs a size in bytes'],
    ['{"type":', 'an Avro schema must be JSON'],
  ])('%j', (schema, what) => {
    expect(() => avro(schema as AvroSchemaJson)).toThrow(what)
  })

  test('as is what is no record, an unknown option or a wrong registry', () => {
    const x = written({ x: 'int' })
    expect(() => messagesDecoder(record({ x: number() }), { value: avro('int') }, 't/0')).toThrow(/must be records/)
    expect(() => avro(x, { framing: 'file' as never })).toThrow(/framing must be/)
    expect(() => avro(x, { compact: true } as never)).toThrow(/no option "compact"/)
    expect(() => avro({ registry: {} })).toThrow(/a registry needs a schema/)
    expect(() => avro({ registry: { 3: x }, id: 4 })).toThrow(/no schema of this id/)
    expect(() => avro({ registry: { [-1]: x } })).toThrow(/must be a whole number/)
    expect(avro(JSON.stringify(x))).toEqual(avro(x))
  })
})

describe('Avro by another hand', () => {
  test('is read as it was written, whatever the schema', () => {
    fc.assert(
      fc.property(anyRow, ({ schema, fields, row, expected }) => {
        const bytes = bytesOf(schema, row)
        expect(decodeOne(record(fields as never), avro(schema), bytes)).toEqual(expected)
        for (let cut = 0; cut < bytes.length; cut += 1 + (bytes.length >> 2)) {
          expect(decodeOne(record(fields as never), avro(schema), bytes.subarray(0, cut))).toMatch(/^ML_/)
        }
      }),
      { numRuns: 100 },
    )
  })
})

const text = fc.string({ unit: 'grapheme', maxLength: 50 }).map((value) => value.replaceAll('\0', ''))
const plain = { noNaN: true, noDefaultInfinity: true } as const

/** A type of Avro with a value: what avsc writes, our field that reads it, and what that gives. */
const column = fc.oneof(
  text.map((value) => ({ type: 'string', value, field: string(), expected: value })),
  fc.double(plain).map((value) => ({ type: 'double', value, field: number(), expected: value })),
  fc.float(plain).map((value) => ({ type: 'float', value, field: number(), expected: value })),
  fc.integer().map((value) => ({ type: 'int', value, field: integer(), expected: value })),
  fc
    .integer({ min: -(2 ** 52), max: 2 ** 52 })
    .map((value) => ({ type: 'long', value, field: number(), expected: value })),
  fc.boolean().map((value) => ({ type: 'boolean', value, field: boolean(), expected: value })),
  fc.option(text).map((value) => ({
    type: ['null', 'string'],
    value: value === null ? null : { string: value },
    field: string().nullable(),
    expected: value,
  })),
  fc.integer({ min: 0, max: 4e12 }).map((value) => ({
    type: { type: 'long', logicalType: 'timestamp-millis' },
    value,
    field: time(),
    expected: value,
  })),
  fc.uint8Array({ maxLength: 40 }).map((value) => ({ type: 'bytes', value: Buffer.from(value) })),
  fc
    .array(fc.dictionary(text, fc.integer(), { noNullPrototype: true }))
    .map((value) => ({ type: { type: 'array', items: { type: 'map', values: 'int' } }, value })),
)

const anyRow = fc.array(column, { minLength: 1, maxLength: 8 }).map((columns) => {
  const named = columns.map((one, i) => [`c${i}`, one] as const)
  const known = named.flatMap(([name, one]) => ('field' in one ? [[name, one] as const] : []))
  return {
    schema: written(Object.fromEntries(named.map(([name, { type }]) => [name, type as AvroSchemaJson]))),
    row: Object.fromEntries(named.map(([name, { value }]) => [name, value])),
    fields: { nothing: number().nullable(), ...Object.fromEntries(known.map(([name, { field }]) => [name, field])) },
    expected: { nothing: null, ...Object.fromEntries(known.map(([name, { expected }]) => [name, expected])) },
  }
})
