import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FeatureEncoder } from '../../features/feature-encoder.ts'
import { features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import { learnerChecks } from '../../testing/learner-suite.ts'
import { SLOTS, streams, TrialModel } from '../../testing/learner-trial.ts'
import { createLearner } from '../create-learner.ts'
import { predicted } from '../first-output.fixture.ts'
import type { LearnerSpec } from '../learner.ts'
import { alma } from './alma.ts'
import { arow } from './arow.ts'
import {
  type NamedRecord,
  ReferenceAlma,
  ReferenceArow,
  type ReferenceMargin,
  ReferencePassiveAggressive,
  ReferencePerceptron,
  ReferenceScaler,
} from './margin.reference.ts'
import { passiveAggressive, passiveAggressiveRegression } from './passive-aggressive.ts'
import { perceptron } from './perceptron.ts'

type Inputs = Parameters<typeof perceptron<never>>[0]['inputs']

interface Variant {
  spec(inputs: Inputs, standardise?: boolean): LearnerSpec
  reference(): ReferenceMargin
}

const hard = { 'a weight says how much': 'a constraint has no weight; see "hard learns a record in full" below' }

const variants: Record<string, Variant> = {
  'passiveAggressive I, C = 0.1': {
    spec: (inputs, standardise) => passiveAggressive({ inputs, aggressiveness: 0.1, standardise }),
    reference: () => new ReferencePassiveAggressive('I', 0.1),
  },
  'passiveAggressive II, C = 1': {
    spec: (inputs, standardise) => passiveAggressive({ inputs, variant: 'II', standardise }),
    reference: () => new ReferencePassiveAggressive('II', 1),
  },
  'passiveAggressive hard': {
    spec: (inputs, standardise) => passiveAggressive({ inputs, variant: 'hard', standardise }),
    reference: () => new ReferencePassiveAggressive('hard', 1),
  },
  'passiveAggressiveRegression I, C = 0.05': {
    spec: (inputs, standardise) => passiveAggressiveRegression({ inputs, aggressiveness: 0.05, standardise }),
    reference: () => new ReferencePassiveAggressive('I', 0.05, 0.1),
  },
  'passiveAggressiveRegression II, C = 0.05, epsilon = 0': {
    spec: (inputs, standardise) =>
      passiveAggressiveRegression({ inputs, variant: 'II', aggressiveness: 0.05, epsilon: 0, standardise }),
    reference: () => new ReferencePassiveAggressive('II', 0.05, 0),
  },
  'passiveAggressiveRegression hard, epsilon = 0.5': {
    spec: (inputs, standardise) => passiveAggressiveRegression({ inputs, variant: 'hard', epsilon: 0.5, standardise }),
    reference: () => new ReferencePassiveAggressive('hard', 1, 0.5),
  },
  perceptron: {
    spec: (inputs, standardise) => perceptron({ inputs, standardise }),
    reference: () => new ReferencePerceptron(),
  },
  'alma(0.9)': {
    spec: (inputs, standardise) => alma({ inputs, standardise }),
    reference: () => new ReferenceAlma(0.9),
  },
  'alma(0.5)': {
    spec: (inputs, standardise) => alma({ inputs, alpha: 0.5, standardise }),
    reference: () => new ReferenceAlma(0.5),
  },
  'arow(1)': {
    spec: (inputs, standardise) => arow({ inputs, standardise }),
    reference: () => new ReferenceArow(1),
  },
  'arow(0.1)': {
    spec: (inputs, standardise) => arow({ inputs, r: 0.1, standardise }),
    reference: () => new ReferenceArow(0.1),
  },
}

describe('learners by margin', () => {
  for (const [name, { spec }] of Object.entries(variants)) {
    for (const standardise of [true, false]) {
      const subject = {
        name: standardise ? name : `${name}, not standardised`,
        spec: (inputs: Inputs): LearnerSpec => spec(inputs, standardise),
        create: (made: LearnerSpec) => createLearner(made),
        skip: name.includes('hard') ? hard : {},
      }
      for (const { title, skip, run } of learnerChecks(subject)) {
        it.skipIf(skip !== undefined)(skip === undefined ? title : `${title} (${skip})`, run)
      }
    }
  }
})

describe('learners by margin against their references', () => {
  const schema = record({ a: number().nullable(), b: number().nullable(), c: number().nullable(), d: string() })
  const inputs = features(schema).numeric('a', 'b', 'c').categorical('d')
  const some = fc.option(
    fc.integer({ min: -1e4, max: 1e4 }).map((value) => value / 1000),
    { freq: 10 },
  )
  const records = fc.record({ a: some, b: some, c: fc.constantFrom(0, 1, null), d: fc.constantFrom('x', 'y', 'z') })
  const learned = fc.tuple(records, fc.boolean(), fc.constantFrom(1, 1, 2, 0.5))

  for (const [name, variant] of Object.entries(variants)) {
    for (const standardise of [true, false]) {
      it(`${name}${standardise ? '' : ', not standardised,'} gives what maps and formulas give`, () => {
        fc.assert(
          fc.property(fc.array(learned, { maxLength: 60 }), (stream) => {
            const spec = variant.spec(inputs as unknown as Inputs, standardise)
            const encoder = new FeatureEncoder(spec.inputs)
            const learner = createLearner(spec)
            const page = new Float64Array(learner.size(6))
            learner.init(page, 0, 6)
            const reference = variant.reference()
            const scaler = new ReferenceScaler(standardise ? ['a', 'b', 'c'] : [])
            const x = encoder.vector()
            for (const [input, label, weight] of stream) {
              encoder.encode(input, x, true)
              const named: Record<string, number> = { [`d=${input.d}`]: 1 }
              for (const key of ['a', 'b', 'c'] as const) {
                const value = input[key]
                if (value !== null) named[key] = value
              }
              const expected = reference.score(scaler.scaled(named as NamedRecord))
              // The decision of a record on the edge of its margin is that of its last bit: such a stream says nothing.
              scaler.observe(named)
              const scaled = scaler.scaled(named)
              fc.pre(!onEdge(reference.score(scaled)))
              const got = predicted(learner, page, 0, x)
              if (spec.task === 'regression') expect(near(got, expected)).toBe(true)
              else expect(got).toBeCloseTo(1 / (1 + Math.exp(-expected)), 8)
              const y = spec.task === 'regression' ? (label ? 3.7 : -1.3) : label ? 1 : 0
              learner.learnOne(page, 0, x, y, weight)
              reference.learn(scaled, spec.task === 'regression' ? y : 2 * y - 1, weight)
            }
            const [set] = learner.weights?.(page, 0, encoder.slots) ?? []
            expect(near(set.intercept, reference.intercept)).toBe(true)
            set.weights.forEach((value, slot) => {
              expect(near(value, reference.weight(encoder.slotName(slot)))).toBe(true)
            })
            if (!(reference instanceof ReferenceArow)) return
            expect(near((set.interceptDeviation ?? -1) ** 2, reference.variance(''))).toBe(true)
            set.deviations?.forEach((value, slot) => {
              expect(near(value * value, reference.variance(encoder.slotName(slot)))).toBe(true)
            })
          }),
          { numRuns: 60 },
        )
      })
    }
  }
})

describe('learners by margin merge', () => {
  for (const [name, { spec }] of Object.entries(variants)) {
    for (const standardise of [true, false]) {
      const subject = { name, spec: (inputs: Inputs): LearnerSpec => spec(inputs, standardise) }
      const title = standardise ? name : `${name}, not standardised`
      const { task } = spec({ spec: { version: 1, numeric: [], categorical: [] } })
      const stream = streams[task]
      const merge = (into: TrialModel, other: TrialModel): void =>
        into.learner.mergeWith?.(into.page, into.offset, other.page, other.offset, SLOTS)

      it(`${title}: with a model that has learned nothing, in either place, to what it was`, () => {
        const learned = new TrialModel(subject).learnAll(stream)
        const before = learned.bytes()
        merge(learned, new TrialModel(subject))
        expect(learned.bytes()).toEqual(before)
        const fresh = new TrialModel(subject, 5)
        merge(fresh, learned)
        expect(fresh.bytes()).toEqual(before)
      })

      it(`${title}: shards to a model that goes on, with the scaler of both, and is right about what neither has seen`, () => {
        const [all, first, second] = [0, 1, 2].map(() => new TrialModel(subject))
        stream.slice(0, 1600).forEach((trial, i) => {
          all.learn(trial)
          ;(i % 3 === 0 ? first : second).learn(trial)
        })
        merge(first, second)
        first.learner.check(first.page, first.offset, SLOTS)
        expect(first.learner.steps(first.page, first.offset)).toBe(1600)
        const header = first.size - SLOTS * (name.includes('arow') ? 2 : 1) - (standardise ? 9 : 0)
        const scaler = header + 3 * (name.includes('arow') ? 2 : 1)
        for (let i = scaler; standardise && i < scaler + 9; i++) {
          expect(near(first.page[first.offset + i], all.page[all.offset + i])).toBe(true)
        }
        let [good, guess] = [0, 0]
        for (const { x, y } of stream.slice(1600)) {
          const out = first.predict(x)
          good += task === 'regression' ? (out[0] - y) ** 2 : Number(out[0] > 0.5 === (y === 1))
          guess += task === 'regression' ? y * y : 1
        }
        if (task === 'regression') expect(good).toBeLessThan(0.2 * guess)
        else expect(good).toBeGreaterThan(0.8 * guess)
        first.learnAll(stream.slice(1600))
        first.learner.check(first.page, first.offset, SLOTS)
      })
    }
  }

  it('arow: beliefs, so that two that know different inputs know both', () => {
    const inputs = features(record({ a: number(), b: number() })).numeric('a', 'b')
    const learner = createLearner(arow({ inputs, standardise: false, intercept: false }) as unknown as LearnerSpec)
    const page = new Float64Array(2 * learner.size(2))
    const second = learner.size(2)
    const x = new FeatureEncoder(inputs.spec).vector()
    for (const [place, offset] of [0, second].entries()) {
      learner.init(page, offset, 2)
      for (let i = 0; i < 100; i++) {
        x.dense.fill(0)
        x.dense[place] = i % 2 === 0 ? 1 : -1
        learner.learnOne(page, offset, x, i % 2 === place ? 1 : 0, 1)
      }
    }
    const setOf = (offset: number) => learner.weights?.(page, offset, 2)[0]
    const [a, b] = [setOf(0)?.weights[0], setOf(second)?.weights[1]]
    learner.mergeWith?.(page, 0, page, second, 2)
    expect([...(setOf(0)?.weights ?? [])]).toEqual([a, b])
    expect(a).toBeGreaterThan(0.5)
    expect(b).toBeLessThan(-0.5)
  })
})

describe('learners by margin', () => {
  const inputs = features(record({ a: number(), b: number() })).numeric('a', 'b')

  it('say their plan in plain JSON', () => {
    const shared = { inputs: inputs.spec, standardise: true }
    const pa = { variant: 'I', aggressiveness: 1, intercept: true }
    const specs = [
      [passiveAggressive({ inputs }), { kind: 'passiveAggressive', task: 'binary', ...shared, ...pa }],
      [
        passiveAggressiveRegression({ inputs, epsilon: 2 }),
        { kind: 'passiveAggressiveRegression', task: 'regression', ...shared, ...pa, epsilon: 2 },
      ],
      [perceptron({ inputs }), { kind: 'perceptron', task: 'binary', ...shared, intercept: true }],
      [
        alma({ inputs, alpha: 0.5 }),
        { kind: 'alma', task: 'binary', ...shared, alpha: 0.5, b: 2, c: Math.SQRT2, intercept: false },
      ],
      [arow({ inputs, r: 3 }), { kind: 'arow', task: 'binary', ...shared, r: 3, intercept: true }],
    ]
    for (const [spec, plan] of specs) {
      expect(spec).toEqual(plan)
      expect(JSON.parse(JSON.stringify(spec))).toEqual(spec)
    }
  })

  it('refuse options that make no sense', () => {
    const wrong = [0, -1, NaN, Infinity, 1e7, '1' as unknown as number]
    for (const value of wrong) {
      expect(() => passiveAggressive({ inputs, aggressiveness: value })).toThrow(/ML_RANGE.*aggressiveness must be > 0/)
      expect(() => arow({ inputs, r: value })).toThrow(/ML_RANGE.*r must be/)
      expect(() => alma({ inputs, c: value })).toThrow(/ML_RANGE.*c must be/)
      expect(() => alma({ inputs, b: value })).toThrow(/ML_RANGE.*b must be/)
    }
    expect(() => passiveAggressive({ inputs, variant: 'III' as 'I' })).toThrow(/ML_RANGE.*variant must be 'I', 'II' or/)
    expect(() => passiveAggressive({ inputs, variant: 'hard', aggressiveness: 2 })).toThrow(
      /ML_RANGE.*left out with hard/,
    )
    expect(() => passiveAggressiveRegression({ inputs, epsilon: '1' as unknown as number })).toThrow(
      /ML_RANGE.*epsilon/,
    )
    expect(() => passiveAggressiveRegression({ inputs, epsilon: -1 })).toThrow(/ML_RANGE.*epsilon must be 0 to/)
    expect(() => alma({ inputs, alpha: 0 })).toThrow(/ML_RANGE.*alpha/)
    expect(() => alma({ inputs, alpha: 1.1 })).toThrow(/ML_RANGE.*alpha/)
  })

  it('hard learns a record in full whatever its weight, and I and II no further than they may', () => {
    const scoreAfter = (options: object, weight: number): number => {
      const spec = passiveAggressiveRegression({ inputs, epsilon: 0, standardise: false, intercept: false, ...options })
      const learner = createLearner(spec as unknown as LearnerSpec)
      const page = new Float64Array(learner.size(2))
      learner.init(page, 0, 2)
      const x = new FeatureEncoder(inputs.spec).vector()
      x.dense.set([1, 2])
      learner.learnOne(page, 0, x, 10, weight)
      return predicted(learner, page, 0, x)
    }
    for (const weight of [1e-9, 1, 1e6]) expect(scoreAfter({ variant: 'hard' }, weight)).toBeCloseTo(10, 12)
    expect(scoreAfter({ aggressiveness: 0.1 }, 1)).toBeCloseTo(0.5, 12)
    expect(scoreAfter({ aggressiveness: 0.1 }, 4)).toBeCloseTo(2, 12)
    expect(scoreAfter({ aggressiveness: 100 }, 1)).toBeCloseTo(10, 12)
    expect(scoreAfter({ variant: 'II', aggressiveness: 0.1 }, 1)).toBeCloseTo(5, 12)
    expect(scoreAfter({ variant: 'II', aggressiveness: 0.1 }, 9)).toBeCloseTo(9, 12)
  })

  it('arow grows certain of the inputs it sees, and stays uncertain of the others', () => {
    const schema = record({ a: number(), d: string() })
    const spec = arow({ inputs: features(schema).numeric('a').categorical('d') }) as unknown as LearnerSpec
    const encoder = new FeatureEncoder(spec.inputs)
    const learner = createLearner(spec)
    const page = new Float64Array(learner.size(3))
    learner.init(page, 0, 3)
    const x = encoder.vector()
    for (let i = 0; i < 200; i++) {
      encoder.encode({ a: i % 7, d: i === 100 ? 'rare' : 'common' }, x, true)
      learner.learnOne(page, 0, x, i % 3 === 0 ? 1 : 0, 1)
    }
    const [{ deviations }] = learner.weights?.(page, 0, 3) ?? []
    const [a, common, rare] = deviations ?? []
    expect(a).toBeLessThan(0.2)
    expect(common).toBeLessThan(0.2)
    expect(rare).toBeGreaterThan(0.7)
    expect(rare).toBeLessThan(1)
  })

  it('alma keeps its weights within the unit ball while every record has every input', () => {
    const spec = alma({ inputs }) as unknown as LearnerSpec
    const learner = createLearner(spec)
    const page = new Float64Array(learner.size(2))
    learner.init(page, 0, 2)
    const x = new FeatureEncoder(inputs.spec).vector()
    for (let i = 0; i < 500; i++) {
      x.dense.set([(i * 37) % 101, (i * 53) % 89])
      learner.learnOne(page, 0, x, i % 2, 1 + (i % 5))
      const [{ weights }] = learner.weights?.(page, 0, 2) ?? []
      expect(Math.hypot(...weights)).toBeLessThanOrEqual(1 + 1e-12)
    }
  })
})

/** A score for which the last bit decides whether a rule learns. */
function onEdge(score: number): boolean {
  return [0, 1, -1].some((edge) => score !== edge && Math.abs(score - edge) < 1e-9)
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-7 * Math.max(1, Math.abs(a), Math.abs(b))
}
