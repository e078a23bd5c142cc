import { type LinearOptions, type LinearSpec, linearSpec } from './linear-options.ts'

export type LogisticOptions<T> = LinearOptions<T>

export interface LogisticSpec<T = never> extends LinearSpec<T, 'binary'> {
  readonly kind: 'logistic'
}

/**
 * Logistic regression, learned one record at a time. The probability of true is 1/(1 + e^−score), with
 * score = Σ weight · input + intercept; learning follows the slope of the log loss.
 *
 * Input     numeric inputs, standardised inside the model (first the scaler learns, then the record is standardised, as
 *           in River); categorical inputs as 0 or 1; a missing numeric input takes no part
 * Cost      memory (1 + accumulators) doubles an input, 3 more for each standardised one (2 in a model per key without
 *           nullable inputs), and 2 to 5 for the model; time in bench/
 * Order     sensitive; same records give identical bits
 * Snapshot  v1: the model's doubles, see linear-layout.ts
 * @throws ML_RANGE for l2 that is negative, above 1/rate, or given with `normalized`
 * @see River 0.26.1 `linear_model.LogisticRegression`. Differs in that the intercept learns at the rate of the weights.
 */
export function logistic<T>(options: LogisticOptions<T>): LogisticSpec<T> {
  return { kind: 'logistic', task: 'binary', ...linearSpec(options, 'logistic') }
}
