import type { FeatureSpec } from '../../features/feature-spec.ts'
import type { LearnerSpec } from '../learner.ts'
import type { OptimizerSpec } from './optimizer.ts'
import { checkOption } from './rate.ts'
import { sgd } from './sgd.ts'

export interface LogisticOptions<T> {
  /** What the model sees: `features(schema)...`. */
  readonly inputs: { readonly spec: FeatureSpec<T> }
  /** `sgd(0.01)` by default; or `invScaling`, `adagrad`, `normalized`. */
  readonly optimizer?: OptimizerSpec
  /** Numeric inputs by their running mean and deviation; true by default. `normalized` can do without. */
  readonly standardise?: boolean
  /** Shrinks the weights used, by this share of the rate at each record; 0 by default. Not with `normalized`. */
  readonly l2?: number
  /** True by default. */
  readonly intercept?: boolean
}

export interface LogisticSpec<T = never> extends LearnerSpec<T, 'binary'> {
  readonly kind: 'logistic'
  readonly optimizer: OptimizerSpec
  readonly standardise: boolean
  readonly l2: number
  readonly intercept: boolean
}

/**
 * Logistic regression, learned one record at a time. The probability of true is 1/(1 + e^−score), with
 * score = Σ weight · input + intercept; learning follows the slope of the log loss.
 *
 * Input     numeric inputs, standardised inside the model (first the scaler learns, then the record is standardised, as
 *           in River); categorical inputs as 0 or 1; a missing numeric input takes no part
 * Cost      20 numeric inputs: about 95 ns a record, 235 ns standardised; memory (1 + accumulators) doubles an input,
 *           3 more for each standardised one (2 in a model per key without nullable inputs), and 2 to 5 for the model
 * Order     sensitive; same records give identical bits
 * Snapshot  v1: the model's doubles, see linear-learner.ts
 * @throws ML_RANGE for l2 that is negative, above 1/rate, or given with `normalized`
 * @see River 0.26.1 `linear_model.LogisticRegression`. Differs in that the intercept learns at the rate of the weights.
 */
export function logistic<T>(options: LogisticOptions<T>): LogisticSpec<T> {
  const { inputs, optimizer = sgd(0.01), standardise = true, l2 = 0, intercept = true } = options
  if (optimizer.kind === 'normalized') {
    checkOption('l2', l2, l2 === 0, '0 with normalized, whose rates differ by input', 'logistic')
  }
  checkOption('l2', l2, l2 >= 0 && l2 * optimizer.rate <= 1, `0 to 1/rate = ${1 / optimizer.rate}`, 'logistic')
  return { kind: 'logistic', task: 'binary', inputs: inputs.spec, optimizer, standardise, l2, intercept }
}
