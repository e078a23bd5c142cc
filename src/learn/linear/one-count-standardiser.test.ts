import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FeatureEncoder } from '../../features/feature-encoder.ts'
import { features } from '../../features/features.ts'
import { boolean, number, record } from '../../formats/schema.ts'
import { predicted, tested } from '../first-output.fixture.ts'
import { adagrad } from './adagrad.ts'
import { invScaling } from './inv-scaling.ts'
import { LinearLearner } from './linear-learner.ts'
import { type LogisticSpec, logistic } from './logistic.ts'
import { normalized } from './normalized.ts'
import { sgd } from './sgd.ts'

const inputs = features(record({ a: number(), b: number(), c: number(), d: boolean() }))
  .numeric('a', 'b', 'c')
  .categorical('d')
const few = fc.constantFrom(0, -0, 1, -1, 0.1, 3.5, 1e9)
const numbers = fc.oneof(few, fc.double({ min: -1e6, max: 1e6, noNaN: true }))
const records = fc.record({ a: numbers, b: numbers, c: few, d: fc.boolean() })
const stream = fc.array(fc.tuple(records, fc.constantFrom<0 | 1>(0, 1), fc.constantFrom(1, 2.5)), { maxLength: 60 })

function learnerOf(spec: object, fixedInputs: boolean): LinearLearner {
  return new LinearLearner(spec as LogisticSpec, { fixedInputs })
}

describe('a model with one count for all inputs', () => {
  for (const optimizer of [sgd(0.1), invScaling(0.5), adagrad(0.3), normalized(0.5)]) {
    it(`gives the bits of one with a count for each, ${optimizer.kind}`, () => {
      const spec = logistic({ inputs, optimizer })
      const encoder = new FeatureEncoder(inputs.spec)
      const x = encoder.vector()
      const [one, each] = [learnerOf(spec, true), learnerOf(spec, false)]
      fc.assert(
        fc.property(stream, (learned) => {
          const [onePage, eachPage] = [one, each].map((learner) => new Float64Array(learner.size(6)))
          for (const [input, label, weight] of learned) {
            encoder.encode(input, x, true)
            expect(predicted(one, onePage, 0, x)).toBe(predicted(each, eachPage, 0, x))
            const probability = tested(one, onePage, 0, x, label, weight)
            expect(probability).toBe(tested(each, eachPage, 0, x, label, weight))
          }
          one.check(onePage, 0, 6)
          expect(one.steps(onePage, 0)).toBe(learned.length)
          expect(one.weights(onePage, 0, 6)).toEqual(each.weights(eachPage, 0, 6))
        }),
        { numRuns: 100 },
      )
    })
  }

  it('takes a double less an input, and says so in its layout', () => {
    const [one, each] = [true, false].map((fixedInputs) => learnerOf(logistic({ inputs }), fixedInputs))
    expect(one.size(6)).toBe(each.size(6) - 3)
    expect([one.layout, each.layout]).toEqual([
      'logistic v1 sgd standardised by one count',
      'logistic v1 sgd standardised',
    ])
  })

  it('is only made where no input can be missing', () => {
    const nullable = features(record({ a: number(), b: number().nullable() })).numeric('a', 'b')
    for (const standardise of [true, false]) {
      const spec = logistic({ inputs: nullable, standardise })
      expect(learnerOf(spec, true).layout).toBe(learnerOf(spec, false).layout)
    }
  })

  it('refuses a vector with a missing input, and an edit of its features', () => {
    const learner = learnerOf(logistic({ inputs }), true)
    const page = new Float64Array(learner.size(6))
    const x = new FeatureEncoder(inputs.spec).vector()
    x.setDense(1, NaN)
    const refused = /ML_LEARN: an input that is not nullable is missing at input "b"/
    expect(() => predicted(learner, page, 0, x)).toThrow(refused)
    expect(() => learner.learnOne(page, 0, x, 1, 1)).toThrow(refused)
    expect(page).toEqual(new Float64Array(page.length))
    const map = { dense: 3, slots: new Int32Array(6), identity: false }
    expect(() => learner.move(page, 0, map, page.slice(), 0, 6)).toThrow('keeps them')
  })
})
