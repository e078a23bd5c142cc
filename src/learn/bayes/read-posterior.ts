import type { Learner, PosteriorState } from '../learner.ts'
import type { Posterior } from './posterior.ts'

/**
 * The posterior of a model of `bayesLinear` or `bayesLogistic`: means, covariance and precision of intercept and weights,
 * intercept first, then by slot. Undefined for learners that have none.
 *
 * Cost      O(d³) for d slots, and 2 d² doubles
 */
export function readPosterior(
  learner: Learner,
  page: Float64Array,
  offset: number,
  slots: number,
): PosteriorState | undefined {
  return learner.posterior?.(page, offset, slots)
}

/** The state of a posterior whose variances are in some unit. */
export function stateOf(
  posterior: Posterior,
  page: Float64Array,
  at: number,
  slots: number,
  unit: number,
): PosteriorState {
  const { intercept, weights } = posterior.weights(page, at, slots)
  const mean = new Float64Array(slots + 1)
  mean[0] = intercept
  mean.set(weights, 1)
  const covariance = posterior.covariance(page, at, slots).map((value) => value * unit)
  const precision = posterior.precision(page, at, slots).map((value) => value / unit)
  return { mean, covariance, precision }
}
