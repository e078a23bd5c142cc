import { isDeepStrictEqual } from 'node:util'
import vm from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { anyData, order } from './value.fixture.ts'
import { checkValue, decodeValue, encodeValue } from './value-codec.ts'

function encode(value: unknown): Uint8Array {
  const writer = new ByteWriter(1)
  encodeValue(value, writer)
  return writer.finish()
}

function decode(bytes: Uint8Array): unknown {
  const reader = new ByteReader(bytes, 'test')
  const value = decodeValue(reader)
  reader.expectEnd()
  return value
}

/** Both verdicts on a value; they must be the same error or none. */
function verdict(value: unknown): string {
  const [a, b] = [
    () => checkValue(value, 'operator "x"'),
    () => encodeValue(value, new ByteWriter(), 'operator "x"'),
  ].map((f) => {
    try {
      f()
      return 'data'
    } catch (error) {
      return (error as Error).message
    }
  })
  expect(a).toBe(b)
  return a
}

function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = wrap(value)
  return value
}

describe('value codec', () => {
  test('gives back every value with its own bits, order and prototypes, and the same bytes again', () => {
    fc.assert(
      fc.property(anyData, (value) => {
        const bytes = encode(value)
        const back = decode(bytes)
        expect(verdict(value)).toBe('data')
        expect(isDeepStrictEqual(back, value)).toBe(true)
        expect(order(back)).toBe(order(value))
        expect(encode(back)).toEqual(bytes)
      }),
      { numRuns: 500 },
    )
  })

  test('keeps -0, the one NaN, huge and negative bigints', () => {
    for (const value of [-0, NaN, 0n, -1n, 255n, 256n, -(2n ** 200n), 2n ** 64n - 1n])
      expect(decode(encode(value))).toBe(value)
  })

  test('treats __proto__ as plain data and leaves prototypes intact', () => {
    const value = JSON.parse('{"__proto__":{"polluted":1},"constructor":2}') as object
    const back = decode(encode(value)) as object
    expect(Object.keys(back)).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect((back as { polluted?: unknown }).polluted).toBe(undefined)
    expect(({} as { polluted?: unknown }).polluted).toBe(undefined)
  })

  test('accepts plain objects, arrays and bytes of another realm, and objects without a prototype', () => {
    const foreign: unknown = vm.runInNewContext('({ a: [1, { b: new Uint8Array([1, 2]) }], c: Object.create(null) })')
    expect(verdict(foreign)).toBe('data')
    expect(decode(encode(foreign))).toEqual({ a: [1, { b: new Uint8Array([1, 2]) }], c: {} })
  })

  test('names the path to what is no data', () => {
    expect(verdict({ a: [0, 1, 2, { b: new Date(0) }] })).toBe(
      'ML_VALUE: .a[3].b is an instance of Date at operator "x". ' +
        'Use null, undefined, booleans, numbers, bigints, strings, Uint8Array, arrays and plain objects, at most 64 deep.',
    )
    expect(verdict(() => 1)).toMatch('ML_VALUE: a value is a function at')
    expect(verdict([[Symbol('x')]])).toMatch('ML_VALUE: [0][0] is a symbol at')
    expect(verdict({ 'two words': new Map() })).toMatch('ML_VALUE: ["two words"] is an instance of Map at')
    expect(verdict([1, Array(1)])).toMatch('ML_VALUE: [1][0] is a hole in an array at')
    class Own {
      x = 1
    }
    for (const bad of [
      new Own(),
      Object.create({ x: 1 }),
      new Float64Array(1),
      new Number(1),
      /x/,
      new Error('x'),
      new ArrayBuffer(1),
    ]) {
      expect(verdict({ a: 1, bad })).toMatch('ML_VALUE: .bad is an ')
    }
  })

  test('leaves the writer as it was when it refuses', () => {
    const writer = new ByteWriter()
    encodeValue('before', writer)
    const before = writer.finish()
    expect(() => encodeValue([1, { a: 'x', b: new Map() }], writer)).toThrow('ML_VALUE')
    expect(writer.finish()).toEqual(before)
  })

  test('counts 64 levels, and refuses the next as it refuses a cycle', () => {
    for (const wrap of [(inner: unknown) => [inner], (inner: unknown) => ({ inner })]) {
      expect(decode(encode(nested(64, wrap)))).toEqual(nested(64, wrap))
      expect(verdict(nested(65, wrap))).toMatch('more than 64 levels deep')
      expect(verdict(nested(1_000_000, wrap))).toMatch('more than 64 levels deep')
    }
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(verdict(cycle)).toMatch('more than 64 levels deep')
  })

  test('is not misled by enumerable properties put on Object.prototype', () => {
    const values: unknown[] = []
    Object.defineProperty(Object.prototype, 'leaked', {
      value: () => 1,
      enumerable: true,
      configurable: true,
      writable: true,
    })
    try {
      checkValue({ a: 1 })
      values.push(decode(encode({ a: 1 })))
    } finally {
      delete (Object.prototype as { leaked?: unknown }).leaked
    }
    expect(values).toEqual([{ a: 1 }])
  })

  test('refuses damaged bytes as corrupt and never otherwise', () => {
    fc.assert(
      fc.property(anyData, fc.nat(), fc.nat(255), fc.nat(), (value, at, byte, cut) => {
        const bytes = encode(value)
        bytes[at % bytes.length] = byte
        for (const damaged of [bytes, bytes.subarray(0, cut % bytes.length)]) {
          try {
            decode(damaged)
          } catch (error) {
            expect((error as { code: string }).code).toBe('ML_CORRUPT')
          }
        }
      }),
      { numRuns: 1000 },
    )
    for (const hex of [
      '0a',
      '08ffffffffffffff0f',
      '09ffffffffffffff0f',
      '050101',
      '05000100',
      '050100',
      `${'0801'.repeat(65)}00`,
      '0000',
    ]) {
      expect(() => decode(Buffer.from(hex, 'hex'))).toThrow('ML_CORRUPT')
    }
  })

  test('writes version 1 bytes for ever', () => {
    const value = { n: null, u: undefined, t: [true, false], d: 1.5, i: -300n, s: 'é', b: new Uint8Array([7]), o: {} }
    expect(Buffer.from(encode(value)).toString('hex')).toBe(
      '0908' +
        '016e00' +
        '017501' +
        '01740802' +
        '0302' +
        '016404' +
        '000000000000f83f' +
        '016905' +
        '01022c01' +
        '0173' +
        '0602c3a9' +
        '01620701' +
        '07' +
        '016f0900',
    )
  })
})
