import { expect, it } from 'vitest'
import { standardisedScore, updateAndStandardise, updateAndStandardisePresent } from './standardiser.ts'
import { newStep, SCORE, SCORE_BEFORE } from './step.ts'

/** Plays one input; the weight is 1, so that the score is the standardised value. */
function played(values: readonly number[]): { mean: number; sd: number; count: number; scaled: number } {
  const page = Float64Array.of(1, 0, 0, 0)
  const scaled = new Float64Array(1)
  for (const value of values) updateAndStandardise(page, 0, 1, Float64Array.of(value), scaled, newStep())
  return { mean: page[1], sd: page[2], count: page[3], scaled: scaled[0] }
}

it('keeps mean and deviation to 12 digits after 100,000 numbers, 8 digits where they differ by a 10⁸th', () => {
  const values = Array.from({ length: 100_000 }, (_, i) => ((i * 7919) % 1000) / 1000)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  const plain = played(values)
  expect(Math.abs(plain.mean / mean - 1)).toBeLessThan(1e-12)
  expect(Math.abs(plain.sd / Math.sqrt(variance) - 1)).toBeLessThan(1e-12)
  const far = played(values.map((value) => value + 1e8))
  expect(Math.abs(far.sd / Math.sqrt(variance) - 1)).toBeLessThan(1e-8)
})

it('gives 0 while all values are equal, and stays within √n', () => {
  expect(played([7, 7, 7])).toEqual({ mean: 7, sd: 0, count: 3, scaled: 0 })
  expect(played([0.1, 0.1, 0.1, 0.1]).scaled).toBe(0)
  expect(played([0, 0, 0, 1e15]).scaled).toBeCloseTo(Math.sqrt(3), 12)
  expect(played([5e-324, 1]).sd).toBe(0.5)
})

it("is River's order: the score before is that of the old scaler, the new value that of the new one", () => {
  const page = Float64Array.of(2, -1, 0, 0, 0, 0, 0, 0)
  const scaled = new Float64Array(2)
  const step = newStep()
  for (const [a, b] of [
    [1, 5],
    [3, -2],
    [2, 9],
    [-4, 0.5],
  ]) {
    const input = Float64Array.of(a, b)
    standardisedScore(page, 0, 2, input, step)
    const before = step[SCORE]
    updateAndStandardise(page, 0, 2, input, scaled, step)
    expect(Object.is(step[SCORE_BEFORE], before)).toBe(true)
    expect(step[SCORE]).toBe(2 * scaled[0] - scaled[1])
    standardisedScore(page, 0, 2, input, step)
    expect(step[SCORE]).toBeCloseTo(2 * scaled[0] - scaled[1], 14)
  }
})

it('counts each input by itself, so one that was missing or came later learns as fast as one from the start', () => {
  const page = new Float64Array(8)
  const scaled = new Float64Array(2)
  const missing = Uint8Array.of(0, 1)
  for (const a of [1, 2, 3, 4])
    updateAndStandardisePresent(page, 0, 2, Float64Array.of(a, 0), scaled, missing, newStep())
  expect([...page.subarray(5)]).toEqual([0, 0, 0])
  for (const b of [10, 20]) updateAndStandardise(page, 0, 2, Float64Array.of(2.5, b), scaled, newStep())
  expect([...page.subarray(5)]).toEqual([15, 5, 2])
  expect(page[4]).toBe(6)
})
