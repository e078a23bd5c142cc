import type { LearnerSpec } from '../learner.ts'
import { type BayesOptions, type BayesSpecParts, bayesParts, refuse } from './options.ts'

/** The noise of labels about the line: known, or unknown with a guess that counts as so many records. */
export type NoiseOptions =
  | { readonly sd: number }
  | { readonly precision: number }
  | { readonly guess: number; readonly records: number }

export interface BayesLinearOptions<T> extends BayesOptions<T> {
  /** Unknown by default, with a guess of 1e-3 that counts as 3 records. Records must be above 2. */
  readonly noise?: NoiseOptions
  /** Degrees of freedom, above 2, of a Student-t noise: outliers count little. 4 is usual; normal noise by default. */
  readonly robust?: number
}

export interface BayesLinearSpec<T = never> extends LearnerSpec<T, 'regression'>, BayesSpecParts {
  readonly kind: 'bayesLinear'
  readonly noise: { readonly precision: number } | { readonly guess: number; readonly records: number }
  /** 0 for normal noise. */
  readonly robust: number
}

/**
 * Bayesian linear regression, learned one record at a time: the exact posterior of the weights, and with each prediction
 * its variance and an interval that holds the label with a probability of `interval`.
 *
 * The weights and the intercept, a weight like others, are normal with precision matrix Λ; noise of unknown size makes the
 * posterior normal–inverse-gamma and predictions Student-t, and priors are in units of the noise then. Λ is kept as a
 * square-root-free Cholesky factorisation that a record changes in O(d²); nothing is ever inverted.
 *
 * Input     numeric inputs as they are: the posterior does not depend on their units and offsets but for the prior, whose
 *           precision is per unit of the input. There is no standardiser: one that moves would make old records mean
 *           something else, and the merge inexact. Categorical inputs as 0 or 1; a missing numeric input takes no part
 * Cost      10 and 50 numeric inputs: about 0.3 and 1.8 µs a record; (d² + 5d) / 2 doubles a model, for d slots.
 *           `diagonal`: a record O(active inputs), two doubles a slot
 * Merge     exact: as if one model had learned all, but for rounding; with forgetting, robust or diagonal as an average
 * Order     insensitive but for rounding and for forgetting; same records give identical bits
 * Robust    a record whose residual is r at a predictive scale s counts (ν + 1) / (ν + r²/s²): one step of expectation
 *           maximisation for Student-t noise of ν degrees of freedom. With unknown noise only after as many records as
 *           there are numeric inputs, and ten more: before, s is a guess
 * Snapshot  v1: the model's doubles, see bayes-linear-learner.ts
 * @throws ML_RANGE for an option out of its range, or more than 512 slots with full covariance; ML_SCHEMA for a prior of
 *         what is no numeric input
 * @example bayesLinear({ inputs: features(Trip).numeric('distance'), forgetting: 0.999, interval: 0.95 })
 * @see Bishop 2006, 3.3 (known noise); Gelman et al. 2013, 14.2 (unknown noise); West & Harrison 1997, 4.3 and 6.3
 *      (forgetting); West 1981, Lange, Little & Taylor 1989 (Student-t noise). Differs from River 0.26.1
 *      `linear_model.BayesianLinearRegression` in that it has an intercept and that Λ begins at the prior's precision
 */
export function bayesLinear<T>(options: BayesLinearOptions<T>): BayesLinearSpec<T> {
  const where = 'bayesLinear'
  const { noise = { guess: 1e-3, records: 3 }, robust = 0 } = options
  if (robust !== 0) refuse('robust', robust, robust > 2 && robust <= 1e6, 'above 2, up to 1e6', where)
  return {
    kind: 'bayesLinear',
    task: 'regression',
    inputs: options.inputs.spec,
    noise: noiseSpec(noise, where),
    robust,
    ...bayesParts(options, 1e-3, where),
  }
}

function noiseSpec(noise: NoiseOptions, where: string): BayesLinearSpec['noise'] {
  if ('sd' in noise) {
    refuse('noise.sd', noise.sd, noise.sd >= 1e-6 && noise.sd <= 1e6, '1e-6 to 1e6', where)
    return { precision: 1 / (noise.sd * noise.sd) }
  }
  if ('precision' in noise) {
    const { precision } = noise
    refuse('noise.precision', precision, precision >= 1e-12 && precision <= 1e12, '1e-12 to 1e12', where)
    return { precision }
  }
  const { guess, records } = noise
  refuse('noise.guess', guess, guess >= 1e-9 && guess <= 1e9, '1e-9 to 1e9', where)
  refuse('noise.records', records, records > 2 && records <= 1e9, 'above 2, up to 1e9', where)
  return { guess, records }
}
