import { describe, it } from 'vitest'
import type { FeatureSpec } from '../../features/feature-spec.ts'
import { learnerChecks } from '../../testing/learner-suite.ts'
import { bayesLinear } from '../bayes/bayes-linear.ts'
import { bayesLogistic } from '../bayes/bayes-logistic.ts'
import { naiveBayes } from '../bayes/naive-bayes.ts'
import { createLearner } from '../create-learner.ts'
import type { LearnerSpec } from '../learner.ts'
import { adagrad } from '../linear/adagrad.ts'
import { logistic } from '../linear/logistic.ts'
import { normalized } from '../linear/normalized.ts'
import { sgd } from '../linear/sgd.ts'
import { alma } from '../margin/alma.ts'
import { arow } from '../margin/arow.ts'
import { perceptron } from '../margin/perceptron.ts'
import { oneVsRest } from '../one-vs-rest.ts'
import { type AnyTransformerSpec, compose } from './compose.ts'
import { imputer } from './imputer.ts'
import { minMax } from './min-max.ts'
import { interactions, polynomial } from './products.ts'
import { randomFourier } from './random-fourier.ts'
import { robustScaler } from './robust-scaler.ts'
import { standardScaler } from './standard-scaler.ts'
import { targetEncoding } from './target-encoding.ts'

const places = { 'weights stay': 'weights have other places than the slots of the encoder' }
const fills = {
  'always missing': 'what is missing has a value here',
  'takes no part': 'what is missing has a value here',
}

interface Variant {
  readonly transformers: readonly AnyTransformerSpec[]
  readonly optimizer?: ReturnType<typeof sgd>
  readonly standardise?: boolean
  readonly skip?: { readonly [title: string]: string }
}

const variants: Record<string, Variant> = {
  'standardScaler, sgd': { transformers: [standardScaler()], standardise: false },
  'minMax, adagrad': { transformers: [minMax()], optimizer: adagrad(0.3) },
  'robustScaler, normalized': {
    transformers: [robustScaler()],
    optimizer: normalized(0.5),
    standardise: false,
  },
  'imputer by mean': { transformers: [imputer('mean')], skip: fills },
  'imputer by median, with indicators': {
    transformers: [imputer('median', { indicator: true })],
    skip: { ...fills, ...places },
  },
  'imputer by last, then minMax': { transformers: [imputer('last'), minMax()], skip: fills },
  'imputer by constant': { transformers: [imputer('constant', { value: 0.1 })], skip: fills },
  'minMax, interactions': { transformers: [minMax(), interactions()], optimizer: adagrad(0.3), skip: places },
  'polynomial of degree 3': { transformers: [standardScaler(), polynomial(3)], optimizer: adagrad(0.1), skip: places },
  'standardScaler, randomFourier': {
    transformers: [standardScaler(), randomFourier(40, { gamma: 0.2, seed: 3 })],
    optimizer: adagrad(0.3),
    standardise: false,
    skip: {
      ...places,
      'always missing': 'weights are not of one input',
      'an edit of the features': 'every weight speaks of all inputs, see the tests of randomFourier',
    },
  },
  targetEncoding: { transformers: [targetEncoding('d')], skip: places },
  'targetEncoding beside the category, twice': {
    transformers: [targetEncoding('d', { keep: true, prior: 0.5 }), minMax(), targetEncoding('e', { weight: 2 })],
    skip: places,
  },
  everything: {
    transformers: [
      imputer('mean', { indicator: true }),
      robustScaler(),
      targetEncoding('d', { keep: true }),
      interactions(),
      standardScaler(),
    ],
    optimizer: adagrad(0.1),
    skip: { ...fills, ...places },
  },
}

type Inputs = { readonly spec: FeatureSpec }

// The others of the library: what a learner must do, it does behind transformers.
const learners: Record<string, (inputs: Inputs) => unknown> = {
  bayesLinear: (inputs) => bayesLinear({ inputs }),
  'bayesLogistic, diagonal': (inputs) => bayesLogistic({ inputs, covariance: 'diagonal' }),
  naiveBayes: (inputs) => naiveBayes({ inputs }),
  'naiveBayes of classes': (inputs) => naiveBayes({ inputs, maxClasses: 4 }),
  perceptron: (inputs) => perceptron({ inputs }),
  alma: (inputs) => alma({ inputs }),
  arow: (inputs) => arow({ inputs }),
  'oneVsRest of logistic': (inputs) => oneVsRest(logistic({ inputs, optimizer: sgd(0.1) }) as never, { maxClasses: 4 }),
}
const chains: Record<string, Pick<Variant, 'transformers' | 'skip'>> = {
  standardScaler: { transformers: [standardScaler()], skip: places },
  'imputer, minMax, interactions': {
    transformers: [imputer('mean'), minMax(), interactions()],
    skip: { ...fills, ...places },
  },
  targetEncoding: { transformers: [targetEncoding('d')], skip: places },
}

describe('other learners behind transformers', () => {
  for (const [learner, make] of Object.entries(learners)) {
    for (const [chain, { transformers, skip }] of Object.entries(chains)) {
      if (chain === 'targetEncoding' && /classes|oneVsRest/.test(learner)) continue
      const subject = {
        name: `${learner} behind ${chain}`,
        spec: (inputs: Inputs) => make(compose(inputs, ...transformers)) as LearnerSpec,
        create: (spec: LearnerSpec) => createLearner(spec, { inputOf: () => 0 }),
        skip,
      }
      for (const check of learnerChecks(subject)) {
        it.skipIf(check.skip !== undefined)(check.title, () => check.run())
      }
    }
  }
})

describe('a learner behind transformers', () => {
  for (const [name, { transformers, optimizer = sgd(0.1), standardise, skip }] of Object.entries(variants)) {
    const subject = {
      name,
      spec: (inputs: { readonly spec: FeatureSpec }): LearnerSpec =>
        logistic({ inputs: compose(inputs, ...transformers), optimizer, standardise }) as LearnerSpec,
      // Slots 3 and on are the categories of d.
      create: (spec: LearnerSpec) => createLearner(spec, { inputOf: () => 0 }),
      skip,
    }
    for (const check of learnerChecks(subject)) {
      it.skipIf(check.skip !== undefined)(check.title, () => check.run())
    }
  }
})
