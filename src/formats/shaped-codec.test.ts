import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { ShapedReader } from './shaped-reader.ts'
import { ShapedWriter } from './shaped-writer.ts'
import { anyData, anyName, order } from './value.fixture.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

/** Values of a frame behind its table. */
interface Batch {
  readonly table: Uint8Array
  readonly values: Uint8Array
}

function encode(values: readonly unknown[], writer = new ShapedWriter()): Batch {
  const bytes = new ByteWriter(1)
  const table = new ByteWriter(1)
  for (const value of values) writer.encode(value, bytes)
  writer.writeTable(table)
  return { table: table.finish(), values: bytes.finish() }
}

function decode({ table, values }: Batch, reader = new ShapedReader()): unknown[] {
  const names = new ByteReader(table, 'table')
  const shapes = reader.readTable(names)
  names.expectEnd()
  const bytes = new ByteReader(values, 'values')
  const back: unknown[] = []
  while (bytes.remaining > 0) back.push(reader.decode(bytes, shapes))
  return back
}

function tagged(value: unknown): unknown {
  const writer = new ByteWriter()
  encodeValue(value, writer)
  return decodeValue(new ByteReader(writer.finish(), 'tagged'))
}

/** The message of the error, or 'data'. */
function verdict(encodeOne: () => void): string {
  try {
    encodeOne()
    return 'data'
  } catch (error) {
    return (error as Error).message
  }
}

function expectSame(back: unknown, value: unknown): void {
  expect(isDeepStrictEqual(back, value)).toBe(true)
  expect(order(back)).toBe(order(value))
}

