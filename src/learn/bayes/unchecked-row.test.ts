// Models per key are restored without a look at each: what damaged bytes say is refused, or taken, and never waited for.
import { expect, it } from 'vitest'
import { FeatureEncoder } from '../../features/feature-encoder.ts'
import { features } from '../../features/features.ts'
import { number, record } from '../../formats/schema.ts'
import { createLearner } from '../create-learner.ts'
import { bayesLinear } from './bayes-linear.ts'
import { bayesLogistic } from './bayes-logistic.ts'

const inputs = features(record({ a: number(), b: number() })).numeric('a', 'b')
const options = [{}, { forgetting: 0.9 }] as const
const specs = options.flatMap((option) => [bayesLinear({ inputs, ...option }), bayesLogistic({ inputs, ...option })])

it.each(specs.map((spec) => [spec.kind, JSON.stringify(spec), spec] as const))(
  'a row of %s with any double in any place is done with: %s',
  (_kind, _json, spec) => {
    const encoder = new FeatureEncoder(inputs.spec, { mode: 'perKey' })
    const learner = createLearner(spec as never, { fixedInputs: true, inputOf: () => 0 })
    const x = encoder.vector(Float64Array.of(1, 2))
    const out = new Float64Array(learner.outputs)
    const page = new Float64Array(learner.size(encoder.slots))
    let refused = 0
    for (let place = 0; place < page.length; place++) {
      for (const double of [-1e10, -1, 0, 0.5, 2.5, 1e10, 1e300, Infinity, NaN]) {
        for (const use of [
          () => learner.predictOne(page, 0, x, out),
          () => learner.testThenTrain(page, 0, x, 1, 1, out),
        ]) {
          learner.init(page, 0, encoder.slots)
          page[place] = double
          try {
            use()
          } catch (error) {
            expect((error as { code: string }).code).toMatch(/^ML_(CORRUPT|LEARN)$/)
            refused++
          }
        }
      }
    }
    expect(refused).toBeGreaterThan(0)
  },
)
