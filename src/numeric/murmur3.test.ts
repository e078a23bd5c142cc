import { describe, expect, test } from 'vitest'
import { murmur3 } from './murmur3.ts'

function hash(bytes: readonly number[] | string, seed = 0): string {
  const data = typeof bytes === 'string' ? Buffer.from(bytes) : Uint8Array.from(bytes)
  return (murmur3(data, 0, data.length, seed) >>> 0).toString(16).padStart(8, '0')
}

describe('murmur3', () => {
  test('gives the verification value of SMHasher for MurmurHash3_x86_32, 0xB0F57EE3', () => {
    // SMHasher's VerificationTest: hash {}, {0}, {0,1}, ... with seeds 256, 255, ...; then hash the 256 hashes.
    const key = new Uint8Array(256).map((_, i) => i)
    const hashes = new Uint8Array(4 * 256)
    const view = new DataView(hashes.buffer)
    for (let i = 0; i < 256; i++) view.setInt32(4 * i, murmur3(key, 0, i, 256 - i), true)
    expect(murmur3(hashes, 0, hashes.length) >>> 0).toBe(0xb0f57ee3)
  })

  test('gives the published vectors, every length of the tail among them', () => {
    expect(hash('')).toBe('00000000')
    expect(hash('', 1)).toBe('514e28b7')
    expect(hash('', 0xffffffff)).toBe('81f16f39')
    expect(hash([0xff, 0xff, 0xff, 0xff])).toBe('76293b50')
    expect(hash([0x21, 0x43, 0x65, 0x87])).toBe('f55b516b')
    expect(hash([0x21, 0x43, 0x65, 0x87], 0x5082edee)).toBe('2362f9de')
    expect(hash([0x21, 0x43, 0x65])).toBe('7e4a8634')
    expect(hash([0x21, 0x43])).toBe('a0f7b07a')
    expect(hash([0x21])).toBe('72661cf4')
    expect(hash('Hello, world!', 0x9747b28c)).toBe('24884cba')
    expect(hash('The quick brown fox jumps over the lazy dog', 0x9747b28c)).toBe('2fa826cd')
  })

  test('hashes a range as it hashes a copy of the range', () => {
    const bytes = Uint8Array.from([9, 9, 1, 2, 3, 4, 5, 9])
    expect(murmur3(bytes, 2, 7)).toBe(murmur3(bytes.slice(2, 7), 0, 5))
  })
})
