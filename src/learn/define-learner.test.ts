import { describe, expect, expectTypeOf, it } from 'vitest'
import { FeatureVector } from '../features/feature-vector.ts'
import { features } from '../features/features.ts'
import { forEachInput } from '../features/for-each-input.ts'
import { number, record, string } from '../formats/schema.ts'
import { probabilityOf } from '../learn/linear/probability.ts'
import { learnerChecks } from '../testing/learner-suite.ts'
import { SLOTS, streams, TrialModel } from '../testing/learner-trial.ts'
import { createLearner } from './create-learner.ts'
import { defineLearner } from './define-learner.ts'
import type { Learner, LearnerSpec } from './learner.ts'
import { logistic } from './linear/logistic.ts'
import { oneVsRest } from './one-vs-rest.ts'

type Inputs = Parameters<typeof logistic<never>>[0]['inputs']

/** Logistic regression by AdaGrad, every number in plain sight. */
const ownLogistic = defineLearner({
  kind: 'own-logistic',
  task: 'binary',
  options: { rate: 0.3 },
  header: 2,
  perSlot: 2,
  predictOne(model, x, out) {
    const { row } = model
    let score = row[0]
    forEachInput(x, (slot, value) => {
      score += row[model.at(slot)] * bounded(value)
    })
    out[0] = probabilityOf(score)
  },
  learnOne(model, x, y, weight) {
    const { row, options } = model
    let score = row[0]
    forEachInput(x, (slot, value) => {
      score += row[model.at(slot)] * bounded(value)
    })
    const slope = weight * (probabilityOf(score) - y)
    row[1] += slope * slope
    row[0] -= (options.rate * slope) / Math.sqrt(row[1] + 1e-8)
    forEachInput(x, (slot, value) => {
      const at = model.at(slot)
      const gradient = slope * bounded(value)
      row[at + 1] += gradient * gradient
      row[at] -= (options.rate * gradient) / Math.sqrt(row[at + 1] + 1e-8)
    })
  },
  weights(model) {
    return {
      intercept: model.row[0],
      weights: Float64Array.from({ length: model.slots }, (_, slot) => model.row[model.at(slot)]),
    }
  },
  check(model) {
    for (let slot = 0; slot < model.slots; slot++) if (model.row[model.at(slot) + 1] < 0) return 'a sum is negative'
    return model.row[1] < 0 ? 'a sum is negative' : undefined
  },
  merge: 'average',
  mergeWith({ row, steps }, other) {
    const share = other.steps / (steps + other.steps)
    for (let i = 0; i < row.length; i++) row[i] += share * (other.row[i] - row[i])
  },
})

const bounded = (value: number): number => Math.max(-1e3, Math.min(1e3, value))

/** The same that promises to write what the record has only. */
const ownSparse = defineLearner({
  kind: 'own-sparse',
  task: 'regression',
  header: 1,
  perSlot: 1,
  writes: 'present',
  options: { rate: 0.05 },
  predictOne(model, x, out) {
    let value = model.row[0]
    forEachInput(x, (slot, input) => {
      value += model.row[model.at(slot)] * bounded(input)
    })
    out[0] = value
  },
  learnOne(model, x, y, weight) {
    let value = model.row[0]
    let square = 1
    forEachInput(x, (slot, input) => {
      value += model.row[model.at(slot)] * bounded(input)
      square += bounded(input) * bounded(input)
    })
    const step = ((y - value) / square) * (1 - 1 / (1 + model.options.rate * weight))
    model.row[0] += step
    forEachInput(x, (slot, input) => {
      model.row[model.at(slot)] += step * bounded(input)
    })
  },
})

/** Naive Bayes over signs and categories: counts of each class, exactly mergeable; inputs begin at one half. */
const ownBayes = defineLearner({
  kind: 'own-bayes',
  task: 'multiclass',
  header: ({ classes }) => classes,
  perSlot: ({ classes }) => 2 * classes,
  initSlot(model, slot) {
    model.row.fill(0.5, model.at(slot), model.at(slot + 1))
  },
  predictOne(model, x, out) {
    for (let k = 0; k < model.classes; k++) {
      let density = model.row[k]
      forEachInput(x, (slot, value) => {
        const at = model.at(slot) + 2 * k
        density *= (value > 0 ? model.row[at] : model.row[at + 1]) / (model.row[k] + 1)
      })
      out[k] = density
    }
  },
  learnOne(model, x, y, weight) {
    model.row[y] += weight
    forEachInput(x, (slot, value) => {
      model.row[model.at(slot) + 2 * y + (value > 0 ? 0 : 1)] += weight
    })
  },
  merge: 'exact',
  mergeWith({ row, classes, at, ...model }, other) {
    const first = other.at(0)
    for (let i = 0; i < row.length; i++) row[i] += other.row[i] - (i < first ? 0 : 0.5)
    expect([classes, model.slots]).toEqual([other.classes, other.slots])
  },
})

