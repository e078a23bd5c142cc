import { describe, expect, it } from 'vitest'
import { describeWithData, readSharedColumns } from '../../test/shared-data.ts'
import { FeatureEncoder } from '../features/feature-encoder.ts'
import { FeatureVector } from '../features/feature-vector.ts'
import { features } from '../features/features.ts'
import { number, record } from '../formats/schema.ts'
import { learnerChecks } from '../testing/learner-suite.ts'
import { randomNumbers } from '../testing/learner-trial.ts'
import { CREATE, createLearner } from './create-learner.ts'
import type { Learner, LearnerSpec } from './learner.ts'
import { logistic } from './linear/logistic.ts'
import { sgd } from './linear/sgd.ts'
import { arow } from './margin/arow.ts'
import { passiveAggressive, passiveAggressiveRegression } from './margin/passive-aggressive.ts'
import { perceptron } from './margin/perceptron.ts'
import { oneVsRest } from './one-vs-rest.ts'
import { OneVsRest, type OneVsRestSpec } from './one-vs-rest-learner.ts'

type Inputs = Parameters<typeof perceptron<never>>[0]['inputs']

const binary: Record<string, (inputs: Inputs, standardise?: boolean) => LearnerSpec<never, 'binary'>> = {
  'passiveAggressive I': (inputs, standardise) => passiveAggressive({ inputs, aggressiveness: 0.01, standardise }),
  perceptron: (inputs, standardise) => perceptron({ inputs, standardise }),
  arow: (inputs, standardise) => arow({ inputs, standardise }),
  logistic: (inputs, standardise) => logistic({ inputs, optimizer: sgd(0.01), standardise }),
}

