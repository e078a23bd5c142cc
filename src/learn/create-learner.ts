import { MillraceError } from '../errors.ts'
import type { Learner, LearnerOptions, LearnerSpec } from './learner.ts'
import { LinearLearner, type OneScoreSpec } from './linear/linear-learner.ts'
import type { SoftmaxSpec } from './linear/softmax.ts'
import { SoftmaxLearner } from './linear/softmax-learner.ts'
import { Stopping } from './stopping.ts'

/** How a learner is made of its spec. */
export type CreateLearner = (spec: LearnerSpec, options: LearnerOptions) => Learner

/** The learners of this library, by the kind of their spec. */
const learners: Readonly<Record<string, CreateLearner>> = {
  logistic: (spec, options) => new LinearLearner(spec as OneScoreSpec, options),
  linear: (spec, options) => new LinearLearner(spec as OneScoreSpec, options),
  svm: (spec, options) => new LinearLearner(spec as OneScoreSpec, options),
  softmax: (spec) => new SoftmaxLearner(spec as SoftmaxSpec),
}

/** A spec whose learner is not of this library holds how it is made under this key, which no plan shows. */
export const CREATE = Symbol('create')

/** Makes the learner of a spec, by `create` where it is not one of this library. @throws ML_PLAN when there is none of its kind */
export function createLearner(spec: LearnerSpec, options: LearnerOptions = {}, create?: CreateLearner): Learner {
  const own = create ?? (spec as { [CREATE]?: CreateLearner })[CREATE] ?? learnerOfKind(spec.kind)
  if (own !== undefined) {
    const learner = own(spec, options)
    return spec.stop === undefined ? learner : new Stopping(learner, spec.stop)
  }
  throw new MillraceError('ML_PLAN', {
    what: 'there is no learner of this kind',
    got: spec.kind,
    where: 'learner',
    remedy: `Known are: ${Object.keys(learners).join(', ')}; one of your own is made by defineLearner`,
  })
}

/** There is a learner of this kind in this library. */
export function isKnownLearner(kind: string): boolean {
  return Object.hasOwn(learners, kind)
}

function learnerOfKind(kind: string): CreateLearner | undefined {
  return isKnownLearner(kind) ? learners[kind] : undefined
}
