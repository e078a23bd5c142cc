import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sigmoid } from '../../numeric/sigmoid.ts'
import { probabilityOf } from './probability.ts'

it('stays within 2 units in the last place of the exact logistic function', () => {
  fc.assert(
    fc.property(fc.double({ min: -699, max: 699, noNaN: true }), (score) => {
      const exact = sigmoid(score)
      expect(Math.abs(probabilityOf(score) - exact)).toBeLessThanOrEqual(2 * 2 ** -52 * exact)
    }),
    { numRuns: 20_000 },
  )
})

it('is 1/2 at 0, 0 and 1 far out, never leaves them, and keeps NaN', () => {
  expect([0, -0].map(probabilityOf)).toEqual([0.5, 0.5])
  expect([-Infinity, -1e308, -700, 700, 1e308, Infinity].map(probabilityOf)).toEqual([0, 0, 0, 1, 1, 1])
  expect(probabilityOf(-699.9)).toBeGreaterThan(0)
  expect(probabilityOf(NaN)).toBeNaN()
  let last = 0
  for (let score = -60; score <= 60; score += 1 / 64) {
    const probability = probabilityOf(score)
    expect(probability >= last && probability <= 1).toBe(true)
    last = probability
  }
})
