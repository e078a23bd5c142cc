import { describe, expect, it } from 'vitest'
import { randomNumbers, SLOTS, streams, vectorOf } from '../../testing/learner-trial.ts'
import { createLearner } from '../create-learner.ts'
import type { Learner, LearnerSpec } from '../learner.ts'
import { adam } from './adam.ts'
import { ftrl } from './ftrl.ts'
import { linearVariants } from './linear-variants.fixture.ts'
import { type SoftmaxOptions, softmax } from './softmax.ts'

const spec = {
  version: 1 as const,
  numeric: ['a', 'b', 'c'].map((name) => ({ name, nullable: true, max: 1e15 })),
  categorical: ['d', 'e'].map((name) => ({
    name,
    of: [{ from: 'text' as const, field: name, nullable: true }],
    storage: { by: 'dictionary' as const, max: 100 },
  })),
}
const several = (options: Omit<SoftmaxOptions<never>, 'inputs'>) => ({
  name: `softmax ${options.optimizer?.kind}`,
  spec: () => softmax({ inputs: { spec }, maxClasses: 4, ...options }),
})
const variants = [...linearVariants, several({}), several({ optimizer: adam(0.05) }), several({ optimizer: ftrl(0.5) })]

function rowOf(learner: Learner, from: number, to: number): Float64Array {
  const row = new Float64Array(learner.size(SLOTS))
  learner.init(row, 0, SLOTS)
  for (const { x, y, weight } of streams[learner.task].slice(from, to)) {
    learner.learnOne(row, 0, x, learner.layout.includes('poisson') ? Math.abs(y) : y, weight)
  }
  return row
}

describe('merging by averaging', () => {
  for (const { name, spec: make } of variants) {
    const learner = createLearner(make({ spec }) as unknown as LearnerSpec)

    it(`${name}: weights count by steps, steps add up, and the model goes on`, () => {
      const [first, second] = [rowOf(learner, 0, 300), rowOf(learner, 300, 1200)]
      const merged = first.slice()
      learner.mergeWith?.(merged, 0, second, 0, SLOTS)
      learner.check(merged, 0, SLOTS)
      expect(learner.steps(merged, 0)).toBe(1200)
      const sets = [first, second, merged].map((row) => learner.weights?.(row, 0, SLOTS) ?? [])
      sets[2].forEach(({ intercept, weights }, set) => {
        const mean = (of: (at: (typeof sets)[0][0]) => number): number =>
          0.25 * of(sets[0][set]) + 0.75 * of(sets[1][set])
        expect(intercept).toBeCloseTo(
          mean((at) => at.intercept),
          12,
        )
        weights.forEach((weight, slot) => {
          expect(weight).toBeCloseTo(
            mean((at) => at.weights[slot]),
            12,
          )
        })
      })
      for (const { x, y } of streams[learner.task].slice(1200)) {
        learner.learnOne(merged, 0, x, learner.layout.includes('poisson') ? Math.abs(y) : y, 1)
      }
      learner.check(merged, 0, SLOTS)
    })

    it(`${name}: a model that has learned nothing changes nothing`, () => {
      const learned = rowOf(learner, 0, 200)
      const merged = learned.slice()
      learner.mergeWith?.(merged, 0, rowOf(learner, 0, 0), 0, SLOTS)
      merged.forEach((double, i) => {
        expect(double).toBeCloseTo(learned[i], 9)
      })
    })
  }

  it('keeps what l1 of ftrl has set to 0 at 0, and the weights where z says they are', () => {
    const learner = createLearner(several({ optimizer: ftrl(0.5, { l1: 30 }) }).spec() as unknown as LearnerSpec)
    const merged = rowOf(learner, 0, 300)
    learner.mergeWith?.(merged, 0, rowOf(learner, 300, 600), 0, SLOTS)
    const before = learner.weights?.(merged, 0, SLOTS) ?? []
    // A record that moves nothing but what z says anew: of weight so small that its gradient is nothing.
    learner.learnOne(merged, 0, vectorOf([0.3, 0.2, 0.1], [4]), 1, 1e-9)
    const after = learner.weights?.(merged, 0, SLOTS) ?? []
    before.forEach(({ weights }, set) => {
      weights.forEach((weight, slot) => {
        expect(after[set].weights[slot]).toBeCloseTo(weight, 6)
      })
    })
  })
})

describe('the merged scaler', () => {
  for (const fixedInputs of [false, true]) {
    it(`is that of both streams, ${fixedInputs ? 'with one count for all inputs' : 'each input by its own count'}`, () => {
      const numeric = ['a', 'b', 'c'].map((name) => ({ name, nullable: false, max: 1e15 }))
      const of = { spec: { ...spec, numeric } }
      const learner = createLearner(linearVariants[0].spec(of) as unknown as LearnerSpec, { fixedInputs })
      const random = randomNumbers(3)
      const records = Array.from({ length: 500 }, () => vectorOf([random(), 1e3 * random() + 1e4, -random()], []))
      const scalerAfter = (row: Float64Array): Float64Array => row.slice(5, 5 + 3 * (fixedInputs ? 2 : 3))
      const play = (from: number, to: number): Float64Array => {
        const row = new Float64Array(learner.size(SLOTS))
        learner.init(row, 0, SLOTS)
        records.slice(from, to).forEach((x, i) => {
          learner.learnOne(row, 0, x, i % 2, 1)
        })
        return row
      }
      const merged = play(0, 123)
      learner.mergeWith?.(merged, 0, play(123, 500), 0, SLOTS)
      const expected = scalerAfter(play(0, 500))
      scalerAfter(merged).forEach((double, i) => {
        expect(Math.abs(double - expected[i])).toBeLessThanOrEqual(1e-10 * Math.abs(expected[i]))
      })
    })
  }
})
