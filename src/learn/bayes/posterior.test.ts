import { describe, expect, it } from 'vitest'
import { FeatureVector } from '../../features/feature-vector.ts'
import { features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import { Xoshiro128 } from '../../numeric/xoshiro128.ts'
import { createLearner } from '../create-learner.ts'
import type { Learner, LearnerSpec, PosteriorState } from '../learner.ts'
import { compose } from '../transform/compose.ts'
import { interactions } from '../transform/products.ts'
import { bayesLinear } from './bayes-linear.ts'
import { bayesLogistic } from './bayes-logistic.ts'
import { naiveBayes } from './naive-bayes.ts'
import { readPosterior } from './read-posterior.ts'

const schema = record({ a: number(), b: number(), c: number().nullable(), d: string() })
const inputs = features(schema).numeric('a', 'b', 'c').categorical('d', { max: 9 })
const fewer = features(schema).numeric('b').categorical('d', { max: 9 })
const SLOTS = 6

class Model {
  readonly learner: Learner
  readonly page: Float64Array
  readonly slots: number

  constructor(spec: LearnerSpec, slots = SLOTS) {
    this.learner = createLearner(spec)
    this.slots = slots
    this.page = new Float64Array(this.learner.size(slots))
    this.learner.init(this.page, 0, slots)
  }

  /** Correlated inputs, and a category of slots 3 to 5. */
  play(count: number, seed: number): this {
    const random = new Xoshiro128(seed)
    const x = new FeatureVector(3, 1)
    for (let i = 0; i < count; i++) {
      const a = random.nextDouble()
      const b = a + 0.3 * random.nextDouble()
      x.activeCount = 0
      x.setDense(0, a)
      x.setDense(1, b)
      x.setDense(2, random.nextDouble() < 0.1 ? Number.NaN : 3 * b - a + random.nextDouble())
      const category = random.nextInt(3)
      x.activate(3 + category)
      const y = 2 * a - b + category + 0.2 * random.nextDouble()
      this.learner.learnOne(this.page, 0, x, this.learner.task === 'binary' ? (y > 1.4 ? 1 : 0) : y, 1)
    }
    return this
  }

  get state(): PosteriorState {
    return readPosterior(this.learner, this.page, 0, this.slots) as PosteriorState
  }
}

const specs: Record<string, (list: typeof inputs) => LearnerSpec> = {
  'bayesLinear, full': (list) => bayesLinear({ inputs: list }),
  'bayesLinear, full, forgetting': (list) => bayesLinear({ inputs: list, forgetting: 0.98, noise: { sd: 0.5 } }),
  'bayesLogistic, full': (list) => bayesLogistic({ inputs: list }),
  'bayesLinear, diagonal': (list) => bayesLinear({ inputs: list, covariance: 'diagonal' }),
}

describe.each(Object.entries(specs))('the posterior of %s', (_name, spec) => {
  it('has a precision that is the inverse of its covariance, and the deviations and means that weights() gives', () => {
    const model = new Model(spec(inputs)).play(300, 1)
    const { mean, covariance, precision } = model.state
    const n = SLOTS + 1
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0
        for (let k = 0; k < n; k++) sum += covariance[i * n + k] * precision[k * n + j]
        expect(sum).toBeCloseTo(i === j ? 1 : 0, 7)
      }
    }
    const [weights] = model.learner.weights?.(model.page, 0, SLOTS) ?? []
    expect([weights.intercept, ...weights.weights]).toEqual([...mean])
    const deviations = [weights.interceptDeviation, ...(weights.deviations as Float64Array)]
    deviations.forEach((deviation, i) => {
      expect(deviation).toBeCloseTo(Math.sqrt(covariance[i * n + i]), 9)
    })
  })

  it('keeps of inputs that stay what it knew: their means, variances and how they vary together', () => {
    const model = new Model(spec(inputs)).play(300, 2)
    const was = model.state
    // a and c go; b is the only numeric input; slots 3, 4, 5 become 2, 3, 1.
    const map = { dense: 3, slots: Int32Array.of(-1, 0, -1, 2, 3, 1), identity: false }
    const moved = new Model(spec(fewer as never), 4)
    moved.page.fill(9)
    moved.learner.move(model.page, 0, map, moved.page, 0, 4)
    moved.learner.check(moved.page, 0, 4)
    const is = moved.state
    const places = [0, 2, 6, 4, 5]
    places.forEach((from, to) => {
      expect(is.mean[to]).toBeCloseTo(was.mean[from], 9)
      places.forEach((otherFrom, otherTo) => {
        expect(is.covariance[to * 5 + otherTo]).toBeCloseTo(was.covariance[from * 7 + otherFrom], 9)
      })
    })
  })

  it('has for new inputs what the prior says, independent of the others', () => {
    const model = new Model(spec(fewer as never), 4)
    const x = new FeatureVector(1, 1)
    for (let i = 0; i < 50; i++) {
      x.dense[0] = i % 7
      x.activeCount = 0
      x.activate(1 + (i % 3))
      model.learner.learnOne(model.page, 0, x, i % 2, 1)
    }
    const fresh = new Model(spec(inputs)).state
    const wider = new Model(spec(inputs))
    const map = { dense: 1, slots: Int32Array.of(1, 3, 4, 5), identity: false }
    wider.learner.move(model.page, 0, map, wider.page, 0, SLOTS)
    const [was, is] = [model.state, wider.state]
    // What is unknown is told in the unit of the noise, where that is unknown.
    const unit = is.covariance[1 * 7 + 1] / fresh.covariance[1 * 7 + 1]
    for (const coordinate of [1, 3]) {
      expect(is.mean[coordinate]).toBe(0)
      for (let other = 0; other < 7; other++) {
        const prior = coordinate === other ? unit * fresh.covariance[coordinate * 8] : 0
        expect(is.covariance[coordinate * 7 + other]).toBeCloseTo(prior, 9)
      }
    }
    ;[0, 2, 4, 5, 6].forEach((to, from) => {
      expect(is.mean[to]).toBe(was.mean[from])
      expect(is.covariance[to * 8]).toBeCloseTo(was.covariance[from * 6], 12)
    })
  })
})

