/**
 * Two models by margin of one layout becoming one, in the place of the first.
 *
 * A weight counts by the steps of its model; where weights have variances, by those: the product of both beliefs, with what
 * they began with counted once. Scalers join as if one had seen both streams.
 * @see Chan, Golub, LeVeque 1983 (scalers); McDonald, Hall, Mann 2010 (averaged perceptrons)
 */
import { joinScalers } from '../linear/join-scalers.ts'
import { SCALER_DOUBLES } from '../linear/standardiser.ts'
import { type MergedRows, STEPS } from './margin-rule.ts'

/** Two rows, and the share of the second one by steps. */
export interface Rows extends MergedRows {
  readonly share: number
}

export function rowsOf(page: Float64Array, offset: number, other: Float64Array, otherOffset: number): Rows {
  const [steps, otherSteps] = [page[offset + STEPS], other[otherOffset + STEPS]]
  return { page, offset, other, otherOffset, share: otherSteps / (steps + otherSteps) }
}

export function mergeWeight({ page, offset, other, otherOffset, share }: Rows, at: number): void {
  page[offset + at] += share * (other[otherOffset + at] - page[offset + at])
}

/** Variances v and u become v·u/(v + u − v·u): precisions add up, less the one of the prior, which is 1. */
export function mergeBelief(rows: Rows, at: number, varianceAt: number): void {
  const { page, offset, other, otherOffset } = rows
  const v = page[offset + varianceAt]
  const u = other[otherOffset + varianceAt]
  const both = v + u - v * u
  if (both === 0) {
    mergeWeight(rows, at)
    return
  }
  page[offset + at] = (page[offset + at] * u + other[otherOffset + at] * v) / both
  page[offset + varianceAt] = (v * u) / both
}

/** Mean, deviation and count of each input, from `at` on. */
export function mergeScaler({ page, offset, other, otherOffset }: Rows, at: number, inputs: number): void {
  for (let j = 0; j < inputs; j++) {
    const own = offset + at + SCALER_DOUBLES * j
    const from = otherOffset + at + SCALER_DOUBLES * j
    const otherCount = other[from + 2]
    if (otherCount === 0) continue
    const count = page[own + 2] + otherCount
    joinScalers(page, own, other, from, otherCount / count)
    page[own + 2] = count
  }
}
