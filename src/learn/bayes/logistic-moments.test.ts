import { expect, it } from 'vitest'
import { exp } from '../../numeric/exp.ts'
import { sigmoid } from '../../numeric/sigmoid.ts'
import { CURVATURE, logisticMoments, SLOPE } from './logistic-moments.ts'

/** The moments of σ(t) N(t; m, v) by a sum of 40,000 terms. */
function plainMoments(mean: number, variance: number): [mean: number, variance: number] {
  let [zero, one, two] = [0, 0, 0]
  const sd = Math.sqrt(variance)
  for (let i = 0; i < 40_000; i++) {
    const t = mean + sd * (-12 + (i + 0.5) * 7e-4)
    const weight = exp(-0.5 * ((t - mean) / sd) ** 2) * sigmoid(t)
    zero += weight
    one += weight * (t - mean)
    two += weight * (t - mean) ** 2
  }
  return [mean + one / zero, two / zero - (one / zero) ** 2]
}

const moments = new Float64Array(2)

it('gives the moments of the score after the label', () => {
  for (const variance of [1e-6, 0.01, 0.3, 1, 3, 3.3, 10, 30, 99, 399, 401, 3000, 1e5]) {
    const sd = Math.sqrt(variance)
    for (const mean of [0, 0.5, -0.5, 2, -2, 5, -5, sd, -sd, 3 * sd, -3 * sd]) {
      const [newMean, newVariance] = plainMoments(mean, variance)
      logisticMoments(mean, variance, moments)
      const shift = variance * moments[SLOPE]
      expect(Math.abs(mean + shift - newMean), `mean ${mean}, variance ${variance}`).toBeLessThanOrEqual(
        2e-3 * Math.max(shift, sd * 1e-2) + 1e-12,
      )
      const after = variance * (1 - variance * moments[CURVATURE])
      expect(Math.abs(after - newVariance), `mean ${mean}, variance ${variance}`).toBeLessThanOrEqual(
        2e-2 * newVariance,
      )
    }
  }
})

it('is p − 1 and p (1 − p) where the score is all but known', () => {
  for (const mean of [-30, -3, 0, 1, 8]) {
    logisticMoments(mean, 1e-12, moments)
    const p = sigmoid(mean)
    expect(moments[SLOPE]).toBeCloseTo(1 - p, 9)
    expect(Math.abs(moments[CURVATURE] / (p * (1 - p)) - 1)).toBeLessThan(1e-5)
  }
})

it('is finite for any score, and draws no further than the variance', () => {
  for (const variance of [0, 1e-300, 1e-9, 1, 90, 1e3, 1e20, 1e80]) {
    for (const mean of [0, -1, 50, -50, 800, -800, -1e6, 1e9, -1e30, 1e60]) {
      logisticMoments(mean, variance, moments)
      const [slope, curvature] = moments
      expect(slope >= 0 && slope <= 1, `slope at ${mean}, ${variance}`).toBe(true)
      expect(curvature >= 0 && curvature * variance <= 1.0001, `curvature at ${mean}, ${variance}`).toBe(true)
    }
  }
})