describe('oneVsRest', () => {
  for (const [name, learner] of Object.entries(binary)) {
    const subject = {
      name: `oneVsRest(${name})`,
      spec: (inputs: Inputs): LearnerSpec => oneVsRest(learner(inputs), { maxClasses: 4 }),
      create: (spec: LearnerSpec) => createLearner(spec),
    }
    for (const { title, run } of learnerChecks(subject)) it(title, run)
  }

  const inputs = features(record({ a: number(), b: number() })).numeric('a', 'b') as unknown as Inputs

  /** Records whose classes appear one by one. */
  function stream(count: number): { x: FeatureVector; y: number }[] {
    const random = randomNumbers(3)
    return Array.from({ length: count }, (_, i) => {
      const y = Math.floor(random() * Math.min(3, 1 + i / 10))
      const x = new FeatureVector(2, 0)
      x.dense.set([random() + y, random() - y])
      return { x, y }
    })
  }

  for (const [name, learner] of Object.entries(binary)) {
    it(`oneVsRest(${name}) is a model for each class from its first record on, scaled to sum to 1`, () => {
      const spec = learner(inputs)
      const one = createLearner(oneVsRest(spec, { maxClasses: 5 }))
      const page = new Float64Array(one.size(2))
      one.init(page, 0, 2)
      const models = new Map<number, { learner: Learner; row: Float64Array }>()
      const out = new Float64Array(5)
      for (const { x, y } of stream(300)) {
        const apart = new Float64Array(5)
        for (const [k, model] of models) model.learner.predictOne(model.row, 0, x, apart.subarray(k))
        const sum = apart.reduce((total, p) => total + p, 0)
        one.testThenTrain(page, 0, x, y, 1, out)
        expect([...out]).toEqual([...apart].map((p) => (sum > 0 ? p / sum : 0)))
        if (!models.has(y)) {
          const own = createLearner(spec)
          const row = new Float64Array(own.size(2))
          own.init(row, 0, 2)
          models.set(y, { learner: own, row })
        }
        for (const [k, model] of models) model.learner.learnOne(model.row, 0, x, k === y ? 1 : 0, 1)
      }
      expect(one.steps(page, 0)).toBe(300)
      expect(one.weights?.(page, 0, 2)).toEqual(
        [0, 1, 2].map((k) => ({ ...models.get(k)?.learner.weights?.(models.get(k)?.row as never, 0, 2)[0], class: k })),
      )
    })
  }

  it('merges and puts back class by class what a learner of the user does', () => {
    // Counts the records of a class, and fails at the second class on demand.
    const counting = (fail: () => boolean): Learner => ({
      ...({} as Learner),
      task: 'binary',
      merge: 'exact',
      layout: 'counting',
      outputs: 1,
      uncertain: false,
      size: () => 2,
      init: (page, offset) => page.fill(0, offset, offset + 2),
      predictOne: (page, offset, _x, out) => {
        out[0] = page[offset + 1] / page[offset]
      },
      learnOne: (page, offset, _x, y) => {
        page[offset]++
        page[offset + 1] += y
        if (y === 0 && fail()) throw new Error('on demand')
      },
      testThenTrain(page, offset, x, y, weight, out) {
        this.predictOne(page, offset, x, out)
        this.learnOne(page, offset, x, y, weight)
      },
      steps: (page, offset) => page[offset],
      mergeWith: (page, offset, other, otherOffset) => {
        page[offset] += other[otherOffset]
        page[offset + 1] += other[otherOffset + 1]
      },
    })
    let failing = false
    const own = { kind: 'counting', task: 'binary', inputs: inputs.spec, [CREATE]: () => counting(() => failing) }
    const spec = oneVsRest(own as unknown as LearnerSpec<never, 'binary'>, { classes: ['a', 'b', 'c'] })
    const learner = createLearner(spec)
    const page = new Float64Array(2 * learner.size(2))
    const second = learner.size(2)
    for (const offset of [0, second]) learner.init(page, offset, 2)
    const x = new FeatureVector(2, 0)
    for (const y of [0, 1, 1]) learner.learnOne(page, 0, x, y, 1)
    for (const y of [2, 1]) learner.learnOne(page, second, x, y, 1)
    const before = page.slice()
    failing = true
    expect(() => learner.learnOne(page, 0, x, 0, 1)).toThrow('on demand')
    expect(page).toEqual(before)
    expect(learner.merge).toBe('exact')
    learner.mergeWith?.(page, 0, page, second, 2)
    expect(learner.steps(page, 0)).toBe(5)
    const out = new Float64Array(3)
    learner.predictOne(page, 0, x, out)
    const [a, b, c] = [1 / 3, 3 / 3, 1 / 2].map((p) => p / (1 / 3 + 3 / 3 + 1 / 2))
    for (const [k, p] of [a, b, c].entries()) expect(out[k]).toBeCloseTo(p, 12)
    expect(learner.weights).toBeUndefined()
  })

  it('gives classes that say 0 all alike the same probability', () => {
    const spec = oneVsRest(passiveAggressive({ inputs, variant: 'hard', standardise: false, intercept: false }), {
      maxClasses: 3,
    })
    const learner = createLearner(spec)
    const page = new Float64Array(learner.size(2))
    learner.init(page, 0, 2)
    const x = new FeatureVector(2, 0)
    x.dense.set([1e-5, 0])
    learner.learnOne(page, 0, x, 0, 1)
    learner.learnOne(page, 0, x, 1, 1)
    x.dense.set([0, 0])
    const out = new Float64Array(3)
    learner.predictOne(page, 0, x, out)
    expect([...out]).toEqual([0.5, 0.5, 0])
  })

  it('refuses what is not binary, and classes that make no sense', () => {
    const regression = passiveAggressiveRegression({ inputs }) as unknown as LearnerSpec<never, 'binary'>
    expect(() => oneVsRest(regression)).toThrow(
      /ML_PLAN.*takes the spec.*passiveAggressiveRegression, of task regression/,
    )
    expect(() => oneVsRest(undefined as unknown as LearnerSpec<never, 'binary'>)).toThrow(/ML_PLAN/)
    const learner = perceptron({ inputs })
    for (const classes of [[], ['a'], ['a', 'a'], [1, 2] as unknown as string[]]) {
      expect(() => oneVsRest(learner, { classes })).toThrow(/ML_RANGE.*classes must be two or more names/)
    }
    for (const maxClasses of [0, 1, 2.5, 1e6]) {
      expect(() => oneVsRest(learner, { maxClasses })).toThrow(/ML_RANGE.*maxClasses must be a whole number/)
    }
    expect(() => oneVsRest(learner, { classes: ['a', 'b'], maxClasses: 3 })).toThrow(/ML_RANGE.*classes and maxClasses/)
  })

  it('says its plan in plain JSON, and another number of classes is another layout', () => {
    const spec = oneVsRest(perceptron({ inputs }), { classes: ['a', 'b'] })
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec)
    expect(spec).toMatchObject({
      kind: 'oneVsRest',
      task: 'multiclass',
      learner: { kind: 'perceptron' },
      classes: ['a', 'b'],
    })
    const layoutOf = (made: OneVsRestSpec) => createLearner(made as LearnerSpec).layout
    expect(layoutOf(spec)).toBe('oneVsRest v1 2 of perceptron v1 standardised')
    expect(layoutOf(oneVsRest(perceptron({ inputs })))).toBe('oneVsRest v1 32 of perceptron v1 standardised')
  })

  it('refuses a row whose parts have another length, or in which a class knows more than all', () => {
    const learner = new OneVsRest(
      oneVsRest(perceptron({ inputs }), { maxClasses: 3 }),
      createLearner(perceptron({ inputs })),
    )
    const page = new Float64Array(learner.size(2))
    learner.init(page, 0, 2)
    for (const { x, y } of stream(50)) learner.learnOne(page, 0, x, y, 1)
    learner.check(page, 0, 2)
    const part = page[1]
    page[1] = part + 1
    expect(() => learner.check(page, 0, 2)).toThrow(/ML_CORRUPT.*another length/)
    page[1] = part
    page[0] = 3
    expect(() => learner.check(page, 0, 2)).toThrow(/ML_CORRUPT.*a class has learned more/)
  })
})

