import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeWithData, readSharedColumns } from '../../../test/shared-data.ts'
import { FeatureEncoder } from '../../features/feature-encoder.ts'
import { type Features, features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import { learnerChecks } from '../../testing/learner-suite.ts'
import { createLearner } from '../create-learner.ts'
import type { LearnerSpec } from '../learner.ts'
import { ModelRow } from '../model-row.ts'
import { adagrad } from './adagrad.ts'
import { adam } from './adam.ts'
import { ftrl } from './ftrl.ts'
import { importanceAware } from './importance-aware.ts'
import { invScaling } from './inv-scaling.ts'
import type { NamedRecord } from './linear.reference.ts'
import { momentum } from './momentum.ts'
import { normalized } from './normalized.ts'
import { rmsProp } from './rms-prop.ts'
import { sgd } from './sgd.ts'
import { ReferenceSoftmax } from './softmax.reference.ts'
import { type SoftmaxOptions, type SoftmaxSpec, softmax } from './softmax.ts'

type Variant = Omit<SoftmaxOptions<never>, 'inputs'>

const classes = ['low', 'middle', 'high']
const variants: Record<string, Variant> = {
  'sgd(0.1)': { optimizer: sgd(0.1), maxClasses: 4 },
  'sgd(0.1), declared classes': { optimizer: sgd(0.1), classes },
  'sgd(0.05), not standardised, l2, no intercept': {
    optimizer: sgd(0.05),
    standardise: false,
    l2: 0.01,
    intercept: false,
    maxClasses: 3,
  },
  'sgd(0.1), l1': { optimizer: sgd(0.1), l1: 0.001, maxClasses: 3 },
  'sgd(0.1), clipped gradient': { optimizer: sgd(0.1), clipGradient: 0.7, maxClasses: 3 },
  'adagrad(0.3)': { optimizer: adagrad(0.3), maxClasses: 5 },
  'adam(0.05), declared classes': { optimizer: adam(0.05), classes },
}
const others: Record<string, Variant> = {
  'invScaling(0.5)': { optimizer: invScaling(0.5), maxClasses: 3 },
  'momentum(0.02)': { optimizer: momentum(0.02), maxClasses: 3 },
  'rmsProp(0.05)': { optimizer: rmsProp(0.05), maxClasses: 3 },
  'ftrl(0.5), l1': { optimizer: ftrl(0.5, { l1: 0.3 }), classes },
  'sgd(0.1), clipped step, intercept rate': { optimizer: sgd(0.1), clipStep: 0.5, interceptRate: 0.05, maxClasses: 3 },
}

for (const [name, variant] of Object.entries({ ...variants, ...others })) {
  describe(`softmax ${name}`, () => {
    const subject = {
      name,
      spec: (at: SoftmaxOptions<never>['inputs']): LearnerSpec => softmax({ inputs: at, ...variant }),
      create: (spec: LearnerSpec) => createLearner(spec),
    }
    for (const { title, run } of learnerChecks(subject)) it(title, run)
  })
}

describe('softmax', () => {
  const schema = record({ a: number().nullable(), b: number(), d: string() })
  const inputs = features(schema).numeric('a', 'b').categorical('d')

  for (const [name, variant] of Object.entries(variants)) {
    it(`${name} gives what maps and formulas give, to 8 digits`, () => {
      const numbers = fc.integer({ min: -4000, max: 4000 }).map((value) => value / 1000)
      const input = fc.record({ a: fc.option(numbers), b: numbers, d: fc.constantFrom('x', 'y') })
      const learned = fc.tuple(input, fc.integer({ min: 0, max: 2 }), fc.constantFrom(1, 2, 0.5))
      fc.assert(
        fc.property(fc.array(learned, { maxLength: 50 }), (stream) => {
          const spec = softmax({ inputs, ...variant }) as unknown as SoftmaxSpec
          const model = new ModelRow(spec as unknown as LearnerSpec)
          const reference = new ReferenceSoftmax(spec, ['a', 'b'])
          const x = model.encoder.vector()
          const out = new Float64Array(model.learner.outputs)
          let seen = -1
          for (const [record, label, weight] of stream) {
            // Classes are numbered as they appear.
            const y = spec.classes === undefined ? Math.min(label, seen + 1) : label
            seen = Math.max(seen, y)
            model.encoder.encode(record, x, true)
            model.fit()
            const named: Record<string, number> = { b: record.b, [`d=${record.d}`]: 1 }
            if (record.a !== null) named.a = record.a
            const expected = reference.predict(named as NamedRecord)
            model.learner.testThenTrain(model.row, 0, x, y, weight, out)
            for (let c = 0; c < out.length; c++) expect(Math.abs(out[c] - (expected[c] ?? 0))).toBeLessThan(1e-8)
            reference.learn(named as NamedRecord, y, weight)
          }
          const sets = model.learner.weights?.(model.row, 0, model.encoder.slots) ?? []
          expect(sets.length).toBe(reference.weights.length)
          for (const { class: c = 0, intercept, weights } of sets) {
            expect(Math.abs(intercept - (reference.weights[c].get('') ?? 0))).toBeLessThan(1e-8)
            weights.forEach((weight, slot) => {
              const want = reference.weights[c].get(model.encoder.slotName(slot)) ?? 0
              expect(Math.abs(weight - want)).toBeLessThan(1e-8)
            })
          }
        }),
        { numRuns: 40 },
      )
    })
  }

  it('gives probability to the classes seen so far, or to all that are declared', () => {
    const open = new ModelRow(softmax({ inputs, maxClasses: 4 }) as unknown as LearnerSpec)
    const named = new ModelRow(softmax({ inputs, classes }) as unknown as LearnerSpec)
    const x = new FeatureEncoder(inputs.spec).vector()
    const said = ({ learner, row }: ModelRow): number[] => {
      const out = new Float64Array(learner.outputs)
      learner.predictOne(row, 0, x, out)
      return [...out]
    }
    expect(said(open)).toEqual([0, 0, 0, 0])
    expect(said(named)).toEqual([1 / 3, 1 / 3, 1 / 3])
    open.learner.learnOne(open.row, 0, x, 0, 1)
    expect(said(open)).toEqual([1, 0, 0, 0])
    open.learner.learnOne(open.row, 0, x, 1, 1)
    expect(said(open).map((probability) => probability > 0)).toEqual([true, true, false, false])
  })

  it('refuses classes that are none, and optimizers made for one score', () => {
    const { learner, row } = new ModelRow(softmax({ inputs, maxClasses: 3 }) as unknown as LearnerSpec)
    const x = new FeatureEncoder(inputs.spec).vector()
    for (const y of [-1, 3, 0.5, NaN]) {
      expect(() => learner.learnOne(row, 0, x, y, 1)).toThrow(/ML_LABEL: a class must be a whole number from 0 to 2/)
    }
    expect(row.every((double) => double === 0)).toBe(true)
    for (const optimizer of [normalized(0.5), importanceAware(0.1)]) {
      expect(() => softmax({ inputs, optimizer })).toThrow(/ML_RANGE: optimizer must be made for several classes/)
    }
    expect(() => softmax({ inputs, maxClasses: 1 })).toThrow(/ML_RANGE: classes must be 2 to 10000/)
  })
})

describeWithData('softmax on image_segments', ['image_segments.csv.gz'], () => {
  it("gives River 0.26.1's 1906 of 2310 without an intercept, as River has none, and no fewer with one", () => {
    const columns = readSharedColumns('image_segments.csv.gz')
    const numeric = Object.keys(columns).filter((column) => column !== 'category')
    const schema = record(Object.fromEntries(numeric.map((column) => [column, number()])))
    const inputs = (features(schema) as unknown as { numeric(...names: string[]): Features<never> }).numeric(...numeric)
    const rightOf = (intercept: boolean): number => {
      const { learner, row, encoder } = new ModelRow(softmax({ inputs, intercept, maxClasses: 7 }) as LearnerSpec)
      const x = encoder.vector()
      const out = new Float64Array(7)
      const names: string[] = []
      let right = 0
      columns.category.forEach((label, i) => {
        encoder.encode(Object.fromEntries(numeric.map((column) => [column, Number(columns[column][i])])), x, true)
        if (!names.includes(label)) names.push(label)
        learner.testThenTrain(row, 0, x, names.indexOf(label), 1, out)
        if (names[out.indexOf(Math.max(...out))] === label && out.some((p) => p > 0)) right++
      })
      return right
    }
    expect(rightOf(false)).toBe(1906)
    expect(rightOf(true)).toBeGreaterThanOrEqual(1906)
  })
})
