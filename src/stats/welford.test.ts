import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { Xoshiro128 } from '../numeric/xoshiro128.ts'
import { Welford } from './welford.ts'

function of(numbers: readonly number[], weights?: readonly number[]): Welford {
  const statistic = new Welford()
  for (const [i, x] of numbers.entries()) statistic.update(x, weights?.[i])
  return statistic
}

function bytesOf(statistic: Welford): Uint8Array {
  const writer = new ByteWriter()
  statistic.snapshot(writer)
  return writer.finish()
}

/** Mean and variance of multiples of 1/1024, in exact integers but for the last division. */
function exactly(numbers: readonly number[]): { mean: number; variance: number } {
  const n = BigInt(numbers.length)
  let sum = 0n
  let squares = 0n
  for (const x of numbers) {
    const units = BigInt(x * 1024)
    sum += units
    squares += units * units
  }
  const scale = 2 ** 40
  const mean = Number((sum * BigInt(scale)) / n) / scale / 1024
  const variance = Number(((n * squares - sum * sum) * BigInt(scale)) / (n * n)) / scale / 1024 / 1024
  return { mean, variance }
}

describe('Welford', () => {
  test('the example of its documentation', () => {
    const height = of([2, 4, 4, 4, 5, 5, 7, 9])
    expect([height.mean, height.variance(), height.variance(1)]).toEqual([5, 4, 32 / 7])
  })

  test('is 0 before any number, and has no variance after one', () => {
    expect([new Welford().mean, new Welford().variance()]).toEqual([0, 0])
    expect([of([7]).mean, of([7]).variance(), of([7]).variance(1)]).toEqual([7, 0, 0])
  })

  test.each([0, 1e4, 1e8, -1e11])('keeps its digits at offset %d, where a difference of sums has none', (offset) => {
    const random = new Xoshiro128(1)
    const numbers = Array.from({ length: 100_000 }, () => offset + Math.floor(random.nextDouble() * 4096) / 1024)
    const statistic = of(numbers)
    const { mean, variance } = exactly(numbers)
    const condition = Math.abs(offset) / Math.sqrt(variance) + 1
    expect(Math.abs(statistic.mean - mean)).toBeLessThan(1e-13 * condition)
    expect(Math.abs(statistic.variance() / variance - 1)).toBeLessThan(1e-13 * condition)
  })

  test('weighs a half after it is scaled by a half, and changes neither mean nor variance', () => {
    const scaled = of([1, 2, 6])
    scaled.scale(0.5)
    expect([scaled.weight, scaled.mean, scaled.variance()]).toEqual([1.5, 3, 14 / 3])
    scaled.update(5)
    const weighted = of([1, 2, 6, 5], [0.5, 0.5, 0.5, 1])
    expect([scaled.weight, scaled.mean]).toEqual([weighted.weight, weighted.mean])
    expect(scaled.variance()).toBeCloseTo(weighted.variance(), 12)
  })

  test('the variance is never negative', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e150, max: 1e150, noNaN: true })), (numbers) => {
        expect(of(numbers).variance()).toBeGreaterThanOrEqual(0)
      }),
    )
  })

  test('the same number again and again has no variance at all', () => {
    const statistic = of(Array.from({ length: 1000 }, () => 0.1))
    expect([statistic.mean, statistic.variance()]).toEqual([0.1, 0])
  })

  test('a weight counts as often as that, and 0 not at all', () => {
    const weighted = of([1, 5, 100, 2], [3, 1, 0, 2])
    const plain = of([1, 1, 1, 5, 2, 2])
    expect(weighted.weight).toBe(6)
    expect(weighted.mean).toBeCloseTo(plain.mean, 14)
    expect(weighted.variance()).toBeCloseTo(plain.variance(), 14)
  })

  test('merging parts gives what one pass gives, wherever it is cut', () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(fc.array(number), fc.array(number), (left, right) => {
        const merged = of(left)
        merged.merge(of(right))
        const whole = of([...left, ...right])
        expect(merged.weight).toBe(whole.weight)
        expect(Math.abs(merged.mean - whole.mean)).toBeLessThanOrEqual(1e-8)
        expect(Math.abs(merged.squares - whole.squares)).toBeLessThanOrEqual(1e-12 * (1e12 + whole.squares))
      }),
    )
  })

  test('merging nothing changes no bit', () => {
    const statistic = of([1, 2, 4])
    const before = bytesOf(statistic)
    statistic.merge(new Welford())
    expect(bytesOf(statistic)).toEqual(before)
    const empty = new Welford()
    empty.merge(statistic)
    expect(bytesOf(empty)).toEqual(before)
  })

  test('what would spoil it for ever is refused and changes nothing', () => {
    const statistic = of([1, 2, 4])
    const before = bytesOf(statistic)
    for (const x of [Number.NaN, Number.POSITIVE_INFINITY, 1e200, -1.7e308])
      expect(() => statistic.update(x)).toThrow('ML_VALUE')
    for (const weight of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => statistic.update(1, weight)).toThrow('ML_LABEL')
    expect(() => statistic.merge(of([1e200]))).toThrow('ML_VALUE')
    expect(bytesOf(statistic)).toEqual(before)
  })

  test('a snapshot restores every bit', () => {
    const statistic = of([0.1, 0.7, -1e9])
    const restored = new Welford()
    restored.restore(new ByteReader(bytesOf(statistic), 'test'))
    for (const each of [statistic, restored]) each.update(0.3)
    expect(bytesOf(restored)).toEqual(bytesOf(statistic))
  })

  test('damaged snapshots are refused by name', () => {
    const bytes = bytesOf(of([1, 2]))
    const restore = (change: (bytes: Uint8Array) => Uint8Array) => () =>
      new Welford().restore(new ByteReader(change(bytes.slice()), 'test'))
    expect(restore((b) => b.with(0, 2))).toThrow(
      'ML_VERSION: a running variance is stored as version 2, expected 1 or older',
    )
    expect(restore((b) => b.with(0, 0))).toThrow('ML_CORRUPT')
    expect(restore((b) => b.with(8, 0xff))).toThrow('ML_CORRUPT') // a negative weight
    expect(restore((b) => b.fill(0xff, 9, 17))).toThrow('ML_CORRUPT') // a mean that is NaN
    expect(restore((b) => b.subarray(0, 20))).toThrow('ML_CORRUPT')
  })
})
