import { compressionsAlgorithms } from '@platformatic/kafka'
import { describe, expect, test } from 'vitest'
import type { KafkaClient } from './cluster.ts'
import { decompressor } from './codecs.ts'
import { lz4Size, snappySize } from './unpacked-size.ts'

const { snappy, lz4 } = compressionsAlgorithms
const texts = [
  '',
  'a',
  'ab'.repeat(50_000),
  Array.from({ length: 5000 }, (_, i) => i * 7919).join(),
  '\0'.repeat(3 << 20),
]

describe('the size of what is compressed', () => {
  test('is told by snappy, and never less than what comes out of lz4', () => {
    for (const text of texts) {
      const bytes = Buffer.from(text)
      expect(snappySize(snappy.compressSync(bytes))).toBe(bytes.length)
      expect(lz4Size(lz4.compressSync(bytes))).toBeGreaterThanOrEqual(bytes.length)
    }
  })

  test('is refused before a codec asks for the memory (found by fuzzing)', () => {
    const decompress = decompressor({ compressionsAlgorithms } as KafkaClient)
    const before = process.memoryUsage.rss()
    const claims = Buffer.from('ffffffff0f0061', 'hex')
    expect(() => decompress(2, claims)).toThrow('cannot be as long as it says')
    expect(() => decompress(2, Buffer.from('ffffffffff7f', 'hex'))).toThrow('is none')
    const frame = lz4.compressSync(Buffer.from('abc'))
    const wrong = Buffer.concat([
      frame.subarray(0, 4),
      Buffer.of(frame[4] | 8, frame[5]),
      Buffer.alloc(8, 0x3f),
      frame.subarray(6),
    ])
    expect(() => decompress(3, wrong)).toThrow('cannot be as long as it says')
    expect(() => decompress(3, frame.subarray(0, 9))).toThrow(RangeError)
    expect(() => decompress(3, Buffer.from('abcdefgh'))).toThrow('does not begin as one')
    expect(process.memoryUsage.rss() - before).toBeLessThan(256 << 20)
  })

  test('does not hinder what is whole', () => {
    const decompress = decompressor({ compressionsAlgorithms } as KafkaClient)
    for (const text of texts) {
      const bytes = Buffer.from(text)
      expect(Buffer.from(decompress(2, snappy.compressSync(bytes))).equals(bytes)).toBe(true)
      expect(Buffer.from(decompress(3, lz4.compressSync(bytes))).equals(bytes)).toBe(true)
    }
  })
})
