import type { LearnerSpec } from '../learner.ts'
import { type LinearOptions, type LinearSpec, linearSpec } from './linear-options.ts'
import { isInvariant } from './optimizer.ts'
import { checkOption } from './rate.ts'

export interface SoftmaxOptions<T> extends LinearOptions<T> {
  /** The names of the classes, where they are known; a model per key needs them. */
  readonly classes?: LearnerSpec['classes']
  /** How many classes there may be, where they are not known; 32 by default. */
  readonly maxClasses?: LearnerSpec['maxClasses']
}

export interface SoftmaxSpec<T = never> extends LinearSpec<T, 'multiclass'> {
  readonly kind: 'softmax'
}

/**
 * Softmax regression over several classes, learned one record at a time. Every class has a score of its own; its
 * probability is e^score over the sum of all; learning follows the slope of the cross-entropy.
 *
 * Input     as `logistic`; a class that is not declared begins to count with its first label
 * Cost      classes (room for all, work for those seen) times `logistic`
 * Order     sensitive; same records give identical bits
 * Snapshot  v1: the model's doubles, see softmax-learner.ts
 * @throws ML_RANGE, also with `normalized` and `importanceAware`, which are made for one score
 * @see River 0.26.1 `linear_model.SoftmaxRegression`, which has no intercept
 */
export function softmax<T>(options: SoftmaxOptions<T>): SoftmaxSpec<T> {
  const { classes, maxClasses } = options
  const spec = linearSpec(options, 'softmax')
  const { kind } = spec.optimizer
  checkOption('optimizer', kind, !isInvariant(spec.optimizer), 'made for several classes', 'softmax')
  const count = classes?.length ?? maxClasses ?? 2
  checkOption('classes', count, Number.isSafeInteger(count) && count >= 2 && count <= 10_000, '2 to 10000', 'softmax')
  return {
    kind: 'softmax',
    task: 'multiclass',
    ...spec,
    ...(classes === undefined ? {} : { classes }),
    ...(maxClasses === undefined ? {} : { maxClasses }),
  }
}
