import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../bytes/writer.ts'
import { type AvroFormat, avro } from './avro.ts'
import { AvroEncoder } from './avro-encode.ts'
import type { AvroSchemaJson } from './avro-schema.ts'

function written(fields: Record<string, AvroSchemaJson>): AvroSchemaJson {
  return { type: 'record', name: 'Row', fields: Object.entries(fields).map(([name, type]) => ({ name, type })) }
}

function encoded(format: AvroFormat, row: unknown): Buffer {
  const writer = new ByteWriter()
  new AvroEncoder(format).encode(row, writer)
  return Buffer.from(writer.finish())
}

/** What avsc reads from what we write. */
function through(schema: AvroSchemaJson, row: unknown): unknown {
  const type = avsc.Type.forSchema(schema as never, { wrapUnions: true })
  return JSON.parse(JSON.stringify(type.fromBuffer(encoded(avro(schema), row))))
}

describe('the encoder of Avro', () => {
  test('writes every type as another reader takes it', () => {
    const schema = written({
      nothing: 'null',
      flag: 'boolean',
      small: 'int',
      large: 'long',
      single: 'float',
      double: 'double',
      text: 'string',
      color: { type: 'enum', name: 'Color', symbols: ['RED', 'GREEN'] },
      list: { type: 'array', items: 'string' },
      map: { type: 'map', values: 'long' },
      maybe: ['null', 'double'],
      inner: { type: 'record', name: 'Inner', fields: [{ name: 'again', type: ['null', 'Inner'], default: null }] },
    })
    const row = {
      nothing: null,
      flag: true,
      small: -5,
      large: 2 ** 50,
      single: 0.5,
      double: 1e300,
      text: 'käse',
      color: 'GREEN',
      list: ['a', ''],
      map: { x: 1, y: 2 },
      maybe: 1.5,
      inner: { again: { again: null } },
      more: 'left out',
    }
    expect(through(schema, row)).toEqual({
      ...row,
      maybe: { double: 1.5 },
      inner: { again: { Inner: { again: null } } },
      more: undefined,
    })
  })

  test('writes bytes, fixed, bigints and times', () => {
    const schema = written({
      bytes: 'bytes',
      id: { type: 'fixed', name: 'Id', size: 16, logicalType: 'uuid' },
      big: 'long',
      at: { type: 'long', logicalType: 'timestamp-micros' },
      day: { type: 'int', logicalType: 'date' },
    })
    const row = {
      bytes: Uint8Array.of(1, 2),
      id: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
      big: -(2n ** 63n),
      at: 1234,
      day: 86_400_000,
    }
    const hex = '040102' + 'f81d4fae7dec11d0a76500a0c91e6bf6' + 'ffffffffffffffffff01' + 'a0d19601' + '02'
    expect(encoded(avro(schema), row).toString('hex')).toBe(hex)
  })

  test('takes the default of a property that is missing', () => {
    const schema = {
      type: 'record',
      name: 'Row',
      fields: [
        { name: 'a', type: 'int', default: 7 },
        { name: 'b', type: ['null', 'string'] },
        { name: 'c', type: 'bytes', default: '\u00ff' },
      ],
    }
    expect(encoded(avro(schema), {}).toString('hex')).toBe('0e0002ff')
  })

  test('takes the first branch of a union that holds the value', () => {
    const schema = written({ x: ['null', 'int', 'double', 'string', { type: 'array', items: 'int' }] })
    const hex = (x: unknown) => encoded(avro(schema), { x }).toString('hex')
    expect(hex(null)).toBe('00')
    expect(hex(1)).toBe('0202')
    expect(hex(0.5)).toBe('04000000000000e03f')
    expect(hex('a')).toBe('060261')
    expect(hex([1])).toBe('08020200')
    expect(() => hex(true)).toThrow('.x is not one of [null, int, double, string, array]')
    expect(() => hex(['a'])).toThrow('.x[0] is not a whole number of 32 bits')
  })

  test('writes what stands before the value', () => {
    const schema = written({ x: 'int' })
    expect(encoded(avro({ registry: { 258: schema } }), { x: 1 }).toString('hex')).toBe('000000010202')
    expect(encoded(avro({ registry: { 1: 'int', 2: schema }, id: 2 }), { x: 1 }).toString('hex')).toBe('000000000202')
    expect(encoded(avro(schema, { framing: 'single-object' }), { x: 1 }).toString('hex')).toMatch(
      /^c301[0-9a-f]{16}02$/,
    )
  })

  test.each([
    ['int', 2 ** 31, '.x is not a whole number of 32 bits'],
    ['int', 0.5, '.x is not a whole number'],
    ['long', 2 ** 53, '.x is not a whole number of 64 bits that a double holds'],
    ['long', 2n ** 63n, '.x is not a whole number of 64 bits'],
    ['double', NaN, '.x is not a finite number'],
    ['float', 1e300, '.x is not a number that a float holds'],
    ['string', 'a\udc00', '.x has a lone surrogate'],
    ['string', 5, '.x is not a text'],
    ['boolean', 1, '.x is not true or false'],
    ['string', undefined, '.x is missing'],
    [{ type: 'fixed', name: 'F', size: 2 }, Uint8Array.of(1), '.x is not 2 bytes'],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, 'B', '.x is not one of A'],
    [{ type: 'int', logicalType: 'date' }, 5, 'for date: milliseconds since 1970 at midnight UTC'],
    [{ type: 'map', values: 'int' }, { a: { b: 1 } }, '.x.a is not a whole number'],
    [{ type: 'map', values: 'int' }, [], '.x is not an object, for a map'],
  ])('refuses for %j: %s', (type, x, what) => {
    expect(() => encoded(avro(written({ x: type })), { x })).toThrow(`ML_VALUE`)
    expect(() => encoded(avro(written({ x: type })), { x })).toThrow(what)
  })

  test('refuses rows that nest without end, and what cannot be written at all when it is declared', () => {
    const list = { type: 'record', name: 'List', fields: [{ name: 'next', type: ['null', 'List'] }] }
    const row: { next: unknown } = { next: null }
    row.next = row
    expect(() => encoded(avro(list), row)).toThrow(/more than 64 levels deep/)
    expect(() => new AvroEncoder(avro('int'))).toThrow(/rows must be records/)
    const decimal = written({ x: { type: 'bytes', logicalType: 'decimal', precision: 3 } })
    expect(() => new AvroEncoder(avro(decimal))).toThrow(/bytes \(decimal\) cannot be written/)
    expect(() => new AvroEncoder(avro({ registry: { 1: decimal, 2: decimal } }))).toThrow(/writes one of the schemas/)
  })

  test('writes the bytes that another writer does', () => {
    const schema = written({
      s: 'string',
      d: 'double',
      l: 'long',
      list: { type: 'array', items: ['null', 'int', 'string'] },
      map: { type: 'map', values: { type: 'array', items: 'boolean' } },
    })
    const other = avsc.Type.forSchema(schema as never, { wrapUnions: true })
    const wrapped = (item: unknown) =>
      item === null ? null : typeof item === 'string' ? { string: item } : { int: item as number }
    fc.assert(
      fc.property(
        fc.record({
          s: fc.string({ unit: 'grapheme' }),
          d: fc.double({ noNaN: true, noDefaultInfinity: true }),
          l: fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
          list: fc.array(fc.oneof(fc.constant(null), fc.integer(), fc.string({ unit: 'grapheme' }))),
          map: fc.dictionary(fc.string({ unit: 'grapheme' }), fc.array(fc.boolean()), { noNullPrototype: true }),
        }),
        (row) => {
          const theirs = other.toBuffer({ ...row, list: row.list.map(wrapped) })
          expect(encoded(avro(schema), row).toString('hex')).toBe(theirs.toString('hex'))
        },
      ),
    )
  })
})
