import { describe, expect, it } from 'vitest'
import { FeatureVector } from '../../features/feature-vector.ts'
import { features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import { exp } from '../../numeric/exp.ts'
import { normalQuantile } from '../../numeric/normal.ts'
import { Xoshiro128 } from '../../numeric/xoshiro128.ts'
import { type BayesLinearOptions, bayesLinear } from './bayes-linear.ts'
import { BayesLinearLearner } from './bayes-linear-learner.ts'
import { bayesLogistic } from './bayes-logistic.ts'
import { BayesLogisticLearner } from './bayes-logistic-learner.ts'
import { ExactPosterior } from './exact-posterior.reference.ts'
import { readPosterior } from './read-posterior.ts'

/** A list of numeric inputs x0, x1, ..., whose names the compiler does not know. */
function inputsOf(count: number, ...categories: string[]): { spec: never } {
  const names = Array.from({ length: count }, (_, i) => `x${i}`)
  const fields = Object.fromEntries(names.map((name) => [name, number()]))
  const schema = record({ ...fields, ...Object.fromEntries(categories.map((name) => [name, string()])) })
  const list = features(schema) as unknown as { numeric(...names: string[]): typeof list; spec: never } & {
    categorical(...names: unknown[]): typeof list
  }
  const numeric = list.numeric(...names)
  return categories.length === 0 ? numeric : numeric.categorical(...categories, { max: 20 })
}

class Model {
  readonly learner: BayesLinearLearner
  readonly page: Float64Array
  readonly x: FeatureVector
  readonly out = new Float64Array(4)
  readonly slots: number

  constructor(inputs: number, options: Omit<BayesLinearOptions<never>, 'inputs'> = {}) {
    this.slots = inputs
    this.learner = new BayesLinearLearner(bayesLinear({ inputs: inputsOf(inputs), ...options }))
    this.page = new Float64Array(this.learner.size(inputs))
    this.learner.init(this.page, 0, inputs)
    this.x = new FeatureVector(inputs, 0)
  }

  test(x: ArrayLike<number>, y: number, weight = 1): Float64Array {
    this.x.dense.set(x)
    this.learner.testThenTrain(this.page, 0, this.x, y, weight, this.out)
    return this.out
  }

  get mean(): Float64Array {
    return readPosterior(this.learner, this.page, 0, this.slots)?.mean as Float64Array
  }

  get deviations(): Float64Array {
    return this.learner.weights(this.page, 0, this.slots)[0].deviations as Float64Array
  }
}

function normal(random: Xoshiro128): number {
  return normalQuantile(Math.max(random.nextDouble(), 1e-16))
}

describe('20,000 near-collinear records', () => {
  const PRIOR = 2 ** -39
  const INPUTS = 8

  /** Inputs that differ from each other by a part in a million, in multiples of 2^-40; the label speaks of the differences. */
  function nearCollinear(): { x: number[]; y: number }[] {
    const random = new Xoshiro128(20261128)
    const fraction = (bits: number): number => random.nextInt(2 ** bits) / 2 ** bits
    return Array.from({ length: 20_000 }, () => {
      const base = fraction(20)
      const x = Array.from({ length: INPUTS }, () => base + (fraction(20) - 0.5) / 2 ** 20)
      const noise = (fraction(10) - 0.5) / 4
      return { x, y: Math.round((1 + base + 2 ** 18 * (x[0] - x[1]) + noise) * 2 ** 30) / 2 ** 30 }
    })
  }

  /** Sherman–Morrison on the covariance, with the vector Σ y x beside it: the textbook's way. */
  function shermanMorrison(records: readonly { x: number[]; y: number }[]): number[] {
    const n = INPUTS + 1
    const covariance = Array.from({ length: n }, (_, i) =>
      Array.from({ length: n }, (_unused, j) => (i === j ? 1 / PRIOR : 0)),
    )
    const vector = new Array<number>(n).fill(0)
    for (const { x, y } of records) {
      const input = [1, ...x]
      const product = covariance.map((row) => row.reduce((sum, value, j) => sum + value * input[j], 0))
      const total = 1 + product.reduce((sum, value, j) => sum + value * input[j], 0)
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) covariance[i][j] -= (product[i] * product[j]) / total
      for (let i = 0; i < n; i++) vector[i] += y * input[i]
    }
    return covariance.map((row) => row.reduce((sum, value, j) => sum + value * vector[j], 0))
  }

  it('leave the mean within 1e-3 of exact arithmetic, where the textbook is off by hundreds', () => {
    const records = nearCollinear()
    const exact = new ExactPosterior(INPUTS + 1, PRIOR)
    const model = new Model(INPUTS, { noise: { precision: 1 }, prior: { precision: PRIOR } })
    for (const { x, y } of records) {
      exact.add([1, ...x], y)
      model.test(x, y)
    }
    const truth = exact.mean
    const error = (mean: ArrayLike<number>): number => Math.max(...truth.map((value, i) => Math.abs(value - mean[i])))
    // 5.1e-5 and 1263 as measured; weights are up to 250,000.
    expect(error(model.mean)).toBeLessThanOrEqual(1e-3)
    expect(error(shermanMorrison(records))).toBeGreaterThan(500)
  })
})

