import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { EwMean } from './ew-mean.ts'

function of(fading: number, numbers: readonly number[], weights?: readonly number[]): EwMean {
  const mean = new EwMean(fading)
  for (const [i, x] of numbers.entries()) mean.update(x, weights?.[i])
  return mean
}

function bytesOf(mean: EwMean): Uint8Array {
  const writer = new ByteWriter()
  mean.snapshot(writer)
  return writer.finish()
}

describe('EwMean', () => {
  test('the example of its documentation', () => {
    expect(of(0.5, [1, 2, 3]).value).toBeCloseTo(2.4285714285714284, 15)
  })

  test('is 0 before any number and the first number after it', () => {
    expect([new EwMean(0.9).value, of(0.9, [3]).value]).toEqual([0, 3])
  })

  test('is the mean weighted by the powers of the factor', () => {
    const number = fc.record({
      x: fc.double({ min: -100, max: 100, noNaN: true }),
      weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
    })
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0.3, max: 1, noNaN: true }),
        (numbers, fading) => {
          let sum = 0
          let total = 0
          numbers.forEach(({ x, weight }, i) => {
            const faded = weight * fading ** (numbers.length - 1 - i)
            sum += x * faded
            total += faded
          })
          const mean = of(
            fading,
            numbers.map(({ x }) => x),
            numbers.map(({ weight }) => weight),
          )
          expect(mean.value).toBeCloseTo(sum / total, 9)
          expect(mean.weight / total).toBeCloseTo(1, 12)
        },
      ),
    )
  })

  test('with factor 1 it is the plain mean', () => {
    expect(of(1, [1, 2, 3, 10]).value).toBe(4)
  })

  test('a number of weight 0 only fades the others', () => {
    const mean = of(0.5, [4, 1000], [1, 0])
    expect([mean.value, mean.weight]).toEqual([4, 0.5])
    expect(of(0.5, [1000], [0]).value).toBe(0)
  })

  test('does not drift over a million equal numbers', () => {
    const mean = new EwMean(0.999)
    for (let i = 0; i < 1_000_000; i++) mean.update(0.1)
    expect(mean.value).toBe(0.1)
    expect(mean.weight).toBeCloseTo(1000, 6)
  })

  test('what would spoil it for ever is refused and changes nothing', () => {
    const mean = of(0.9, [1, -1e308])
    const before = bytesOf(mean)
    for (const x of [Number.NaN, Number.NEGATIVE_INFINITY, 1.7e308]) expect(() => mean.update(x)).toThrow('ML_VALUE')
    expect(() => mean.update(1, -1)).toThrow('ML_LABEL')
    expect(bytesOf(mean)).toEqual(before)
  })

  test.each([0, -0.5, 1.01, Number.NaN])('the factor %d is refused', (fading) => {
    expect(() => new EwMean(fading)).toThrow('ML_RANGE: the fading factor')
  })

  test('a snapshot restores every bit, and damaged ones are refused', () => {
    const mean = of(0.9, [0.1, 0.7])
    const bytes = bytesOf(mean)
    const restored = new EwMean(0.9)
    restored.restore(new ByteReader(bytes, 'test'))
    for (const each of [mean, restored]) each.update(0.3)
    expect(bytesOf(restored)).toEqual(bytesOf(mean))
    expect(() => restored.restore(new ByteReader(bytes.with(0, 9), 'test'))).toThrow('ML_VERSION')
    expect(() => restored.restore(new ByteReader(bytes.with(8, 0xff), 'test'))).toThrow('ML_CORRUPT')
  })
})
