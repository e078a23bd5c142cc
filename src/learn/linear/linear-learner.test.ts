import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FeatureEncoder } from '../../features/feature-encoder.ts'
import { features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import { learnerChecks } from '../../testing/learner-suite.ts'
import { createLearner } from '../create-learner.ts'
import { tested } from '../first-output.fixture.ts'
import type { LearnerSpec } from '../learner.ts'
import { type NamedRecord, ReferenceLinear } from './linear.reference.ts'
import { LinearLearner } from './linear-learner.ts'
import { countOf, linearVariants } from './linear-variants.fixture.ts'

for (const { name, spec } of linearVariants) {
  describe(name, () => {
    const subject = {
      name,
      spec: (inputs: Parameters<typeof spec>[0]): LearnerSpec => spec(inputs) as unknown as LearnerSpec,
      create: (learner: LearnerSpec) => createLearner(learner),
      ...(name.startsWith('poisson') ? { label: countOf } : {}),
    }
    for (const { title, run } of learnerChecks(subject)) it(title, run)

    it('gives what maps and formulas give, to 8 digits', () => {
      fc.assert(
        fc.property(fc.array(learned, { maxLength: 80 }), (stream) => {
          const encoder = new FeatureEncoder(inputs.spec)
          const learner = new LinearLearner(spec(inputs))
          const page = new Float64Array(learner.size(6))
          const reference = new ReferenceLinear(spec(inputs), ['a', 'b', 'c'])
          const x = encoder.vector()
          for (const [input, label, weight] of stream) {
            const y =
              learner.task === 'binary' ? (label > 0 ? 1 : 0) : name.startsWith('poisson') ? Math.abs(label) : label
            encoder.encode(input, x, true)
            x.values[0] = input.d === 'x' ? 1 : 0.5
            const named: Record<string, number> = { [`d=${input.d}`]: x.values[0] }
            for (const key of ['a', 'b', 'c'] as const) {
              const value = input[key]
              if (value !== null) named[key] = value
            }
            const expected = reference.predict(named as NamedRecord)
            expect(near(tested(learner, page, 0, x, y, weight), expected)).toBe(true)
            reference.learn(named, y, weight)
          }
          const [{ intercept, weights }] = learner.weights(page, 0, encoder.slots)
          expect(near(intercept, reference.intercept)).toBe(true)
          weights.forEach((weight, slot) => {
            expect(near(weight, reference.weights.get(encoder.slotName(slot)) ?? 0)).toBe(true)
          })
        }),
        { numRuns: 40 },
      )
    })
  })
}

const schema = record({ a: number().nullable(), b: number().nullable(), c: number().nullable(), d: string() })
const inputs = features(schema).numeric('a', 'b', 'c').categorical('d') as never as { readonly spec: never }
// In thousandths: squares of far smaller numbers lose digits on both sides, and differently.
const some = fc.option(
  fc.integer({ min: -4000, max: 4000 }).map((value) => value / 1000),
  { freq: 10 },
)
const records = fc.record({ a: some, b: some, c: fc.constantFrom(0, 1, null), d: fc.constantFrom('x', 'y', 'z') })
const labels = fc.integer({ min: -5000, max: 5000 }).map((value) => value / 1000)
const learned = fc.tuple(records, labels, fc.constantFrom(1, 1, 2, 0.5))

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-8 * Math.max(1, Math.abs(a), Math.abs(b))
}