describe('forgetting', () => {
  it('keeps the covariance positive definite and bounded over 10,000,000 records', { timeout: 240_000 }, () => {
    const model = new Model(3, { forgetting: 0.99, noise: { sd: 1 }, prior: { precision: 1 } })
    const random = new Xoshiro128(5)
    const x = new Float64Array(3)
    let largest = 0
    for (let i = 0; i < 10_000_000; i++) {
      // Half of the time the second input is silent and the third repeats the first: what is not seen winds up.
      const silent = i % 2_000_000 >= 1_000_000
      x[0] = random.nextDouble() - 0.5
      x[1] = silent ? 0 : random.nextDouble()
      x[2] = silent ? x[0] : 1000 * random.nextDouble()
      const out = model.test(x, x[0] + x[1])
      if (out[1] > largest) largest = out[1]
      if (i % 500_000 !== 499_999) continue
      model.learner.check(model.page, 0, 3)
      // Never further than the prior after a round of giving back: 1 / 0.99⁴, and rounding.
      for (const deviation of model.deviations) expect(deviation).toBeLessThanOrEqual(1.03)
      if (silent) expect(model.deviations[1]).toBeGreaterThan(0.9)
    }
    expect(largest).toBeLessThan(1e6)
    const { covariance } = readPosterior(model.learner, model.page, 0, 3) as { covariance: Float64Array }
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < i; j++) expect(covariance[4 * i + j]).toBeCloseTo(covariance[4 * j + i], 12)
  })

  it('follows a change that a model that remembers all does not', () => {
    const [forgets, remembers] = [new Model(1, { forgetting: 0.98 }), new Model(1)]
    const random = new Xoshiro128(6)
    let [late, lateAll] = [0, 0]
    for (let i = 0; i < 3000; i++) {
      const x = [random.nextDouble()]
      const y = (i < 1500 ? 1 : -1) * x[0] + 0.1 * normal(random)
      const [a, b] = [forgets.test(x, y)[0], remembers.test(x, y)[0]]
      if (i < 2500) continue
      late += (a - y) ** 2
      lateAll += (b - y) ** 2
    }
    expect(late / 500).toBeLessThan(0.012)
    expect(lateAll / 500).toBeGreaterThan(0.1)
  })
})

describe('merging', () => {
  const noises = {
    known: { noise: { sd: 0.3 } },
    unknown: {},
    'unknown, with priors': { prior: { precision: 2, means: { x1: 3, intercept: -1 }, precisions: { x0: 0.1 } } },
  }
  for (const [name, options] of Object.entries(noises)) {
    it(`of 8 shards is one pass to 1e-9, noise ${name}`, () => {
      const whole = new Model(6, options)
      const shards = Array.from({ length: 8 }, () => new Model(6, options))
      const random = new Xoshiro128(8)
      for (let i = 0; i < 4000; i++) {
        const x = Array.from({ length: 6 }, (_, j) => (j === 5 ? 1e3 : 1) * (random.nextDouble() - 0.2))
        const y = 2 * x[0] - x[1] + 0.01 * x[5] + 5 + 0.3 * normal(random)
        const weight = i % 7 === 0 ? 2.5 : 1
        whole.test(x, y, weight)
        shards[i % 8].test(x, y, weight)
      }
      const [merged, ...others] = shards
      for (const other of others) merged.learner.mergeWith(merged.page, 0, other.page, 0, 6)
      merged.learner.check(merged.page, 0, 6)
      const [a, b] = [readPosterior(merged.learner, merged.page, 0, 6), readPosterior(whole.learner, whole.page, 0, 6)]
      for (const part of ['mean', 'covariance', 'precision'] as const) {
        const [left, right] = [a?.[part] as Float64Array, b?.[part] as Float64Array]
        const largest = right.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
        left.forEach((value, i) => {
          expect(Math.abs(value - right[i])).toBeLessThanOrEqual(1e-9 * (part === 'mean' ? 1 : largest))
        })
      }
      expect(merged.learner.steps(merged.page, 0)).toBe(4000)
      const [p, q] = [merged.test([1, 1, 1, 1, 1, 1], 0).slice(), whole.test([1, 1, 1, 1, 1, 1], 0)]
      p.forEach((value, i) => {
        expect(Math.abs(value - q[i])).toBeLessThanOrEqual(1e-9)
      })
    })
  }

  it('takes in coordinates that only one of both has met', () => {
    const inputs = inputsOf(1, 'c')
    const learner = new BayesLinearLearner(bayesLinear({ inputs }))
    const pages = [0, 1, 2].map(() => {
      const page = new Float64Array(learner.size(6))
      learner.init(page, 0, 6)
      return page
    })
    const x = new FeatureVector(1, 1)
    for (let i = 0; i < 60; i++) {
      x.dense[0] = i % 7
      x.activeCount = 0
      const side = i % 2
      x.activate(side === 0 ? 1 + (i % 3) : 4 + (i % 2))
      for (const page of [pages[side], pages[2]]) learner.learnOne(page, 0, x, (i % 5) + x.dense[0], 1)
    }
    for (const [first, second] of [
      [pages[0].slice(), pages[1]],
      [pages[1].slice(), pages[0]],
    ]) {
      learner.mergeWith(first, 0, second, 0, 6)
      learner.check(first, 0, 6)
      const [a, b] = [first, pages[2]].map((page) => learner.weights(page, 0, 6)[0])
      a.weights.forEach((weight, slot) => {
        expect(weight).toBeCloseTo(b.weights[slot], 9)
        expect((a.deviations as Float64Array)[slot]).toBeCloseTo((b.deviations as Float64Array)[slot], 9)
      })
    }
  })
})

