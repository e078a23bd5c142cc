import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FeatureEncoder } from '../../features/feature-encoder.ts'
import { features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import { learnerChecks } from '../../testing/learner-suite.ts'
import { createLearner } from '../create-learner.ts'
import { predicted, tested } from '../first-output.fixture.ts'
import { decide, type LearnerSpec } from '../learner.ts'
import { adagrad } from './adagrad.ts'
import { invScaling } from './inv-scaling.ts'
import { LinearLearner } from './linear-learner.ts'
import { type NamedRecord, ReferenceLogistic } from './logistic.reference.ts'
import { type LogisticOptions, type LogisticSpec, logistic } from './logistic.ts'
import { normalized } from './normalized.ts'
import { sgd } from './sgd.ts'

type Variant = Omit<LogisticOptions<never>, 'inputs'>

const variants: Record<string, Variant> = {
  'sgd(0.1)': { optimizer: sgd(0.1) },
  'sgd(0.01), not standardised': { optimizer: sgd(0.01), standardise: false },
  'sgd(0.1), l2, no intercept': { optimizer: sgd(0.1), l2: 0.01, intercept: false },
  'invScaling(0.5)': { optimizer: invScaling(0.5) },
  'invScaling(0.5, 0.25), l2': { optimizer: invScaling(0.5, 0.25), l2: 0.001 },
  'adagrad(0.3)': { optimizer: adagrad(0.3) },
  'adagrad(0.3), l2, not standardised': { optimizer: adagrad(0.3), l2: 0.01, standardise: false },
  'normalized(0.5)': { optimizer: normalized(0.5) },
  'normalized(0.5), not standardised': { optimizer: normalized(0.5), standardise: false },
  'normalized(2), no intercept': { optimizer: normalized(2), intercept: false },
}

describe('logistic', () => {
  for (const [name, variant] of Object.entries(variants)) {
    const subject = {
      name,
      spec: (inputs: LogisticOptions<never>['inputs']): LearnerSpec => logistic({ inputs, ...variant }),
      create: (spec: LearnerSpec) => createLearner(spec),
    }
    for (const { title, run } of learnerChecks(subject)) it(title, run)
  }
})

describe('logistic against its reference', () => {
  const schema = record({ a: number().nullable(), b: number().nullable(), c: number().nullable(), d: string() })
  const inputs = features(schema).numeric('a', 'b', 'c').categorical('d')
  // In thousandths: squares of far smaller numbers lose digits on both sides, and differently.
  const some = fc.option(
    fc.integer({ min: -1e6, max: 1e6 }).map((value) => value / 1000),
    { freq: 10 },
  )
  const records = fc.record({ a: some, b: some, c: fc.constantFrom(0, 1, null), d: fc.constantFrom('x', 'y', 'z') })
  const learned = fc.tuple(records, fc.boolean(), fc.constantFrom(1, 1, 2, 0.5))

  for (const [name, variant] of Object.entries(variants)) {
    it(`${name} gives what maps and formulas give, to 10 digits`, () => {
      fc.assert(
        fc.property(fc.array(learned, { maxLength: 80 }), (stream) => {
          const spec = logistic({ inputs, ...variant }) as unknown as LogisticSpec
          const encoder = new FeatureEncoder(spec.inputs)
          const learner = new LinearLearner(spec)
          const page = new Float64Array(learner.size(6))
          const reference = new ReferenceLogistic(spec, ['a', 'b', 'c'])
          const x = encoder.vector()
          for (const [input, label, weight] of stream) {
            encoder.encode(input, x, true)
            const named: Record<string, number> = { [`d=${input.d}`]: 1 }
            for (const key of ['a', 'b', 'c'] as const) {
              const value = input[key]
              if (value !== null) named[key] = value
            }
            const expected = reference.predict(named as NamedRecord)
            expect(tested(learner, page, 0, x, label ? 1 : 0, weight)).toBeCloseTo(expected, 8)
            reference.learn(named, label ? 1 : 0, weight)
          }
          const [{ intercept, weights }] = learner.weights(page, 0, encoder.slots)
          expect(near(intercept, reference.intercept)).toBe(true)
          weights.forEach((weight, slot) => {
            expect(near(weight, reference.weights.get(encoder.slotName(slot)) ?? 0)).toBe(true)
          })
        }),
        { numRuns: 60 },
      )
    })
  }
})

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

  it('keeps two or more models of different layout apart by name', () => {
    const layouts = Object.values(variants).map(
      (variant) => new LinearLearner(logistic({ inputs, ...variant }) as unknown as LogisticSpec).layout,
    )
    expect(new Set(layouts)).toEqual(
      new Set(
        ['sgd', 'invScaling', 'adagrad', 'normalized'].flatMap((kind) =>
          kind === 'invScaling'
            ? [`logistic v1 ${kind} standardised`]
            : [`logistic v1 ${kind} standardised`, `logistic v1 ${kind}`],
        ),
      ),
    )
  })
})

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-8 * Math.max(1, Math.abs(a), Math.abs(b))
}
