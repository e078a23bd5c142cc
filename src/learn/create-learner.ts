import { MillraceError } from '../errors.ts'
import type { BayesLinearSpec } from './bayes/bayes-linear.ts'
import { BayesLinearLearner } from './bayes/bayes-linear-learner.ts'
import type { BayesLogisticSpec } from './bayes/bayes-logistic.ts'
import { BayesLogisticLearner } from './bayes/bayes-logistic-learner.ts'
import type { NaiveBayesSpec } from './bayes/naive-bayes.ts'
import { NaiveBayesLearner } from './bayes/naive-bayes-learner.ts'
import type { Learner, LearnerOptions, LearnerSpec } from './learner.ts'
import { LinearLearner, type OneScoreSpec } from './linear/linear-learner.ts'
import type { SoftmaxSpec } from './linear/softmax.ts'
import { SoftmaxLearner } from './linear/softmax-learner.ts'
import { Alma, type AlmaSpec } from './margin/alma.ts'
import { Arow, type ArowSpec } from './margin/arow.ts'
import { MarginLearner } from './margin/margin-learner.ts'
import {
  PassiveAggressive,
  type PassiveAggressiveRegressionSpec,
  type PassiveAggressiveSpec,
} from './margin/passive-aggressive.ts'
import { Perceptron, type PerceptronSpec } from './margin/perceptron.ts'
import { OneVsRest, type OneVsRestSpec } from './one-vs-rest-learner.ts'
import { Stopping } from './stopping.ts'
import { ComposedLearner } from './transform/composed-learner.ts'

/** How a learner is made of its spec. */
export type CreateLearner = (spec: LearnerSpec, options: LearnerOptions) => Learner

/** The learners of this library, by the kind of their spec. */
const learners: Readonly<Record<string, CreateLearner>> = {
  bayesLinear: (spec) => new BayesLinearLearner(spec as BayesLinearSpec),
  bayesLogistic: (spec) => new BayesLogisticLearner(spec as BayesLogisticSpec),
  passiveAggressive: (spec) =>
    new MarginLearner(spec as PassiveAggressiveSpec, new PassiveAggressive(spec as PassiveAggressiveSpec)),
  passiveAggressiveRegression: (spec) =>
    new MarginLearner(
      spec as PassiveAggressiveRegressionSpec,
      new PassiveAggressive(spec as PassiveAggressiveRegressionSpec),
    ),
  perceptron: (spec) => new MarginLearner(spec as PerceptronSpec, new Perceptron()),
  alma: (spec) => new MarginLearner(spec as AlmaSpec, new Alma(spec as AlmaSpec)),
  arow: (spec) => new MarginLearner(spec as ArowSpec, new Arow(spec as ArowSpec)),
  oneVsRest: (spec, options) => {
    // What the learner of a class sees is what reaches the whole: transformers stand before it, once.
    const inner = { ...(spec as OneVsRestSpec).learner, inputs: spec.inputs } as LearnerSpec
    return new OneVsRest(spec as OneVsRestSpec, createLearner(inner, options))
  },
  naiveBayes: (spec) => new NaiveBayesLearner(spec as NaiveBayesSpec),
  logistic: (spec, options) => new LinearLearner(spec as OneScoreSpec, options),
  linear: (spec, options) => new LinearLearner(spec as OneScoreSpec, options),
  svm: (spec, options) => new LinearLearner(spec as OneScoreSpec, options),
  softmax: (spec) => new SoftmaxLearner(spec as SoftmaxSpec),
}

/** A spec whose learner is not of this library holds how it is made under this key, which no plan shows. */
export const CREATE = Symbol('create')

/**
 * Makes the learner of a spec, by `create` where it is not one of this library, behind the transformers of its inputs.
 * @throws ML_PLAN when there is none of its kind
 */
export function createLearner(spec: LearnerSpec, options: LearnerOptions = {}, create?: CreateLearner): Learner {
  const own = create ?? (spec as { [CREATE]?: CreateLearner })[CREATE] ?? learnerOfKind(spec.kind)
  if (own !== undefined) {
    const composed = (spec.inputs.transformers?.length ?? 0) > 0
    const learner = composed ? new ComposedLearner(spec, options, own) : own(spec, options)
    return spec.stop === undefined ? learner : new Stopping(learner, spec.stop, spec.inputs.numeric.length)
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

/** The learner of a spec, and that of the spec in it, are of this library: no function of the user's is needed to make it. */
export function isLibraryLearner(spec: Pick<LearnerSpec, 'kind'>): boolean {
  const { kind, learner } = spec as { kind: string; learner?: LearnerSpec }
  return isKnownLearner(kind) && (learner === undefined || isLibraryLearner(learner))
}

function learnerOfKind(kind: string): CreateLearner | undefined {
  return isKnownLearner(kind) ? learners[kind] : undefined
}
