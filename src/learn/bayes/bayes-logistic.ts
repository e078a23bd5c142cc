import type { LearnerSpec } from '../learner.ts'
import { type BayesOptions, type BayesSpecParts, bayesParts } from './options.ts'

export interface BayesLogisticSpec<T = never> extends LearnerSpec<T, 'binary'>, BayesSpecParts {
  readonly kind: 'bayesLogistic'
}

/**
 * Bayesian logistic regression, learned one record at a time by assumed density filtering: after each record the normal
 * distribution of the weights with the moments that the record's probability asks for.
 *
 * With the mean m and the variance v of a record's score, the probability of true is σ(κ m), κ = 1/√(1 + π v/8): the
 * logistic function integrated over the posterior (to 0.01), so a model that knows little says little. The moments after
 * the label are integrals over the posterior too, to 1e-3. A step is short where the posterior is narrow or the label
 * expected, and never longer than v: one label against a sure prediction does not throw the model.
 *
 * Input     numeric inputs as they are; the prior's precision is per unit of the input, so inputs of very unlike size
 *           want precisions of their own. Categorical inputs as 0 or 1; a missing numeric input takes no part
 * Interval  of the probability, from the interval of the score; widened where needed to hold the prediction. A filter
 *           that sees each record once is a little too sure where the prior is wide: intervals of 90 % hold 89 to 91 % of
 *           true probabilities with weights of deviation 0.7 or less, 88 % with 1.4, 85 % with 3 (simulated)
 * Cost      10 and 50 numeric inputs: about 1 and 4 µs a record; (d² + 5d) / 2 doubles a model, for d slots.
 *           `diagonal`: a record O(active inputs), two doubles a slot
 * Weight    n counts as the record n times, up to 32; more as 32 records of weight n/32
 * Merge     average: the product of both posteriors over one prior
 * Order     sensitive; same records give identical bits
 * Snapshot  v1: the model's doubles, see bayes-logistic-learner.ts
 * @throws ML_RANGE for an option out of its range, or more than 512 slots with full covariance; ML_SCHEMA for a prior of
 *         what is no numeric input
 * @example bayesLogistic({ inputs: features(Mail).numeric('links').categorical('sender', { hashBits: 8 }) })
 * @see Spiegelhalter & Lauritzen 1990 (sequential updating); MacKay 1992, "The evidence framework applied to
 *      classification networks" (the integral); Opper 1998 (assumed density filtering); Graepel et al. 2010 (diagonal)
 */
export function bayesLogistic<T>(options: BayesOptions<T>): BayesLogisticSpec<T> {
  const { inputs } = options
  return { kind: 'bayesLogistic', task: 'binary', inputs: inputs.spec, ...bayesParts(options, 0.01, 'bayesLogistic') }
}
