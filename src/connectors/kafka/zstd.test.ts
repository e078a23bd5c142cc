import { describe, expect, test } from 'vitest'
import { portableZstd, zstdReader } from './zstd.ts'

// Made by the zstd of Node 22.
const TEXT = 'a stream that never ends, '.repeat(40)
const FRAME = Buffer.from(
  '28b52ffd601003150100d0612073747265616d2074686174206e6576657220656e64732c200100ceef6a8e01',
  'hex',
)

describe.each([
  ['the one in JavaScript', portableZstd],
  ['the one at hand', zstdReader],
])('a reader of zstd, %s', (_name, reader) => {
  test('gives what was compressed, several frames too', async () => {
    const unpack = await reader()
    expect(Buffer.from(unpack(FRAME, 1 << 20)).toString()).toBe(TEXT)
    expect(Buffer.from(unpack(Buffer.concat([FRAME, FRAME]), 1 << 20)).toString()).toBe(TEXT + TEXT)
  })

  test('refuses what is more than allowed, cut short or damaged', async () => {
    const unpack = await reader()
    expect(() => unpack(FRAME, 100)).toThrow()
    for (const bytes of [FRAME.subarray(0, -1), FRAME.subarray(0, 9), Buffer.from('no frame')])
      expect(() => unpack(bytes, 1 << 20)).toThrow()
  })
})