describe('shaped codec', () => {
  test('gives back what the tagged codec gives back, batch after batch, with and without code generation', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyData, { minLength: 1 }), { maxLength: 4 }), (batches) => {
        const writer = new ShapedWriter()
        const readers = [new ShapedReader(), new ShapedReader(false)]
        for (const batch of batches) {
          const encoded = encode(batch, writer)
          for (const reader of readers) {
            const back = decode(encoded, reader)
            expect(back).toHaveLength(batch.length)
            for (const [i, value] of batch.entries()) expectSame(back[i], tagged(value))
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('gives back the same when objects of a kind are so many that code is made for it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyName, { maxLength: 8 }), anyData, (names, value) => {
        const object = Object.fromEntries(names.map((name, i) => [name, i % 2 === 0 ? name : value]))
        const batch = Array<unknown>(70).fill(object)
        for (const reader of [new ShapedReader(), new ShapedReader(false)]) {
          for (const back of decode(encode(batch), reader)) expectSame(back, object)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('writes names once, however many objects have them', () => {
    const one = encode([{ flightId: 'a', carrier: 'UA' }])
    const two = encode([
      { flightId: 'a', carrier: 'UA' },
      { flightId: 'b', carrier: 'AA' },
    ])
    expect(two.table).toEqual(one.table)
    expect(two.values.length).toBe(2 * one.values.length)
  })

  test('carries objects whose names vary without end, and very long ones', () => {
    const writer = new ShapedWriter()
    const reader = new ShapedReader()
    for (let frame = 0; frame < 40; frame++) {
      const batch = Array.from({ length: 60 }, (_unused, i) => ({
        [`w${frame}-${i}`]: { [`x${i}`]: 1, y: [{ z: i }] },
      }))
      const back = decode(encode(batch, writer), reader)
      expectSame(back, batch)
    }
    const long = Object.fromEntries(Array.from({ length: 5000 }, (_unused, i) => [`feature-${i}`, i]))
    expectSame(decode(encode([long, long, { long }], writer), reader), [long, long, { long }])
  })

  test('takes time in proportion to nested objects without a shape', () => {
    const names = Array.from({ length: 70 }, (_unused, i) => `n${i}`)
    let value: object = {}
    for (let i = 0; i < 60; i++) value = Object.fromEntries(names.map((name) => [name, name === 'n3' ? value : 1]))
    expectSame(decode(encode([value]))[0], value)
  })

  test('treats __proto__ as plain data and leaves prototypes intact', () => {
    const value = JSON.parse('{"__proto__":{"polluted":1},"constructor":2}') as object
    const names = Object.fromEntries(Array.from({ length: 64 }, (_unused, i) => [`n${i}`, i]))
    const open = JSON.parse(JSON.stringify(names).replace(/}$/, ',"__proto__":{"polluted":1}}')) as object
    for (const object of [value, open]) {
      for (const back of decode(encode(Array<unknown>(40).fill(object))) as object[]) {
        expect(Object.keys(back)).toEqual(Object.keys(object))
        expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
        expect((back as { polluted?: unknown }).polluted).toBe(undefined)
      }
    }
  })

  test('refuses what is no data with the words of the tagged codec, and leaves the writer as it was', () => {
    class Own {
      x = 1
    }
    let deep: unknown = 1
    for (let i = 0; i < 65; i++) deep = i % 2 === 0 ? [deep] : { deep }
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    for (const bad of [() => 1, Symbol('x'), new Own(), new Map(), [1, Array(1)], deep, cycle, new Float64Array(1)]) {
      for (const value of [bad, { a: [{ 'two words': bad }] }]) {
        const writer = new ShapedWriter()
        const bytes = new ByteWriter()
        writer.encode('before', bytes)
        const said = verdict(() => writer.encode(value, bytes, 'operator "x"'))
        expect(said).toBe(verdict(() => encodeValue(value, new ByteWriter(), 'operator "x"')))
        expect(said).toMatch('ML_VALUE')
        const table = new ByteWriter()
        writer.writeTable(table)
        expect(decode({ table: table.finish(), values: bytes.finish() })).toEqual(['before'])
      }
    }
  })

  test('is not misled by enumerable properties put on Object.prototype', () => {
    const writer = new ShapedWriter()
    encode([{ a: 1, leaked: 2 }], writer)
    const backs: unknown[] = []
    const leak = { value: () => 1, enumerable: true, configurable: true, writable: true }
    Object.defineProperty(Object.prototype, 'leaked', leak)
    try {
      backs.push(...decode(encode([{ a: 1 }, { leaked: 3 }], writer)))
    } finally {
      delete (Object.prototype as { leaked?: unknown }).leaked
    }
    expect(backs).toEqual([{ a: 1 }, { leaked: 3 }])
  })

  test('refuses damaged bytes as corrupt and never otherwise', () => {
    fc.assert(
      fc.property(fc.array(anyData, { minLength: 1 }), fc.nat(), fc.nat(255), fc.nat(), (batch, at, byte, cut) => {
        const whole = encode(batch)
        for (const part of ['table', 'values'] as const) {
          const bytes = whole[part].slice()
          bytes[at % bytes.length] = byte
          for (const damaged of [bytes, bytes.subarray(0, cut % bytes.length)]) {
            try {
              decode({ ...whole, [part]: damaged })
            } catch (error) {
              expect((error as { code: string }).code).toBe('ML_CORRUPT')
            }
          }
        }
      }),
      { numRuns: 1000 },
    )
    for (const [table, values] of [
      ['00', '090000'], // a shape that is not in the table
      ['ffffffffffffff0f', ''], // more shapes than bytes
      ['01ffffffffffffff0f', ''], // more names than bytes
      ['0102016101610000', ''], // one name twice
      ['0100', '0a000002'], // an open object that neither goes on nor ends
      ['00', '08ffffffffffffff0f'],
      ['00', '0b'],
      ['0100', `${'0801'.repeat(64)}090000`], // 65 levels
    ]) {
      const batch = { table: Buffer.from(table, 'hex'), values: Buffer.from(values, 'hex') }
      expect(() => decode(batch), `${table} ${values}`).toThrow('ML_CORRUPT')
    }
  })
})
