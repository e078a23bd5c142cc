import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FeatureVector } from '../../features/feature-vector.ts'
import { LinearLearner } from './linear-learner.ts'
import { type LogisticSpec, logistic } from './logistic.ts'
import { sgd } from './sgd.ts'

const numbers = fc.double({ min: -1e3, max: 1e3, noNaN: true })

/** Up to 64 inputs have code of their own: see descent-code.test.ts. */
const LEAST = 65

it('gives a model that is trained again and again the bits of one that is trained here and there, of any width', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: LEAST, max: LEAST + 11 }),
      fc.array(
        fc.tuple(
          fc.array(numbers, { minLength: LEAST + 11, maxLength: LEAST + 11 }),
          fc.boolean(),
          fc.constantFrom(1, 3),
        ),
        {
          maxLength: 30,
        },
      ),
      (width, stream) => {
        const numeric = Array.from({ length: width }, (_unused, i) => ({ name: `f${i}`, nullable: false, max: 1e15 }))
        const categorical = [
          { name: 'd', of: [{ from: 'boolean', field: 'd', nullable: false }], storage: { by: 'fixed' } },
        ] as const
        const spec = logistic({
          inputs: { spec: { version: 1, numeric, categorical } },
          optimizer: sgd(0.1),
          standardise: false,
        })
        const [stays, moves] = [0, 1].map(() => new LinearLearner(spec as unknown as LogisticSpec))
        const size = stays.size(width + 2)
        const [here, there, elsewhere] = [1, 1, 2].map((models) => new Float64Array(models * size))
        const x = new FeatureVector(width, 1)
        const out = new Float64Array(2)
        stream.forEach(([values, label, weight], i) => {
          x.dense.set(values.slice(0, width))
          x.activeCount = 0
          if (i % 3 > 0) x.activate(width + (i % 2), i % 3)
          stays.testThenTrain(here, 0, x, label ? 1 : 0, weight, out)
          const expected = out[0]
          moves.testThenTrain(there, 0, x, label ? 1 : 0, weight, out)
          expect(out[0]).toBe(expected)
          moves.testThenTrain(elsewhere, i % 2 === 0 ? 0 : size, x, 1, 1, out)
        })
        expect(here).toEqual(there)
      },
    ),
  )
})

it('refuses what is not usable and leaves every double', () => {
  const numeric = ['a', 'b', 'c'].map((name) => ({ name, nullable: false, max: 1e15 }))
  const spec = logistic({ inputs: { spec: { version: 1, numeric, categorical: [] } }, standardise: false })
  const learner = new LinearLearner(spec as unknown as LogisticSpec)
  const page = new Float64Array(learner.size(3))
  const x = new FeatureVector(3, 0)
  x.dense.set([1, -2, 0.5])
  for (let i = 0; i < 5; i++) learner.learnOne(page, 0, x, 1, 1)
  const before = page.slice()
  for (const poison of [Number.NaN, Number.POSITIVE_INFINITY, 1e21, -1e308]) {
    x.dense[1] = poison
    expect(() => learner.learnOne(page, 0, x, 1, 1)).toThrow(/ML_LEARN.*input "b"/)
    expect(page).toEqual(before)
  }
})
