import fc from 'fast-check'
import { expect, it } from 'vitest'
import { exp, expm1 } from '../../numeric/exp.ts'
import { invariantStep } from './invariant-step.ts'

const margins = fc.double({ min: -50, max: 50, noNaN: true })
const lengths = fc.oneof(
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.integer({ min: -250, max: 46 }).map((power) => Number(`1e${power}`)),
)

it('solves δ + e^m (e^δ − 1) = length to 14 digits', () => {
  fc.assert(
    fc.property(margins, lengths, (margin, length) => {
      const step = invariantStep(margin, length)
      expect(step >= 0 && step <= length).toBe(true)
      const back = step + exp(margin) * expm1(step)
      // Near a large step the left side is steep: an ulp of the step shows as many of the length.
      expect(Math.abs(back - length)).toBeLessThanOrEqual(1e-14 * Math.max(1, step) * length + 1e-280)
    }),
    { numRuns: 5_000 },
  )
})

it('moves by one long step as by many short ones, so a weight of 10 counts as ten records', () => {
  for (const margin of [-20, -1, 0, 2, 30]) {
    let walked = margin
    for (let i = 0; i < 10; i++) walked += invariantStep(walked, 0.7)
    expect(margin + invariantStep(margin, 7)).toBeCloseTo(walked, 12)
  }
})
