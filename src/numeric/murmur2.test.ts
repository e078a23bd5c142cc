import { expect, test } from 'vitest'
import { murmur2 } from './murmur2.ts'

// Printed by org.apache.kafka.common.utils.Utils.murmur2 of kafka-clients 4.2.0.
const printed: readonly [string, number][] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
  ['', 275646681],
  ['é', 186971271],
  ['日本語', 1431860170],
]

test('it is the hash of the Java client, wherever in its bytes the key lies', () => {
  for (const [key, hash] of printed) {
    const bytes = Buffer.from(`..${key}.`)
    expect(murmur2(bytes, 2, bytes.length - 1), key).toBe(hash)
  }
})
