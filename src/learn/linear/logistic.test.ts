import { describe, expect, it } from 'vitest'
import { FeatureEncoder } from '../../features/feature-encoder.ts'
import { features } from '../../features/features.ts'
import { number, record } from '../../formats/schema.ts'
import { createLearner } from '../create-learner.ts'
import { predicted } from '../first-output.fixture.ts'
import { decide, type LearnerSpec } from '../learner.ts'
import { adagrad } from './adagrad.ts'
import { invScaling } from './inv-scaling.ts'
import { LinearLearner } from './linear-learner.ts'
import { type LogisticSpec, logistic } from './logistic.ts'
import { normalized } from './normalized.ts'
import { sgd } from './sgd.ts'

describe('logistic', () => {
  const inputs = features(record({ a: number() })).numeric('a')

  it('says its plan in plain JSON', () => {
    const spec = logistic({ inputs, optimizer: invScaling(0.1), l2: 0.5 })
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec)
    expect(logistic({ inputs })).toEqual({
      kind: 'logistic',
      task: 'binary',
      inputs: inputs.spec,
      optimizer: { kind: 'sgd', rate: 0.01 },
      standardise: true,
      l2: 0,
      intercept: true,
    })
  })

  it('refuses rates and penalties that make no sense, and kinds it does not know', () => {
    for (const optimizer of [sgd, invScaling, adagrad, normalized]) {
      for (const rate of [0, -1, NaN, Infinity, 1e7, '1' as unknown as number]) {
        expect(() => optimizer(rate), `${optimizer.name}(${rate})`).toThrow(/ML_RANGE.*rate must be > 0/)
      }
    }
    expect(() => invScaling(1, -0.1)).toThrow(/ML_RANGE.*power/)
    expect(() => invScaling(1, 1.1)).toThrow(/ML_RANGE.*power/)
    expect(() => logistic({ inputs, l2: -1 })).toThrow(/ML_RANGE.*l2 must be 0 to 1\/rate/)
    expect(() => logistic({ inputs, optimizer: sgd(0.5), l2: 2.1 })).toThrow(/ML_RANGE.*l2/)
    expect(() => logistic({ inputs, optimizer: normalized(0.5), l2: 0.1 })).toThrow(/ML_RANGE.*normalized/)
    const other = { ...logistic({ inputs }), kind: 'constructor' } as unknown as LearnerSpec
    expect(() => createLearner(other)).toThrow(
      /ML_PLAN.*no learner of this kind; got "constructor".*Known are: .*logistic/,
    )
  })

  it('decides for true above one half only, as River does', () => {
    expect([0.5 - 2 ** -53, 0.5, 0.5 + 2 ** -53].map(decide)).toEqual([false, false, true])
  })

  it('names the input it cannot learn from', () => {
    const learner = new LinearLearner(logistic({ inputs }) as unknown as LogisticSpec)
    const x = new FeatureEncoder(inputs.spec).vector()
    x.dense[0] = 1e300
    const learn = () => learner.learnOne(new Float64Array(learner.size(1)), 0, x, 1, 1)
    expect(learn).toThrow(/ML_LEARN: an input is not finite, or too large.*got 1e\+300 at logistic, input "a"/)
  })

  it('leaves a record alone that a confident model has right, instead of dividing by what underflows', () => {
    const learner = new LinearLearner(
      logistic({ inputs, optimizer: normalized(0.5), standardise: false }) as unknown as LogisticSpec,
    )
    const x = new FeatureEncoder(inputs.spec).vector()
    for (const size of [1, 1e-49]) {
      for (const score of [-40, -60, -100, -300, -600]) {
        const page = new Float64Array(learner.size(1))
        page[1] = score // the intercept
        x.dense[0] = size
        learner.learnOne(page, 0, x, 0, 1e-9)
        learner.check(page, 0, 1)
        expect(predicted(learner, page, 0, x)).toBeLessThan(1e-17)
      }
    }
  })

  it('keeps models of different layout apart by name', () => {
    const layouts = [
      { optimizer: sgd(0.1) },
      { optimizer: sgd(0.1), standardise: false },
      { optimizer: sgd(0.1), l1: 0.1 },
      { optimizer: adagrad(0.1) },
    ].map((options) => new LinearLearner(logistic({ inputs, ...options }) as unknown as LogisticSpec).layout)
    expect(layouts).toEqual([
      'logistic v1 sgd standardised',
      'logistic v1 sgd',
      'logistic v1 sgd l1 standardised',
      'logistic v1 adagrad standardised',
    ])
  })
})
