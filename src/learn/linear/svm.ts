import { type LinearOptions, type LinearSpec, linearSpec } from './linear-options.ts'
import { hinge, type MarginLoss } from './losses.ts'

export interface SvmOptions<T> extends LinearOptions<T> {
  /** `hinge()` by default, or `squaredHinge()`. */
  readonly loss?: MarginLoss
}

export interface SvmSpec<T = never> extends LinearSpec<T, 'binary'> {
  readonly kind: 'svm'
  readonly loss: MarginLoss
}

/**
 * A linear support vector machine, learned one record at a time: records on the right side by a margin of 1 move nothing.
 *
 * The probability is 1/(1 + e^−score), as if the score were that of a logistic regression. It orders records as the score
 * does and is above one half for true; it is not calibrated.
 *
 * Input     as `logistic`
 * Cost      as `logistic`
 * Order     sensitive; same records give identical bits
 * Snapshot  v1: the model's doubles, see linear-layout.ts
 * With `invScaling(1 / l2, 1)` and l2 it is Pegasos without its projection.
 * @throws ML_RANGE
 * @see Shalev-Shwartz et al. 2007; River 0.26.1 `linear_model.LogisticRegression` with `optim.losses.Hinge`
 */
export function svm<T>(options: SvmOptions<T>): SvmSpec<T> {
  const { loss = hinge() } = options
  return { kind: 'svm', task: 'binary', loss, ...linearSpec(options, 'svm') }
}
