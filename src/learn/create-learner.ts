import { MillraceError } from '../errors.ts'
import type { BinaryLearner, BinarySpec, GrowingBinaryLearner, LearnerOptions } from './learner.ts'
import { LinearLearner } from './linear/linear-learner.ts'
import type { LogisticSpec } from './linear/logistic.ts'

/** The learners of two classes, by the kind of their spec. */
const binaryLearners: Readonly<Record<string, Create>> = {
  logistic: (spec, options) => new LinearLearner(spec as LogisticSpec, options),
}

type Create = (spec: BinarySpec, options: LearnerOptions) => BinaryLearner | GrowingBinaryLearner

/** Makes the learner of a spec. @throws ML_PLAN when there is none of its kind */
export function createBinaryLearner(
  spec: BinarySpec,
  options: LearnerOptions = {},
): BinaryLearner | GrowingBinaryLearner {
  const create = Object.hasOwn(binaryLearners, spec.kind) ? binaryLearners[spec.kind] : undefined
  if (create !== undefined) return create(spec, options)
  const remedy = `Known are: ${Object.keys(binaryLearners).join(', ')}`
  throw new MillraceError('ML_PLAN', {
    what: 'there is no learner of this kind',
    got: spec.kind,
    where: 'learner',
    remedy,
  })
}
