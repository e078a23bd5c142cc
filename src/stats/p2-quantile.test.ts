import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ReferenceP2 } from './p2-quantile.reference.ts'
import { isCorruptP2, P2_DOUBLES, quantileP2, updateP2 } from './p2-quantile.ts'

function played(values: readonly number[], q: number): Float64Array {
  const page = new Float64Array(P2_DOUBLES + 2).fill(7)
  values.forEach((value, count) => {
    updateP2(page, 1, count, q, value)
  })
  return page
}

// Jain & Chlamtac 1985, table I: the median of these 20 observations, to the digits printed there.
const observations = [
  0.02, 0.15, 0.74, 3.39, 0.83, 22.37, 10.15, 15.43, 38.62, 15.92, 34.6, 10.28, 1.47, 0.4, 0.05, 11.39, 0.27, 0.42,
  0.09, 11.37,
]

it('has the markers of the example in the paper', () => {
  const page = played(observations, 0.5)
  expect([...page.subarray(1, 6)].map((height) => height.toFixed(2))).toEqual([
    '0.02',
    '0.49',
    '4.44',
    '17.20',
    '38.62',
  ])
  expect([...page.subarray(6, 9)]).toEqual([6, 10, 16])
  expect([page[0], page[9]]).toEqual([7, 7])
})

it('is what the paper says, to the bit, on random streams with ties', () => {
  const value = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ min: -1e6, max: 1e6, noNaN: true }))
  fc.assert(
    fc.property(fc.array(value, { minLength: 5, maxLength: 200 }), fc.constantFrom(0.25, 0.5, 0.75), (values, q) => {
      const reference = new ReferenceP2(q)
      for (const each of values) reference.add(each)
      const page = played(values, q)
      expect([...page.subarray(1, 6)].map((height) => height + 0)).toEqual(
        reference.heights.map((height) => height + 0),
      )
      expect([...page.subarray(6, 9)]).toEqual(reference.positions.slice(1, 4))
    }),
    { numRuns: 2000 },
  )
})

it('is the value at ⌊count · q⌋ of the first five', () => {
  expect([[3], [3, 1], [3, 1, 2], [3, 1, 2, 9]].map((few) => quantileP2(played(few, 0.5), 1, few.length, 0.5))).toEqual(
    [3, 3, 2, 3],
  )
})

it('stays between the extremes, in order and finite, whatever comes', () => {
  const value = fc.oneof(
    fc.double({ min: -1e20, max: 1e20, noNaN: true }),
    fc.constantFrom(0, 1, 1, 5e-324, -1e20, 1e20),
  )
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.constantFrom(0.25, 0.5, 0.75), (values, q) => {
      const page = played(values, q)
      expect(isCorruptP2(page, 1, values.length)).toBe(false)
      const quantile = quantileP2(page, 1, values.length, q)
      expect(quantile >= Math.min(...values) && quantile <= Math.max(...values)).toBe(true)
    }),
    { numRuns: 3000 },
  )
})

it('comes within a hundredth of the true quartiles of 100,000 uniform numbers', () => {
  const values = Array.from({ length: 100_000 }, (_, i) => ((i * 7919) % 100_003) / 100_003)
  for (const q of [0.25, 0.5, 0.75])
    expect(Math.abs(quantileP2(played(values, q), 1, 100_000, q) - q)).toBeLessThan(0.01)
})
