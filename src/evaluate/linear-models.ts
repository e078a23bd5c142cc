/** The linear learners as `millrace eval` makes them of settings. */
import type { FeatureSpec } from '../features/feature-spec.ts'
import type { LearnerSpec } from '../learn/learner.ts'
import { adagrad } from '../learn/linear/adagrad.ts'
import { adam } from '../learn/linear/adam.ts'
import { ftrl } from '../learn/linear/ftrl.ts'
import { importanceAware } from '../learn/linear/importance-aware.ts'
import { invScaling } from '../learn/linear/inv-scaling.ts'
import { linear } from '../learn/linear/linear.ts'
import type { LinearOptions } from '../learn/linear/linear-options.ts'
import { logistic } from '../learn/linear/logistic.ts'
import { hinge, huber, poisson, quantile, type RegressionLoss, squared, squaredHinge } from '../learn/linear/losses.ts'
import { momentum } from '../learn/linear/momentum.ts'
import { normalized } from '../learn/linear/normalized.ts'
import type { OptimizerSpec } from '../learn/linear/optimizer.ts'
import { rmsProp } from '../learn/linear/rms-prop.ts'
import { sgd } from '../learn/linear/sgd.ts'
import { softmax } from '../learn/linear/softmax.ts'
import { svm } from '../learn/linear/svm.ts'
import type { Settings } from './settings.ts'

type Inputs = { readonly spec: FeatureSpec }

export function logisticOf(inputs: Inputs, settings: Settings): LearnerSpec {
  return logistic(commonOf(inputs, settings))
}

export function svmOf(inputs: Inputs, settings: Settings): LearnerSpec {
  const loss = settings.choice('loss', ['hinge', 'squaredHinge'], 'hinge')
  return svm({ ...commonOf(inputs, settings), loss: loss === 'hinge' ? hinge() : squaredHinge() })
}

export function softmaxOf(inputs: Inputs, maxClasses: number, settings: Settings): LearnerSpec {
  return softmax({ ...commonOf(inputs, settings), maxClasses })
}

export function linearRegressionOf(inputs: Inputs, settings: Settings): LearnerSpec {
  return linear({ ...commonOf(inputs, settings), loss: lossOf(settings) })
}

function lossOf(settings: Settings): RegressionLoss {
  switch (settings.choice('loss', ['squared', 'huber', 'quantile', 'poisson'], 'squared')) {
    case 'huber':
      return huber(settings.number('delta', 1))
    case 'quantile':
      return quantile(settings.number('tau', 0.5))
    case 'poisson':
      return poisson()
    default:
      return squared()
  }
}

function commonOf(inputs: Inputs, settings: Settings): LinearOptions<never> {
  const optimizer = optimizerOf(settings)
  const ownPenalties = optimizer.kind === 'ftrl'
  return {
    inputs,
    optimizer,
    standardise: settings.boolean('standardise', true),
    intercept: settings.boolean('intercept', true),
    ...(ownPenalties ? {} : { l1: settings.number('l1', 0), l2: settings.number('l2', 0) }),
    ...given('clipGradient', settings),
    ...given('clipStep', settings),
    ...given('interceptRate', settings),
  }
}

/** The setting where it is given. */
function given(name: 'clipGradient' | 'clipStep' | 'interceptRate', settings: Settings): { [option: string]: number } {
  const value = settings.number(name, 0)
  return value === 0 ? {} : { [name]: value }
}

const optimizers = [
  'sgd',
  'invScaling',
  'momentum',
  'adagrad',
  'rmsProp',
  'adam',
  'ftrl',
  'normalized',
  'importanceAware',
] as const

/** Each with the rate that is usual for it. */
function optimizerOf(settings: Settings): OptimizerSpec {
  const rate = (usual: number) => settings.number('learningRate', usual)
  switch (settings.choice('optimizer', optimizers, 'sgd')) {
    case 'sgd':
      return sgd(rate(0.01))
    case 'invScaling':
      return invScaling(rate(0.1), settings.number('power', 0.5))
    case 'momentum':
      return momentum(rate(0.01), { rho: settings.number('rho', 0.9), nesterov: settings.boolean('nesterov', false) })
    case 'adagrad':
      return adagrad(rate(0.1))
    case 'rmsProp':
      return rmsProp(rate(0.01), settings.number('rho', 0.9))
    case 'adam':
      return adam(rate(0.01), { beta1: settings.number('beta1', 0.9), beta2: settings.number('beta2', 0.999) })
    case 'ftrl': {
      const [beta, l1, l2] = [settings.number('beta', 1), settings.number('l1', 0), settings.number('l2', 0)]
      return ftrl(rate(0.1), { beta, l1, l2 })
    }
    case 'normalized':
      return normalized(rate(0.5))
    case 'importanceAware':
      return importanceAware(rate(0.01))
  }
}