describe('merging models that only average', () => {
  it.each([
    ['bayesLogistic', () => bayesLogistic({ inputs })],
    ['bayesLogistic, diagonal', () => bayesLogistic({ inputs, covariance: 'diagonal' })],
    ['bayesLinear, diagonal', () => bayesLinear({ inputs, covariance: 'diagonal', noise: { sd: 0.5 } })],
  ])('%s: two halves come near the whole, and are surer than either', (_name, spec) => {
    const [first, second, whole] = [new Model(spec()).play(400, 3), new Model(spec()).play(400, 4), new Model(spec())]
    whole.play(400, 3).play(400, 4)
    const alone = first.state
    first.learner.mergeWith?.(first.page, 0, second.page, 0, SLOTS)
    first.learner.check(first.page, 0, SLOTS)
    expect(first.learner.steps(first.page, 0)).toBe(800)
    const [is, all] = [first.state, whole.state]
    for (let i = 0; i <= SLOTS; i++) {
      const deviation = Math.sqrt(alone.covariance[i * 8])
      expect(is.covariance[i * 8]).toBeLessThan(alone.covariance[i * 8])
      expect(Math.abs(is.mean[i] - all.mean[i])).toBeLessThan(4 * deviation)
    }
  })
})

describe('options', () => {
  const wide = features(schema).numeric('a').categorical('d')
  it.each([
    [
      () => bayesLinear({ inputs: wide }),
      /ML_RANGE: a full covariance takes inputs of 512 slots at most; got 100002.*diagonal/s,
    ],
    [
      () => bayesLogistic({ inputs: features(schema).categorical('d', { hashBits: 10 }) }),
      /512 slots at most; got 1024/,
    ],
    [() => bayesLinear({ inputs, forgetting: 0.4 }), /ML_RANGE: forgetting must be 0.5 to 1; got 0.4 at bayesLinear/],
    [() => bayesLinear({ inputs, interval: 1 }), /ML_RANGE: interval/],
    [() => bayesLinear({ inputs, robust: 2 }), /ML_RANGE: robust must be above 2/],
    [() => bayesLinear({ inputs, noise: { sd: 0 } }), /ML_RANGE: noise.sd/],
    [() => bayesLinear({ inputs, noise: { precision: Number.NaN } }), /ML_RANGE: noise.precision/],
    [() => bayesLinear({ inputs, noise: { guess: 1, records: 2 } }), /ML_RANGE: noise.records must be above 2/],
    [() => bayesLinear({ inputs, prior: { precision: 0 } }), /ML_RANGE: prior.precision must be 1e-12 to 1e12; got 0/],
    [
      () => bayesLogistic({ inputs, prior: { means: { intersept: 1 } } }),
      /ML_SCHEMA: a prior is given for "intersept".*Did you mean "intercept"/s,
    ],
    [() => bayesLogistic({ inputs, prior: { precisions: { d: 1 } } }), /Possible are: intercept, a, b, c/],
    [() => bayesLogistic({ inputs, prior: { means: { a: 1e16 } } }), /ML_RANGE: prior.means.a/],
    [() => naiveBayes({ inputs, smoothing: 0 }), /ML_RANGE: smoothing/],
    [() => naiveBayes({ inputs, classes: ['a', 'a'] }), /ML_RANGE: classes/],
    [() => naiveBayes({ inputs, maxClasses: 1 }), /ML_RANGE: maxClasses/],
  ])('are refused where they make no sense: %s', (make, message) => {
    expect(make).toThrow(message)
  })

  it('leave wide inputs to the diagonal', () => {
    expect(bayesLinear({ inputs: wide, covariance: 'diagonal' }).covariance).toBe('diagonal')
  })

  it('give a prior that predictions begin with', () => {
    const prior = { means: { intercept: 4, b: 2 }, precisions: { b: 100, intercept: 1 } }
    const model = new Model(bayesLinear({ inputs, prior, noise: { sd: 1 } }))
    const x = new FeatureVector(3, 1)
    x.dense.set([0, 3, 0])
    const out = new Float64Array(4)
    model.learner.predictOne(model.page, 0, x, out)
    expect(out[0]).toBe(10)
    // Noise, the intercept's variance, and 3² of that of b.
    expect(out[1]).toBeCloseTo(1 + 1 + 9 / 100, 12)
    expect(out[3] - out[0]).toBeCloseTo(1.6448536269514722 * Math.sqrt(out[1]), 12)
  })

  it('are told by readPosterior, which other learners have nothing for', () => {
    const model = new Model(naiveBayes({ inputs }))
    expect(readPosterior(model.learner, model.page, 0, SLOTS)).toBeUndefined()
  })
})

