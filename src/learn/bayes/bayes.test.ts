import { describe, it } from 'vitest'
import { learnerChecks } from '../../testing/learner-suite.ts'
import type { LearnerSubject } from '../../testing/learner-trial.ts'
import { createLearner } from '../create-learner.ts'
import { type BayesLinearOptions, bayesLinear } from './bayes-linear.ts'
import { bayesLogistic } from './bayes-logistic.ts'
import type { BayesOptions } from './options.ts'

const common: Record<string, Omit<BayesOptions<never>, 'inputs'>> = {
  full: {},
  'full, forgetting': { forgetting: 0.99 },
  diagonal: { covariance: 'diagonal' },
  'diagonal, forgetting': { covariance: 'diagonal', forgetting: 0.995, prior: { precision: 0.1 } },
  'own prior': { prior: { precision: 1, precisions: { intercept: 0.01 } }, interval: 0.5 },
}
const linear: Record<string, Omit<BayesLinearOptions<never>, 'inputs'>> = {
  ...common,
  'known noise': { noise: { sd: 0.2 } },
  'known noise, forgetting': { noise: { precision: 4 }, forgetting: 0.95 },
  robust: { robust: 4 },
  'robust, known noise, diagonal': { robust: 3, noise: { sd: 0.3 }, covariance: 'diagonal' },
}

const marginalised = { 'weights stay': 'what is left out is integrated over, which rounds' }
const create = createLearner as LearnerSubject['create']

for (const [name, options] of Object.entries(linear)) {
  const skip = options.covariance === 'diagonal' ? {} : marginalised
  const subject = {
    name: `bayesLinear, ${name}`,
    spec: (inputs: BayesLinearOptions<never>['inputs']) => bayesLinear({ inputs, ...options }),
    create,
    skip,
  }
  describe(subject.name, () => {
    for (const check of learnerChecks(subject)) it(check.title, check.run)
  })
}

for (const [name, options] of Object.entries(common)) {
  const skip = options.covariance === 'diagonal' ? {} : marginalised
  const subject = {
    name: `bayesLogistic, ${name}`,
    spec: (inputs: BayesOptions<never>['inputs']) => bayesLogistic({ inputs, ...options }),
    create,
    skip,
  }
  describe(subject.name, () => {
    for (const check of learnerChecks(subject)) it(check.title, check.run)
  })
}
