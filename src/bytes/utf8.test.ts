import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { host, setHost } from './host.ts'
import { plainLatin1, shortLatin1 } from './latin1.ts'
import { isWtf8, latin1Read, tryWtf8Read, utf8Length, utf8Read, utf8Write, wtf8Read } from './utf8.ts'

const anyUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit))
const anyText = fc.string({ unit: anyUnit, maxLength: 60 })
const edgeUnit = fc.constantFrom('a', 'é', '€', '😀', '\ud83d', '\ude00', '\ufeff', '\0')
const pairs = fc.string({ unit: edgeUnit, maxLength: 60 })

function encode(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text))
  expect(utf8Write(text, bytes, 0)).toBe(bytes.length)
  return bytes
}

function isWellFormed(text: string): boolean {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text)) === text
}

afterEach(() => setHost({ decodeLatin1: undefined, decodeUtf8: undefined }))

describe('UTF-8', () => {
  test('writes what TextEncoder writes, for text without lone surrogates', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(encode(text)).toEqual(new Uint8Array(new TextEncoder().encode(text)))
      }),
    )
  })

  test('gives every string back, lone surrogates included; strict reading refuses only those', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, pairs), (text) => {
        const bytes = encode(text)
        expect(wtf8Read(bytes, 0, bytes.length)).toBe(text)
        expect(utf8Read(bytes, 0, bytes.length)).toBe(isWellFormed(text) ? text : undefined)
      }),
    )
  })

  test('accepts exactly the bytes that a strict TextDecoder accepts', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const edge = fc.constantFrom(...Buffer.from('007f808f909fa0bfc0c1c2dfe0edeff0f4f5ff', 'hex'))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3 }), fc.array(edge, { maxLength: 5 }), (head, tail) => {
        const bytes = Uint8Array.from([...head, ...tail])
        let expected: string | undefined
        try {
          expected = decoder.decode(bytes)
        } catch {
          expected = undefined
        }
        expect(utf8Read(bytes, 0, bytes.length)).toBe(expected)
      }),
      { numRuns: 5000 },
    )
  })

  test('refuses by name what the Unicode table leaves out', () => {
    const bad = [
      'c080',
      'c1bf',
      'e08080',
      'e09fbf',
      'eda080',
      'f0808080',
      'f08fbfbf',
      'f4908080',
      'f5808080',
      'f888808080',
    ]
    for (const text of [...bad, '80', 'c3', 'e282', 'f09f98', 'ff']) {
      expect(utf8Read(Buffer.from(text, 'hex'), 0, text.length / 2)).toBeUndefined()
    }
    expect(utf8Read(Buffer.from('f48fbfbfed9fbfee8080', 'hex'), 0, 10)).toBe('\u{10ffff}\ud7ff\ue000')
  })

  test('has one encoding per string: a pair as two surrogates is refused', () => {
    const pair = Uint8Array.from([0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80])
    expect(tryWtf8Read(pair, 0, 6)).toBeUndefined()
    expect([6, 3, 2, 0].map((end) => isWtf8(pair, 0, end))).toEqual([false, true, false, true])
    expect(() => wtf8Read(pair, 0, 6)).toThrow('ML_CORRUPT')
    expect(wtf8Read(pair, 0, 3)).toBe('\ud83d')
    expect(wtf8Read(Uint8Array.from([...pair.subarray(3), ...pair.subarray(0, 3)]), 0, 6)).toBe('\ude00\ud83d')
  })

  test('reads ranges, and texts longer than its buffer', () => {
    const text = 'x€😀\ud800'.repeat(3000)
    const bytes = encode(text)
    expect(wtf8Read(bytes, 0, bytes.length)).toBe(text)
    expect(utf8Read(bytes, 1, 4)).toBe('€')
    expect(utf8Read(bytes, 1, 3)).toBeUndefined()
    expect(utf8Read(bytes, 2, 2)).toBe('')
  })
})

describe('host capabilities', () => {
  test('change the speed and not the result', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, pairs, fc.string({ minLength: 20, maxLength: 60 })), (text) => {
        const bytes = encode(text)
        const readAll = () => [wtf8Read, utf8Read, latin1Read].map((readText) => readText(bytes, 0, bytes.length))
        const plain = readAll()
        setHost({
          decodeLatin1: (b, start, end) => Buffer.from(b.buffer, b.byteOffset).toString('latin1', start, end),
          decodeUtf8: (b, start, end) => Buffer.from(b.buffer, b.byteOffset).toString('utf8', start, end),
        })
        expect(readAll()).toEqual(plain)
        setHost({ decodeLatin1: undefined, decodeUtf8: undefined })
      }),
    )
  })

  test('see only validated bytes, and are used where present', () => {
    const seen: string[] = []
    setHost({
      decodeUtf8: (_b, start, end) => {
        seen.push(`${start}-${end}`)
        return 'from host'
      },
    })
    expect(utf8Read(Uint8Array.from([0x61, 0xff]), 0, 2)).toBeUndefined()
    expect(wtf8Read(Uint8Array.from([0xed, 0xa0, 0x80]), 0, 3)).toBe('\ud800')
    expect(seen).toEqual([])
    expect(utf8Read(Uint8Array.from([0xc3, 0xa9]), 0, 2)).toBe('from host')
    expect(host.decodeLatin1).toBeUndefined()
  })
})

describe('short latin-1', () => {
  test('gives the same text with and without generated code, at every length', () => {
    const bytes = Uint8Array.from({ length: 140 }, (_unused, i) => (i * 7 + 31) & 255)
    for (let length = 0; length <= 130; length++) {
      const text = Array.from(bytes.subarray(5, 5 + length), (unit) => String.fromCharCode(unit)).join('')
      expect(shortLatin1(bytes, 5, 5 + length)).toBe(text)
      expect(plainLatin1(bytes, 5, 5 + length)).toBe(text)
    }
  })
})
