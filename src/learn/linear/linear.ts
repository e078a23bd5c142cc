import { type LinearOptions, type LinearSpec, linearSpec } from './linear-options.ts'
import { type RegressionLoss, squared } from './losses.ts'

export interface RegressionOptions<T> extends LinearOptions<T> {
  /** `squared()` by default; or `huber(delta)`, `quantile(tau)`, `poisson()`. */
  readonly loss?: RegressionLoss
}

export interface RegressionSpec<T = never> extends LinearSpec<T, 'regression'> {
  readonly kind: 'linear'
  readonly loss: RegressionLoss
}

/**
 * Linear regression, learned one record at a time: value = Σ weight · input + intercept; of counts (`poisson`) e to that.
 *
 * Input     as `logistic`; labels up to 1e15 either way, of counts 0 or more
 * Cost      as `logistic`
 * Order     sensitive; same records give identical bits
 * Snapshot  v1: the model's doubles, see linear-layout.ts
 * Does not explode: where a record is so large that plain descent would pass its label, the step ends at the label.
 * @throws ML_RANGE
 * @see River 0.26.1 `linear_model.LinearRegression`: the same digits while its steps are stable and the intercept learns
 *   at the rate of the weights.
 */
export function linear<T>(options: RegressionOptions<T>): RegressionSpec<T> {
  const { loss = squared() } = options
  const spec = linearSpec(options, 'linear')
  return { kind: 'linear', task: 'regression', loss, ...(loss.kind === 'poisson' ? { counts: true } : {}), ...spec }
}
