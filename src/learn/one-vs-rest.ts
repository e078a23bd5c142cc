import { MillraceError } from '../errors.ts'
import { type ClassOptions, checkedClasses } from './class-options.ts'
import { CREATE, type CreateLearner } from './create-learner.ts'
import type { LearnerSpec } from './learner.ts'
import { OneVsRest, type OneVsRestSpec } from './one-vs-rest-learner.ts'

/**
 * Makes a learner of several classes of one of true and false: a model for each class, which learns whether a record is of
 * it. The probabilities of the classes seen so far are those models', scaled to sum to 1.
 *
 * Input     that of the learner. A class that is seen later learns from its first record on
 * Weight    means what it means to the learner
 * Cost      that of the learner, times the classes seen; memory for all that there may be: name the classes, or set
 *           `maxClasses`, where a model has many inputs or there is one for each key
 * Order     sensitive; same records give identical bits
 * Snapshot  v1: see one-vs-rest-learner.ts
 * @param learner the spec of a binary learner: oneVsRest(passiveAggressive({ inputs }))
 * @throws ML_PLAN when the learner is not binary; ML_RANGE for classes
 * @see River 0.26.1 `multiclass.OneVsRestClassifier`, whose order this is. Each class's model has its own scaler here
 */
export function oneVsRest<T>(learner: LearnerSpec<T, 'binary'>, options: ClassOptions = {}): OneVsRestSpec<T> {
  if (learner?.task !== 'binary' || typeof learner.kind !== 'string') {
    throw new MillraceError('ML_PLAN', {
      what: 'oneVsRest takes the spec of a learner of true and false',
      got: learner?.task === undefined ? learner : `${learner.kind}, of task ${learner.task}`,
      where: 'oneVsRest',
      remedy: 'Give logistic({ inputs }), passiveAggressive({ inputs }) or the like',
    })
  }
  const { inputs } = learner
  const spec: OneVsRestSpec<T> = {
    kind: 'oneVsRest',
    task: 'multiclass',
    inputs,
    learner,
    ...checkedClasses(options, 'oneVsRest'),
  }
  const create = (learner as { [CREATE]?: CreateLearner })[CREATE]
  if (create === undefined) return spec
  const own: CreateLearner = (made, settings) => {
    const inner = { ...(made as OneVsRestSpec).learner, inputs: made.inputs }
    return new OneVsRest(made as OneVsRestSpec, create(inner as LearnerSpec, settings), true)
  }
  return { ...spec, [CREATE]: own } as OneVsRestSpec<T>
}