describe('behind transformers and a stop', () => {
  it('a posterior is of what the learner sees, and priors are given by those names', () => {
    const list = compose(features(schema).numeric('a', 'b'), interactions())
    const spec = bayesLinear({ inputs: list, prior: { means: { 'a×b': 7 } } })
    const learner = createLearner(spec)
    const page = new Float64Array(learner.size(2))
    learner.init(page, 0, 2)
    const state = readPosterior(learner, page, 0, 2)
    expect(state?.mean).toEqual(Float64Array.of(0, 0, 0, 7))
    const stopping = createLearner({ ...spec, stop: { after: 5 } })
    const row = new Float64Array(stopping.size(2))
    stopping.init(row, 0, 2)
    expect(readPosterior(stopping, row, 0, 2)).toEqual(state)
    expect(() => bayesLinear({ inputs: list, prior: { means: { ab: 7 } } })).toThrow(
      /Possible are: intercept, a, b, a×b/,
    )
  })

  it('counts the slots that transformers make', () => {
    const many = record(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x${i}`, number()])))
    const list = features(many) as unknown as { numeric(...names: string[]): typeof inputs }
    const wide = list.numeric(...Array.from({ length: 40 }, (_, i) => `x${i}`))
    expect(bayesLinear({ inputs: wide }).covariance).toBe('full')
    expect(() => bayesLinear({ inputs: compose(wide, interactions()) })).toThrow(/512 slots at most; got 820/)
  })
})
