import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../bytes/writer.ts'
import { encodeJson } from './json-encode.ts'
import { writeNumber } from './json-number-text.ts'

const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) })
const name = fc.oneof(anyText, fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toString', '7'))
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, -0, 5e-324),
    fc.integer(),
    anyText,
    fc.string(),
    fc.double({ noDefaultInfinity: true, noNaN: true }),
    fc.array(tie('value')),
    fc
      .array(fc.tuple(name, fc.oneof(tie('value'), fc.constant(undefined))))
      .map((entries) => Object.fromEntries(entries)),
  ),
})).value

function encode(value: unknown): string {
  const writer = new ByteWriter(1)
  writer.u8(32)
  encodeJson(value, writer)
  return Buffer.from(writer.view()).toString('utf8').slice(1)
}

function number(value: number): string {
  const bytes = new Uint8Array(40)
  return Buffer.from(bytes.subarray(3, writeNumber(value, bytes, 3))).toString('latin1')
}

describe('JSON text', () => {
  test('is what JSON.stringify writes, for every value that JSON can hold', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(encode(value)).toBe(JSON.stringify(value))
      }),
      { numRuns: 1000 },
    )
  })

  test('escapes as JSON.stringify does, every unit of UTF-16 alone and beside others', () => {
    for (let unit = 0; unit < 0x10000; unit += unit < 0x300 || unit > 0xd700 ? 1 : 97) {
      const text = `${String.fromCharCode(unit)}abcd${String.fromCharCode(unit)}`
      if (encode(text) !== JSON.stringify(text)) expect(encode(text)).toBe(JSON.stringify(text))
    }
    expect(encode({ '"\n\ud800': '😀'.repeat(5000) })).toBe(JSON.stringify({ '"\n\ud800': '😀'.repeat(5000) }))
  })

  test('stays right when there are more property names than are remembered', () => {
    for (let i = 0; i < 10_000; i += 3) {
      const value = { [`name ${i}`]: { [`inner ${i}`]: 1, shared: 2 }, shared: [{ [`name ${i}`]: 3 }] }
      expect(encode(value)).toBe(JSON.stringify(value))
    }
  })

  test('refuses what JSON would drop or change, by its path, and leaves the writer as it was', () => {
    const cases: [unknown, string][] = [
      [{ a: [0, { b: NaN }] }, '.a[1].b is NaN'],
      [-Infinity, 'a value is -Infinity'],
      [{ n: 1n }, '.n is a bigint'],
      [[undefined], '[0] is undefined'],
      [undefined, 'a value is undefined'],
      [{ at: new Date(0) }, '.at is an instance of Date'],
      [{ b: new Uint8Array(1) }, '.b is an instance of Uint8Array'],
      [{ toJSON: () => 1 }, '.toJSON is a function'],
      [new Map(), 'a value is an instance of Map'],
      [Array(1), '[0] is a hole in an array'],
    ]
    for (const [value, what] of cases) {
      const writer = new ByteWriter()
      writer.string('before')
      const before = writer.finish()
      expect(() => encodeJson({ first: 1, list: [value] }, writer, 'sink "s"')).toThrow('ML_VALUE: .list[0]')
      expect(() => encodeJson(value, writer, 'sink "s"')).toThrow(
        `ML_VALUE: ${what} at sink "s". Use null, booleans, finite numbers`,
      )
      expect(writer.finish()).toEqual(before)
    }
  })

  test('goes 64 levels deep and no further, so a cycle ends', () => {
    let deep: unknown = 1
    for (let i = 0; i < 64; i++) deep = i % 2 === 0 ? [deep] : { deep }
    expect(encode(deep)).toBe(JSON.stringify(deep))
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    for (const value of [[deep], { deep }, cycle]) expect(() => encode(value)).toThrow('more than 64 levels deep')
  })
})

describe('number text', () => {
  const bits = new Uint32Array(2)
  const asDouble = new Float64Array(bits.buffer)

  function check(value: number): void {
    if (number(value) !== String(value + 0)) expect(number(value)).toBe(String(value + 0))
  }

  test('is the shortest that reads back, over all doubles', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        bits.set([a, b])
        if (Number.isFinite(asDouble[0])) check(asDouble[0])
        bits[1] = (b & 0x800fffff) | ((1003 + ((b >>> 20) & 63)) << 20) // 2^-20 .. 2^43: the doubles that take a shortcut
        check(asDouble[0])
      }),
      { numRuns: 30_000 },
    )
  })

  test('is right for decimals of any number of digits and for their neighbours', () => {
    const upTo = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max })
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 1, noNaN: true }), upTo(16), upTo(17), (value, digits, shift) => {
        const short = Number((value * Number(`1e${shift - 7}`)).toPrecision(digits + 1))
        asDouble[0] = short
        for (const step of [0, 1, -2]) {
          bits[0] += step
          check(asDouble[0])
        }
      }),
      { numRuns: 30_000 },
    )
  })

  test('is right at the borders of the shortcuts', () => {
    for (let power = -30; power < 30; power++) {
      for (const base of [Number(`1e${power}`), 2 ** power, 9.999999999999999 * 10 ** power]) {
        asDouble[0] = base
        bits[0] -= 3
        for (let i = 0; i < 6; i++, bits[0]++) check(-asDouble[0])
      }
    }
    for (const value of [
      -0,
      2 ** 31,
      2 ** 31 - 1,
      -(2 ** 31),
      1e15,
      1e15 - 1,
      2 ** 53,
      1e21,
      0.1 + 0.2,
      5e-324,
      Number.MAX_VALUE,
    ])
      check(value)
  })
})
