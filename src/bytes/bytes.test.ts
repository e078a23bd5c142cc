import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDoubles, readDoublesPlain, writeDoubles, writeDoublesPlain } from './doubles.ts'
import { ByteReader } from './reader.ts'
import { ByteWriter } from './writer.ts'

const corrupt = expect.objectContaining({ code: 'ML_CORRUPT' })
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) })
const safe = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -200, max: 200 }),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 2 ** 31, 2 ** 32, -(2 ** 31)),
)

function write(build: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(1)
  build(writer)
  return writer.finish()
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

describe('writer and reader', () => {
  test('give back every value, in order, at any offset', () => {
    const item = fc.oneof(
      fc.record({ kind: fc.constant('varint' as const), value: safe.map((v) => Math.abs(v)) }),
      fc.record({ kind: fc.constant('zigzag' as const), value: safe }),
      fc.record({ kind: fc.constant('f64' as const), value: fc.double() }),
      fc.record({ kind: fc.constant('u8' as const), value: fc.nat(255) }),
      fc.record({ kind: fc.constant('u32' as const), value: fc.nat(0xffffffff) }),
      fc.record({ kind: fc.constant('i32' as const), value: fc.integer() }),
      fc.record({ kind: fc.constant('string' as const), value: anyText }),
    )
    fc.assert(
      fc.property(fc.array(item), fc.nat(9), (items, lead) => {
        const bytes = write((w) => {
          w.raw(new Uint8Array(lead))
          for (const { kind, value } of items) (w[kind] as (v: unknown) => void)(value)
        })
        const reader = new ByteReader(bytes, 'test', lead)
        for (const { kind, value } of items) {
          const got = reader[kind]()
          expect(Object.is(got, value) || (got === 0 && value === 0 && kind !== 'f64')).toBe(true)
        }
        reader.expectEnd()
      }),
    )
  })

  test('write strings whose length takes one byte or two', () => {
    for (let length = 30; length < 140; length++) {
      for (const unit of ['a', 'é', '€']) {
        const reader = new ByteReader(
          write((w) => w.string(unit.repeat(length))),
          'text',
        )
        expect(reader.string()).toBe(unit.repeat(length))
        reader.expectEnd()
      }
    }
  })

  test('write integers as protocol buffers do', () => {
    expect(hex(write((w) => w.varint(300)))).toBe('ac02')
    expect(hex(write((w) => w.varint(Number.MAX_SAFE_INTEGER)))).toBe('ffffffffffffff0f')
    expect([0, -1, 1, -2147483648].map((v) => hex(write((w) => w.zigzag(v))))).toEqual(['00', '01', '02', 'ffffffff0f'])
  })

  test('keep -0 and write every NaN the same way', () => {
    const odd = new Float64Array(new BigUint64Array([0xfff8_dead_beef_0001n]).buffer)
    expect(hex(write((w) => w.f64(odd[0])))).toBe('000000000000f87f')
    expect(hex(write((w) => w.f64(-0)))).toBe('0000000000000080')
    const many = new Float64Array(100).fill(odd[0], 50)
    expect(hex(write((w) => w.f64s(many, 49, 100)))).toBe(`0000000000000000${'000000000000f87f'.repeat(50)}`)
  })

  test('refuse unsafe and negative counts, as a programmer error', () => {
    for (const bad of [-1, 0.5, NaN, 2 ** 53]) expect(() => write((w) => w.varint(bad))).toThrow('ML_RANGE')
    for (const bad of [2 ** 53, -(2 ** 53), Infinity]) expect(() => write((w) => w.zigzag(bad))).toThrow('ML_RANGE')
    expect(() => write((w) => w.patchU32(0, 1))).toThrow('ML_RANGE')
  })

  test('a lent view follows reset, a finished copy does not', () => {
    const writer = new ByteWriter()
    writer.string('first')
    const copy = writer.finish()
    const lent = writer.view()
    writer.reset()
    writer.string('other')
    expect(new ByteReader(copy, 'copy').string()).toBe('first')
    expect(new ByteReader(lent, 'lent').string()).toBe('other')
  })

  test('carry bytes as latin-1 text, and refuse text that is none', () => {
    const text = 'a\0\x80ÿ'.repeat(20)
    expect(
      new ByteReader(
        write((w) => w.latin1(text)),
        'latin',
      ).latin1(),
    ).toBe(text)
    expect(() => write((w) => w.latin1('€'))).toThrow('ML_RANGE')
    expect(() => new ByteReader(Uint8Array.of(2, 65), 'latin').latin1()).toThrow(corrupt)
  })

  test('patch a size once it is known', () => {
    const bytes = write((w) => {
      w.u32(0)
      w.string('abc')
      w.patchU32(0, w.length)
    })
    expect(new ByteReader(bytes, 'patched').u32()).toBe(8)
  })
})

describe('reader', () => {
  test('refuses every truncation of what a writer wrote', () => {
    const bytes = write((w) => {
      w.varint(1e9)
      w.f64(1)
      w.string('é'.repeat(50))
      w.blob(new Uint8Array(3))
      w.u32(1)
      w.zigzag(-1e12)
    })
    for (let end = 0; end < bytes.length; end++) {
      const reader = new ByteReader(bytes, 'cut', 0, end)
      const readAll = () => [
        reader.varint(),
        reader.f64(),
        reader.string(),
        reader.blob(),
        reader.u32(),
        reader.zigzag(),
      ]
      expect(readAll).toThrow(corrupt)
    }
  })

  test('never allocates by a length that the bytes cannot back', () => {
    const bytes = write((w) => w.varint(Number.MAX_SAFE_INTEGER))
    expect(() => new ByteReader(bytes, 'huge').blob()).toThrow(
      '9007199254740991 bytes are needed, 0 are left at huge, offset 8',
    )
    expect(() => new ByteReader(bytes, 'huge').string()).toThrow(corrupt)
    expect(() => new ByteReader(bytes, 'huge').raw(-1)).toThrow(corrupt)
    expect(() => new ByteReader(bytes, 'huge').raw(NaN)).toThrow(corrupt)
    expect(() => new ByteReader(bytes, 'huge').f64s(new Float64Array(9), 0, 9)).toThrow(corrupt)
  })

  test('refuses integers past 2^53 - 1 and longer spellings of short ones', () => {
    for (const bad of ['ffffffffffffff1f', '80808080808080808001', '8000', 'ac8200', 'ff'.repeat(30)]) {
      expect(() => new ByteReader(Buffer.from(bad, 'hex'), 'bad').varint()).toThrow(corrupt)
      expect(() => new ByteReader(Buffer.from(bad, 'hex'), 'bad').zigzag()).toThrow(corrupt)
    }
    expect(() => new ByteReader(Buffer.from('ffffffffffffff1f', 'hex'), 'low').zigzag()).toThrow(corrupt)
    const extremes = write((w) => {
      w.zigzag(Number.MAX_SAFE_INTEGER)
      w.zigzag(-Number.MAX_SAFE_INTEGER)
    })
    const reader = new ByteReader(extremes, 'extremes')
    expect([reader.zigzag(), reader.zigzag()]).toEqual([Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER])
  })

  test('says where the damage is, and refuses bytes left over', () => {
    expect(() => new ByteReader(Buffer.from('02ff61', 'hex'), 'key "a"').string()).toThrow(
      'ML_CORRUPT: text is not UTF-8 at key "a", offset 1.',
    )
    expect(() => new ByteReader(new Uint8Array(2), 'tail').expectEnd()).toThrow(
      'bytes are left over; got 2 at tail, offset 0',
    )
    expect(() => new ByteReader(new Uint8Array(2), 'range', 0, 3)).toThrow(corrupt)
  })
})

describe('doubles', () => {
  test('bulk copies and the portable loop agree at any alignment', () => {
    const lists = fc.array(fc.double(), { minLength: 60, maxLength: 90 })
    fc.assert(
      fc.property(lists, fc.nat(5), fc.nat(12), (list, from, at) => {
        const values = Float64Array.from(list)
        const a = new Uint8Array(at + 8 * list.length)
        const b = new Uint8Array(a.length)
        writeDoubles(values, from, values.length, a, new DataView(a.buffer), at)
        writeDoublesPlain(values, from, values.length, new DataView(b.buffer), at)
        expect(hex(a)).toBe(hex(b))
        const c = new Float64Array(list.length)
        const d = new Float64Array(list.length)
        readDoubles(a, new DataView(a.buffer), at, c, from, c.length)
        readDoublesPlain(new DataView(a.buffer), at, d, from, d.length)
        expect(c).toEqual(d)
        expect(c.subarray(from)).toEqual(values.subarray(from))
      }),
    )
  })
})
