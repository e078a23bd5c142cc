import { expect, it } from 'vitest'
import { features } from '../features/features.ts'
import { number, record, string } from '../formats/schema.ts'
import type { BayesLinearSpec } from '../learn/bayes/bayes-linear.ts'
import { modelsOf } from './model-catalogue.ts'
import { Settings } from './settings.ts'

const schema = record({ a: number(), b: string() })
const narrow = features(schema).numeric('a').categorical('b', { max: 20 })
const wide = features(schema).numeric('a').categorical('b')

it('makes Bayesian models by their names and settings, diagonal ones where categories may be many', () => {
  const settings = new Settings(['forgetting=0.99', 'robust=4', 'noise=2', 'priorPrecision=0.5', 'interval=0.8'])
  const [{ spec }] = modelsOf(['bayes-linear'], { inputs: narrow, task: 'regression', maxClasses: 9 }, settings)
  expect(spec).toMatchObject({
    kind: 'bayesLinear',
    covariance: 'full',
    forgetting: 0.99,
    robust: 4,
    noise: { precision: 0.25 },
    interval: 0.8,
  })
  expect((spec as unknown as BayesLinearSpec).prior.precision).toBe(0.5)
  const binary = { inputs: wide, task: 'binary', maxClasses: 9 } as const
  const [logistic, naive] = modelsOf(['bayes-logistic', 'naive-bayes'], binary, new Settings([]))
  expect(logistic.spec).toMatchObject({ kind: 'bayesLogistic', covariance: 'diagonal' })
  expect(naive.spec).toMatchObject({ kind: 'naiveBayes', task: 'binary', smoothing: 1 })
  const [several] = modelsOf(['naive-bayes'], { ...binary, task: 'multiclass' }, new Settings(['smoothing=2']))
  expect(several.spec).toMatchObject({ task: 'multiclass', maxClasses: 9, smoothing: 2 })
})
