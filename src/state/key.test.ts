import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { murmur3 } from '../numeric/murmur3.ts'
import { decodeKey, decodeKeyText, EncodedKey, isKey, type Key, KeyEncoder, keyFromText, keyText } from './key.ts'
import { keyGroupOf } from './key-groups.ts'

const encoder = new KeyEncoder()
const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))
const anyKey: fc.Arbitrary<Key> = fc.letrec<{ key: Key }>((tie) => ({
  key: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.string({ unit, maxLength: 200 }),
    fc.double({ noNaN: true }),
    fc.integer(),
    fc.bigInt(),
    fc.bigInt({ min: -300n, max: 300n }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('key'), { maxLength: 5 }),
  ),
})).key

function bytesOf(key: Key): Uint8Array {
  const encoded = encoder.encode(key)
  return encoded.bytes.slice(0, encoded.length)
}

function hex(key: Key): string {
  return Buffer.from(bytesOf(key)).toString('hex')
}

/** Equality of keys: -0 is 0, everything else by type and value. */
function same(a: Key, b: Key): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]))
  return a === b
}

describe('encoded keys', () => {
  test('have the documented bytes', () => {
    expect(hex(null)).toBe('00')
    expect(hex(false)).toBe('01')
    expect(hex(true)).toBe('02')
    expect(hex(1)).toBe('033ff0000000000000')
    expect(hex(-0)).toBe('030000000000000000')
    expect([hex(0n), hex(255n), hex(-256n)]).toEqual(['0400', '0400ff', '04010100'])
    expect(hex('aé')).toBe('0561c3a9')
    expect(hex('\ud83d')).toBe('05eda0bd')
    expect(hex(['a', [], null])).toBe('0603' + '020561' + '020600' + '0100')
    expect(hex(['x'.repeat(200)])).toBe(`0601c90105${'78'.repeat(200)}`)
  })

  test('are equal exactly when the keys are', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        expect(hex(a) === hex(b)).toBe(same(a, b))
        expect(hex(a)).toBe(hex(a))
      }),
    )
  })

  test('give the key back, from bytes and from text', () => {
    const into = new EncodedKey(128)
    fc.assert(
      fc.property(anyKey, (key) => {
        const bytes = bytesOf(key)
        expect(same(decodeKey(bytes, 0, bytes.length), key)).toBe(true)
        const { hash, group } = encoder.encode(key)
        expect(hash).toBe(murmur3(bytes, 0, bytes.length))
        expect(group).toBe(keyGroupOf(hash, 128))
        const text = keyText(encoder.encode(key))
        expect(same(decodeKeyText(text), key)).toBe(true)
        const { length } = keyFromText(text, into)
        expect(into.bytes.slice(0, length)).toEqual(bytes)
        expect([into.hash, into.group]).toEqual([hash, group])
      }),
      { numRuns: 300 },
    )
  })

  test('order as texts as they do as bytes', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        const order = Math.sign(Buffer.compare(bytesOf(a), bytesOf(b)))
        const [left, right] = [keyText(encoder.encode(a)), keyText(encoder.encode(b))]
        expect(left < right ? -1 : left > right ? 1 : 0).toBe(order)
      }),
    )
  })

  test('refuse what is no key, as data', () => {
    const ring: unknown[] = []
    ring.push(ring)
    const functions = [() => 1, Symbol('s')]
    for (const bad of [undefined, NaN, {}, [1, undefined], [NaN], new Array(2), ring, new Date(0), ...functions]) {
      expect(() => encoder.encode(bad as Key)).toThrow(expect.objectContaining({ code: 'ML_KEY', errorClass: 'data' }))
    }
    expect(hex('still works')).toBe('057374696c6c20776f726b73')
  })

  test('are at most 65,535 bytes long, whatever they are made of', () => {
    expect(bytesOf('x'.repeat(65_534)).length).toBe(65_535)
    expect(isKey(bytesOf(['x'.repeat(65_000)]), 0, 65_006)).toBe(true)
    const long = 'x'.repeat(65_535)
    for (const bad of [long, '€'.repeat(22_000), ['x'.repeat(65_534)], 1n << 600_000n, new Array(70_000).fill(1)]) {
      expect(() => encoder.encode(bad)).toThrow(expect.objectContaining({ code: 'ML_KEY' }))
    }
    expect(() => encoder.encode(long)).toThrow('65536 bytes')
  })
})

describe('decoding a key', () => {
  test('accepts only bytes that encoding gives', () => {
    const tag = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7)
    const small = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 0x7f, 0x80, 0xed, 0xa0, 0xff)
    fc.assert(
      fc.property(tag, fc.array(small, { maxLength: 9 }), (first, rest) => {
        const bytes = Uint8Array.from([first, ...rest])
        if (!isKey(bytes, 0, bytes.length)) {
          expect(() => decodeKey(bytes, 0, bytes.length)).toThrow('ML_CORRUPT')
        } else {
          expect(hex(decodeKey(bytes, 0, bytes.length))).toBe(Buffer.from(bytes).toString('hex'))
        }
      }),
      { numRuns: 20_000 },
    )
  })

  test('refuses second spellings by name', () => {
    const bad = [
      '',
      '0000',
      '037ff8000000000000',
      '038000000000000000',
      '0401',
      '040000ff',
      '0402ff',
      '05ff',
      '0601',
      '060102',
      '06018100',
      '0680008000',
      '07',
      '06010000',
      '05eda0bdedb880',
    ]
    for (const text of bad) expect(isKey(Buffer.from(text, 'hex'), 0, text.length / 2)).toBe(false)
    expect(() => decodeKeyText('\u0105')).toThrow('ML_CORRUPT')
    expect(() => decodeKeyText('')).toThrow('ML_CORRUPT')
  })

  test('refuses arrays nested deeper than encoding allows', () => {
    let key: Key = []
    for (let i = 0; i < 63; i++) key = [key]
    expect(same(decodeKey(bytesOf(key), 0, bytesOf(key).length), key)).toBe(true)
    expect(() => encoder.encode([key])).toThrow('64 levels')
    const bytes = Uint8Array.from([6, 1, (bytesOf(key).length & 127) | 128, bytesOf(key).length >> 7, ...bytesOf(key)])
    expect(isKey(bytes, 0, bytes.length)).toBe(false)
  })
})