/** Records that oneVsRest has right, each tested before it is learned. */
function correctOf(
  file: string,
  label: string,
  count: number,
  learner: (inputs: Inputs) => LearnerSpec<never, 'binary'>,
): number {
  const { [label]: labels, ...columns } = readSharedColumns(file)
  const names = [...new Set(labels)]
  const fields = Object.keys(columns)
  const numeric = fields.map((name) => ({ name, nullable: false, max: 1e15 }))
  const spec = { version: 1, numeric, categorical: [] } as const
  const one = createLearner(oneVsRest(learner({ spec }), { maxClasses: names.length }))
  const encoder = new FeatureEncoder(spec)
  const page = new Float64Array(one.size(encoder.slots))
  one.init(page, 0, encoder.slots)
  const x = encoder.vector()
  const out = new Float64Array(names.length)
  let correct = 0
  for (let i = 0; i < count; i++) {
    encoder.encode(Object.fromEntries(fields.map((field) => [field, Number(columns[field][i])])), x, true)
    const y = names.indexOf(labels[i])
    one.testThenTrain(page, 0, x, y, 1, out)
    if (out[y] > 0 && out.indexOf(Math.max(...out)) === y) correct++
  }
  return correct
}

describeWithData('oneVsRest on image_segments', ['image_segments.csv.gz'], () => {
  const correct = (name: string, standardise: boolean): number =>
    correctOf('image_segments.csv.gz', 'category', 2310, (inputs) => binary[name](inputs, standardise))

  it('of passiveAggressive I, C = 0.01, not standardised, has as many right as River 0.26.1: 1175 of 2310', () => {
    expect(correct('passiveAggressive I', false)).toBe(1175)
  })

  it('of perceptron, not standardised, has 1031 right, and River 0.26.1 1027: its sigmoid is cut at ±30, so more classes tie', () => {
    expect(correct('perceptron', false)).toBe(1031)
  })

  // There the scaler is one for all classes; here it is part of each class's model, and learns from its first record on.
  for (const [name, river, ours] of [
    ['passiveAggressive I', 1871, 1878],
    ['perceptron', 1828, 1866],
    ['logistic', 1838, 1841],
  ] as const) {
    it(`of ${name}, standardised, has ${ours} right, and River 0.26.1 ${river}`, () => {
      expect(correct(name, true)).toBe(ours)
    })
  }
})

describeWithData('oneVsRest on covertype_ramp', ['covertype_ramp.csv.gz'], () => {
  for (const [name, river, ours] of [
    ['passiveAggressive I', 13445, 13445],
    ['perceptron', 12002, 11946],
    ['logistic', 13729, 13728],
  ] as const) {
    it(`of ${name}, standardised, has ${ours} of the first 20,000 right, and River 0.26.1 ${river}`, () => {
      expect(correctOf('covertype_ramp.csv.gz', 'Cover_Type', 20_000, binary[name])).toBe(ours)
    })
  }
})
