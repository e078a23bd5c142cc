import { expect, it } from 'vitest'
import { FeatureEncoder } from '../../features/feature-encoder.ts'
import { features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import { type NamedRecord, ReferenceLinear } from './linear.reference.ts'
import { LinearLearner } from './linear-learner.ts'
import { type LogisticSpec, logistic } from './logistic.ts'
import { normalized } from './normalized.ts'

// Found by the property test: a score of -50.1, whose error of 1.7e-22 is still learned from, was cut to -50 first.
it('a record whose error is barely above nothing moves the weights as the formulas say', () => {
  const inputs = features(record({ a: number(), b: number(), d: string() }))
    .numeric('a', 'b')
    .categorical('d')
  const spec = logistic({ inputs, optimizer: normalized(0.5), standardise: false }) as unknown as LogisticSpec
  const encoder = new FeatureEncoder(spec.inputs)
  const learner = new LinearLearner(spec)
  const page = new Float64Array(learner.size(3))
  const x = encoder.vector()
  for (let a = 0.2; a < 0.24; a += 0.0001) {
    page.fill(0)
    const fresh = new ReferenceLinear(spec, ['a', 'b'])
    for (const input of [
      { a: -0.001, b: 0 },
      { a: -a, b: 0.001 },
    ]) {
      encoder.encode({ ...input, d: 'x' }, x, true)
      learner.learnOne(page, 0, x, 0, 1)
      fresh.learn({ ...input, 'd=x': 1 } as NamedRecord, 0, 1)
    }
    const [{ weights }] = learner.weights(page, 0, 3)
    const expected = fresh.weights.get('b') ?? 0
    expect(Math.abs(weights[1] - expected)).toBeLessThanOrEqual(1e-6 * Math.abs(expected))
  }
})
