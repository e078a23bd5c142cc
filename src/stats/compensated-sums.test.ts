import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { CompensatedSum } from '../numeric/fsum.ts'
import { CompensatedSums } from './compensated-sums.ts'

const terms = fc.array(fc.double({ min: -1e100, max: 1e100, noNaN: true }))

function bytesOf(sums: CompensatedSums): Uint8Array {
  const writer = new ByteWriter()
  sums.snapshot(writer)
  return writer.finish()
}

describe('CompensatedSums', () => {
  test('are the bits of a compensated sum each, added one by one or together', () => {
    fc.assert(
      fc.property(terms, terms, (a, b) => {
        const [one, two, sums, each] = [
          new CompensatedSum(),
          new CompensatedSum(),
          new CompensatedSums(3),
          new CompensatedSums(3),
        ]
        for (let i = 0; i < Math.max(a.length, b.length); i++) {
          const [x, y] = [a[i] ?? 0, b[i] ?? 0]
          one.add(x)
          two.add(y)
          sums.add(1, x)
          sums.add(2, y)
          each.addEach(1, Float64Array.of(x, y))
        }
        expect([sums.value(0), sums.value(1), sums.value(2)]).toEqual([0, one.value, two.value])
        expect(bytesOf(each)).toEqual(bytesOf(sums))
      }),
    )
  })

  test('keep what plain addition loses, and scale it with the sum', () => {
    const sums = new CompensatedSums(1)
    sums.add(0, 1e16)
    for (let i = 0; i < 10; i++) sums.add(0, 1)
    sums.add(0, -1e16)
    expect(sums.value(0)).toBe(10)
    sums.scale(0.5)
    expect(sums.value(0)).toBe(5)
  })

  test('restore what was stored, and refuse what is not finite or not signed as it must be', () => {
    const sums = new CompensatedSums(2)
    sums.add(0, 0.1)
    sums.add(1, -0.1)
    const again = new CompensatedSums(2)
    again.restore(new ByteReader(bytesOf(sums), 'test'), 1)
    expect(bytesOf(again)).toEqual(bytesOf(sums))
    const corrupt = expect.objectContaining({ code: 'ML_CORRUPT' })
    expect(() => again.restore(new ByteReader(bytesOf(sums), 'test'))).toThrow(corrupt)
    sums.add(1, Number.POSITIVE_INFINITY)
    expect(() => again.restore(new ByteReader(bytesOf(sums), 'test'), 1)).toThrow(corrupt)
  })
})