const subjects = {
  'own binary learner': (inputs: Inputs): LearnerSpec => ownLogistic({ inputs }),
  'own regression that writes what is present': (inputs: Inputs): LearnerSpec => ownSparse({ inputs }),
  'own learner of several classes': (inputs: Inputs): LearnerSpec => ownBayes({ inputs, maxClasses: 4 }),
  'oneVsRest of an own learner': (inputs: Inputs): LearnerSpec =>
    oneVsRest(ownLogistic({ inputs, rate: 0.5 }), { maxClasses: 3 }),
}

describe('defineLearner keeps the contract', () => {
  for (const [name, spec] of Object.entries(subjects)) {
    const subject = { name, spec, create: (made: LearnerSpec) => createLearner(made) }
    for (const { title, run } of learnerChecks(subject)) it(title, run)
  }
})

const inputs = features(record({ a: number(), b: number(), c: number(), d: string() }))
  .numeric('a', 'b', 'c')
  .categorical('d') as unknown as Inputs

describe('defineLearner', () => {
  it('gives specs that say everything in plain JSON but how they are made', () => {
    const spec = ownBayes({ inputs, classes: ['x', 'y'] })
    expect(JSON.parse(JSON.stringify(spec))).toEqual({
      kind: 'own-bayes',
      task: 'multiclass',
      inputs: (inputs as { spec: unknown }).spec,
      classes: ['x', 'y'],
      version: 1,
      options: {},
    })
    expect(JSON.parse(JSON.stringify(ownLogistic({ inputs, rate: 2 }))).options).toEqual({ rate: 2 })
  })

  it('knows options by name and type, and tasks by their labels', () => {
    expectTypeOf(ownLogistic<never>)
      .parameter(0)
      .toHaveProperty('rate')
      .toEqualTypeOf<number | undefined>()
    expectTypeOf(ownLogistic({ inputs }).task).toEqualTypeOf<'binary'>()
    // @ts-expect-error the learner has no such option
    expect(() => ownLogistic({ inputs, speed: 1 })).toThrow(/ML_PLAN.*no such option; got "speed".*Known are: rate/)
    // @ts-expect-error of another type
    expect(() => ownLogistic({ inputs, rate: '1' })).toThrow(/ML_RANGE.*option "rate" must be a finite number/)
    expect(() => ownLogistic({ inputs, rate: NaN })).toThrow(/ML_RANGE.*option "rate" must be a finite number/)
    // @ts-expect-error inputs are needed
    expect(() => ownLogistic({})).toThrow(/ML_PLAN.*needs its inputs.*Give own-logistic\(\{ inputs \}\)/)
    expect(() => ownBayes({ inputs, classes: ['a'] })).toThrow(/ML_RANGE.*classes must be two or more/)
  })

  it('refuses definitions that are incomplete or contradict themselves, and says what to do', () => {
    const right = { kind: 'mine', task: 'binary', header: 1, predictOne() {}, learnOne() {} }
    const refused: readonly [object | undefined, RegExp][] = [
      [undefined, /ML_PLAN.*kind of a learner must be a name/],
      [{ ...right, kind: 'my learner' }, /ML_PLAN.*kind of a learner must be a name; got "my learner"/],
      [{ ...right, kind: 'logistic' }, /ML_PLAN.*in the library; got "logistic".*another name/],
      [{ ...right, kind: 'oneVsRest' }, /ML_PLAN.*in the library/],
      [{ ...right, task: 'ranking' }, /ML_PLAN.*task of a learner.*Give task: 'binary'/],
      [{ ...right, version: 0 }, /ML_PLAN.*version/],
      [{ ...right, options: [1] }, /ML_PLAN.*options must be plain data/],
      [{ ...right, options: { f: () => 1 } }, /ML_PLAN.*options must be plain data/],
      [{ ...right, options: { classes: 2 } }, /ML_PLAN.*has "classes" already.*Name it otherwise/],
      [{ ...right, learnMany() {} }, /ML_PLAN.*no such part; got "learnMany".*Known are: kind, task/],
      [{ ...right, predictOne: undefined }, /ML_PLAN.*predictOne must be a function; got "undefined"/],
      [{ ...right, weights: 3 }, /ML_PLAN.*weights must be a function/],
      [{ ...right, header: -1 }, /ML_PLAN.*header must be a whole number/],
      [{ ...right, header: undefined }, /ML_PLAN.*a model has no doubles.*Say how many/],
      [{ ...right, merge: 'exact' }, /ML_PLAN.*merge and mergeWith come together/],
      [{ ...right, mergeWith() {} }, /ML_PLAN.*merge and mergeWith come together/],
      [{ ...right, task: 'multiclass', uncertain: true }, /ML_PLAN.*no interval/],
      [{ ...right, writes: 'some' }, /ML_PLAN.*writes must be/],
      [{ kind: 'mine', task: 'binary', create: 1 }, /ML_PLAN.*create must be a function/],
      [{ ...right, create() {} }, /ML_PLAN.*no such part; got "header"/],
    ]
    for (const [definition, message] of refused) expect(() => defineLearner(definition as never)).toThrow(message)
    const odd = defineLearner({ ...right, kind: 'odd', task: 'binary', perSlot: () => 1.5 })
    expect(() => createLearner(odd({ inputs }) as unknown as LearnerSpec)).toThrow(/ML_PLAN.*perSlot must be a whole/)
    const born = defineLearner({ ...right, task: 'binary', initHeader: ({ row }) => row.fill(NaN) })
    expect(() => new TrialModel(subjectOf(born({ inputs })))).toThrow(/ML_PLAN.*NaN in double 0 of the header/)
    const picky = defineLearner({
      ...right,
      task: 'binary',
      options: { low: 0, high: 1 },
      checkOptions({ low, high }) {
        if (low >= high) throw new Error('low must be below high')
      },
    })
    expect(() => picky({ inputs, low: 2 })).toThrow(/ML_RANGE: low must be below high; got .*learner "mine"/)
  })

  it('puts the model back when learning throws or leaves what is no number, whatever was written', () => {
    for (const writes of ['all', 'present'] as const) {
      const failing = defineLearner({
        kind: 'failing',
        task: 'binary',
        header: 1,
        perSlot: 2,
        writes,
        predictOne(_model, _x, out) {
          out[0] = 0.5
        },
        learnOne(model, x, y, weight) {
          model.row[0] += weight
          forEachInput(x, (slot, value) => {
            model.row[model.at(slot) + 1] += value
          })
          if (weight === 7) throw new RangeError('seven is too many')
          if (weight === 8) model.row[0] = Infinity
          if (weight === 9) model.row[model.at(4)] = y / 0
          if (weight === 10) model.row[model.at(1) + 1] = NaN
        },
      })
      const model = new TrialModel(subjectOf(failing({ inputs }))).learnAll(streams.binary.slice(0, 20))
      const x = new FeatureVector(3, 2)
      x.dense.set([1, 2, 3])
      x.activate(4)
      const before = model.bytes()
      for (const [weight, message] of [
        [7, /^seven is too many$/],
        [8, /ML_LEARN.*Infinity in double 0 of the header; the model is as it was at learner "failing"/],
        [9, /ML_LEARN.*Infinity in double 0 of slot 4/],
        [10, /ML_LEARN.*NaN in double 1 of input "b"/],
      ] as const) {
        expect(() => model.learn({ x, y: 1, weight })).toThrow(message)
        expect(() => model.test({ x, y: 1, weight })).toThrow(message)
        expect(model.bytes()).toEqual(before)
      }
      model.learn({ x, y: 1, weight: 6 })
      expect(model.bytes()).not.toEqual(before)
    }
  })

  it('refuses predictions that are none', () => {
    const saying = (task: 'binary' | 'regression' | 'multiclass', values: number[], uncertain = false) => {
      const made = defineLearner({
        kind: 'saying',
        task,
        header: 1,
        ...(uncertain ? { uncertain } : {}),
        predictOne(_model, _x, out) {
          out.set(values)
        },
        learnOne() {},
      })
      const model = new TrialModel(
        subjectOf(made({ inputs, ...(task === 'multiclass' ? { maxClasses: 3 } : {}) } as never)),
      )
      for (const [i, record] of streams[task].slice(0, 40).entries()) {
        model.learn(task === 'multiclass' ? { ...record, y: i % 3 } : record)
      }
      return () => [...model.predict(streams.binary[0].x)]
    }
    for (const wrong of [[], [-0.1], [1.1], [NaN]])
      expect(saying('binary', wrong)).toThrow(/ML_LEARN.*no prediction in out/)
    for (const wrong of [[], [Infinity], [NaN]]) expect(saying('regression', wrong)).toThrow(/ML_LEARN.*no prediction/)
    for (const wrong of [[NaN], [-1, 2], [Infinity]])
      expect(saying('multiclass', wrong)).toThrow(/ML_LEARN.*no prediction in class/)
    for (const wrong of [[0.5], [0.5, 0.6, 0.7], [0.5, -1, 0.7], [0.5, 0.4, 1.1]]) {
      expect(saying('binary', wrong, true)).toThrow(/ML_LEARN/)
    }
    for (const wrong of [[5], [5, -1, 4, 6], [5, 1, 6, 7], [5, 1, 4, Infinity]]) {
      expect(saying('regression', wrong, true)).toThrow(/ML_LEARN/)
    }
    expect(saying('binary', [0.5, 0.4, 0.7], true)()).toEqual([0.5, 0.4, 0.7])
    expect(saying('regression', [5, 1, 4, 6], true)()).toEqual([5, 1, 4, 6])
    expect(saying('multiclass', [1, 2, 1])()).toEqual([0.25, 0.5, 0.25])
    expect(saying('multiclass', [0, 0, 0])()).toEqual([0, 0, 0])
  })

  it('gives classes not seen yet no probability, whatever the learner says', () => {
    const all = defineLearner({
      kind: 'all-alike',
      task: 'multiclass',
      header: 1,
      predictOne(_model, _x, out) {
        out.fill(1)
      },
      learnOne() {},
    })
    const model = new TrialModel(subjectOf(all({ inputs, maxClasses: 4 })))
    const [{ x }] = streams.multiclass
    expect([...model.predict(x)]).toEqual([0, 0, 0, 0])
    for (const y of [0, 2]) model.learn({ x, y, weight: 1 })
    expect([...model.predict(x)]).toEqual([0.5, 0, 0.5, 0])
    model.page[model.offset + 2] = 5
    expect(() => model.learner.check(model.page, model.offset, SLOTS)).toThrow(/ML_CORRUPT.*classes have other records/)
  })

  it('merges exactly what adds up, and puts back a merge that fails', () => {
    const [all, first, second] = [0, 1, 2].map(() => new TrialModel(subjectOf(ownBayes({ inputs, maxClasses: 3 }))))
    for (const [i, record] of streams.multiclass.slice(0, 300).entries()) {
      all.learn({ ...record, weight: 1 })
      ;(i < 120 ? first : second).learn({ ...record, weight: 1 })
    }
    first.learner.mergeWith?.(first.page, first.offset, second.page, second.offset, SLOTS)
    expect(first.bytes()).toEqual(all.bytes())
    const broken = defineLearner({
      kind: 'broken',
      task: 'binary',
      header: 1,
      predictOne() {},
      learnOne() {},
      merge: 'average',
      mergeWith({ row }) {
        row[0] = NaN
      },
    })
    const model = new TrialModel(subjectOf(broken({ inputs })))
    const before = model.bytes()
    const merge = () => model.learner.mergeWith?.(model.page, model.offset, model.page, model.offset, SLOTS)
    expect(merge).toThrow(/ML_LEARN.*NaN in double 0/)
    expect(model.bytes()).toEqual(before)
  })

  it('refuses restored rows that the definition says are wrong, or that belong to another layout', () => {
    const { page, offset, learner } = new TrialModel(subjectOf(ownLogistic({ inputs }))).learnAll(streams.binary)
    page[offset + 3] = -1
    expect(() => learner.check(page, offset, SLOTS)).toThrow(/ML_CORRUPT.*a sum is negative/)
    expect(() => learner.check(page, offset, SLOTS + 1)).toThrow(/ML_CORRUPT.*another number of slots/)
    expect(learner.layout).toBe('own-logistic v1 2 + 2 a slot')
    expect(createLearner(ownBayes({ inputs, classes: ['x', 'y'] }) as never).layout).toBe(
      'own-bayes v1 2 + 4 a slot, 2 classes',
    )
  })

  it('takes a whole learner where a layout will not do', () => {
    const inner = (spec: LearnerSpec): Learner => createLearner(logistic({ inputs: spec.inputs as never }) as never)
    const wrapped = defineLearner({
      kind: 'wrapped',
      task: 'binary',
      options: { rate: 1 },
      create(spec) {
        expect(spec.options).toEqual({ rate: 2 })
        return inner({ ...spec, inputs: { spec: spec.inputs } } as never)
      },
    })
    const model = new TrialModel(subjectOf(wrapped({ inputs, rate: 2 }))).learnAll(streams.binary)
    expect(model.learner.layout).toBe('logistic v1 sgd standardised')
  })
})

describe('forEachInput', () => {
  it('calls for numeric inputs that are there, then for active slots, in order', () => {
    const x = new FeatureVector(3, 2)
    x.dense.set([0.5, 0, -2])
    x.activate(7)
    x.activate(4, 2.5)
    const seen = (): [number, number][] => {
      const all: [number, number][] = []
      forEachInput(x, (slot, value) => all.push([slot, value]))
      return all
    }
    expect(seen()).toEqual([
      [0, 0.5],
      [1, 0],
      [2, -2],
      [7, 1],
      [4, 2.5],
    ])
    x.setDense(1, NaN)
    expect(seen().map(([slot]) => slot)).toEqual([0, 2, 7, 4])
  })
})

function subjectOf(spec: unknown) {
  return { name: 'own', spec: () => spec as LearnerSpec, create: (made: LearnerSpec) => createLearner(made) }
}