describe('intervals of 90 % on simulated data', () => {
  const simulations: Record<
    string,
    [options: Omit<BayesLinearOptions<never>, 'inputs'>, noise: (random: Xoshiro128) => number]
  > = {
    'known noise': [{ noise: { sd: 0.5 } }, (random) => 0.5 * normal(random)],
    'unknown noise': [{}, (random) => 0.5 * normal(random)],
    'unknown noise of another scale': [{}, (random) => 5000 * normal(random)],
    'Student-t noise of 4 degrees, robust': [{ robust: 4 }, (random) => studentNoise(random)],
  }
  for (const [name, [options, noise]] of Object.entries(simulations)) {
    it(`hold 90 ± 2 % of the labels: ${name}`, () => {
      const random = new Xoshiro128(90)
      let [held, all] = [0, 0]
      // Many short streams, so that the first records count, where most is unknown.
      for (let stream = 0; stream < 100; stream++) {
        const model = new Model(4, options)
        const weights = Array.from({ length: 5 }, () => 3 * normal(random))
        for (let i = 0; i < 150; i++) {
          const x = Array.from({ length: 4 }, () => normal(random))
          const y = x.reduce((sum, value, j) => sum + value * weights[j], weights[4]) + noise(random)
          const out = model.test(x, y)
          if (i < 20) continue
          all++
          if (y >= out[2] && y <= out[3]) held++
        }
      }
      expect(Math.abs(held / all - 0.9)).toBeLessThanOrEqual(0.02)
    })
  }

  it('hold 90 ± 2 % of the probabilities that labels were drawn with', () => {
    const random = new Xoshiro128(91)
    const learner = new BayesLogisticLearner(bayesLogistic({ inputs: inputsOf(3), prior: { precision: 2 } }))
    const x = new FeatureVector(3, 0)
    const out = new Float64Array(3)
    let [held, all] = [0, 0]
    for (let stream = 0; stream < 300; stream++) {
      const page = new Float64Array(learner.size(3))
      learner.init(page, 0, 3)
      // Weights as the prior has them.
      const weights = Array.from({ length: 4 }, () => Math.SQRT1_2 * normal(random))
      for (let i = 0; i < 200; i++) {
        for (let j = 0; j < 3; j++) x.dense[j] = normal(random)
        const score = weights.reduce((sum, weight, j) => sum + weight * (j < 3 ? x.dense[j] : 1), 0)
        const probability = 1 / (1 + exp(-score))
        learner.testThenTrain(page, 0, x, random.nextDouble() < probability ? 1 : 0, 1, out)
        all++
        if (probability >= out[1] && probability <= out[2]) held++
      }
    }
    expect(Math.abs(held / all - 0.9)).toBeLessThanOrEqual(0.02)
  })

  it('stay useful among outliers when the noise is taken to be Student-t', () => {
    const [robust, plain] = [new Model(2, { robust: 4 }), new Model(2)]
    const random = new Xoshiro128(92)
    let [robustError, plainError] = [0, 0]
    for (let i = 0; i < 3000; i++) {
      const x = [normal(random), normal(random)]
      const clean = 2 * x[0] - x[1] + 1
      const y = clean + 0.1 * normal(random) + (random.nextDouble() < 0.05 ? 100 * normal(random) : 0)
      robustError += (robust.test(x, y)[0] - clean) ** 2 * (i < 500 ? 0 : 1)
      plainError += (plain.test(x, y)[0] - clean) ** 2 * (i < 500 ? 0 : 1)
    }
    expect(Math.sqrt(robustError / 2500)).toBeLessThan(0.05)
    expect(Math.sqrt(plainError / 2500)).toBeGreaterThan(0.5)
  })

  /** A normal number over the root of a χ² with 4 degrees by 4. */
  function studentNoise(random: Xoshiro128): number {
    let squares = 0
    for (let i = 0; i < 4; i++) squares += normal(random) ** 2
    return (0.5 * normal(random)) / Math.sqrt(squares / 4)
  }
})
