/** The Bayesian learners as `millrace eval` makes them of settings. */
import type { FeatureSpec } from '../features/feature-spec.ts'
import { bayesLinear } from '../learn/bayes/bayes-linear.ts'
import { bayesLogistic } from '../learn/bayes/bayes-logistic.ts'
import { naiveBayes } from '../learn/bayes/naive-bayes.ts'
import { type Covariance, fitsFullCovariance } from '../learn/bayes/options.ts'
import type { LearnerSpec } from '../learn/learner.ts'
import type { Settings } from './settings.ts'

type Inputs = { readonly spec: FeatureSpec }

/** `noise` is the standard deviation of the labels about the line, 0 where it is unknown. */
export function bayesLinearOf(inputs: Inputs, settings: Settings): LearnerSpec {
  const noise = settings.number('noise', 0)
  const robust = settings.number('robust', 0)
  const known = noise === 0 ? {} : { noise: { sd: noise } }
  return bayesLinear({ inputs, robust, ...known, ...commonOf(inputs, settings, 1e-3) })
}

export function bayesLogisticOf(inputs: Inputs, settings: Settings): LearnerSpec {
  return bayesLogistic({ inputs, ...commonOf(inputs, settings, 1e-2) })
}

export function naiveBayesOf(inputs: Inputs, several: boolean, maxClasses: number, settings: Settings): LearnerSpec {
  const smoothing = settings.number('smoothing', 1)
  return several ? naiveBayes({ inputs, smoothing, maxClasses }) : naiveBayes({ inputs, smoothing })
}

/** Inputs of a table may have any number of categories: where a full covariance could not hold them it is diagonal. */
function commonOf(inputs: Inputs, settings: Settings, precision: number) {
  const covariance: Covariance = fitsFullCovariance(inputs.spec) ? 'full' : 'diagonal'
  return {
    covariance: settings.choice('covariance', ['full', 'diagonal'], covariance),
    forgetting: settings.number('forgetting', 1),
    interval: settings.number('interval', 0.9),
    prior: { precision: settings.number('priorPrecision', precision) },
  }
}
