/** A learner's prediction as one number, for tests. */
import type { FeatureVector } from '../features/feature-vector.ts'
import type { Learner } from './learner.ts'

export function predicted(learner: Learner, page: Float64Array, offset: number, x: FeatureVector): number {
  const out = new Float64Array(learner.outputs)
  learner.predictOne(page, offset, x, out)
  return out[0]
}

export function tested(
  learner: Learner,
  page: Float64Array,
  offset: number,
  x: FeatureVector,
  y: number,
  weight = 1,
): number {
  const out = new Float64Array(learner.outputs)
  learner.testThenTrain(page, offset, x, y, weight, out)
  return out[0]
}
