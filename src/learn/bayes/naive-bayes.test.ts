import { describe, expect, it, test } from 'vitest'
import { describeWithData, readSharedColumns } from '../../../test/shared-data.ts'
import { FeatureVector } from '../../features/feature-vector.ts'
import { features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import { Xoshiro128 } from '../../numeric/xoshiro128.ts'
import { learnerChecks } from '../../testing/learner-suite.ts'
import type { LearnerSubject } from '../../testing/learner-trial.ts'
import { createLearner } from '../create-learner.ts'
import { decide } from '../learner.ts'
import { type NaiveBayesClassOptions, naiveBayes } from './naive-bayes.ts'
import { NaiveBayesLearner } from './naive-bayes-learner.ts'

const variants: Record<string, Omit<NaiveBayesClassOptions<never>, 'inputs'>> = {
  'two classes': {},
  'two classes, little smoothing': { smoothing: 1e-3 },
  'classes by name': { classes: ['low', 'middle', 'high'] },
  'up to five classes': { maxClasses: 5, smoothing: 10 },
}

for (const [name, options] of Object.entries(variants)) {
  const subject: LearnerSubject = {
    name: `naiveBayes, ${name}`,
    spec: (inputs) => naiveBayes({ inputs, ...options }),
    create: createLearner as LearnerSubject['create'],
  }
  describe(subject.name, () => {
    for (const check of learnerChecks(subject)) it(check.title, check.run)
  })
}

const schema = record({ a: number().nullable(), b: number().nullable(), c: string() })
const inputs = features(schema).numeric('a', 'b').categorical('c', { hashBits: 2 })

function vector(a: number, b: number, slot: number): FeatureVector {
  const x = new FeatureVector(2, 1)
  x.setDense(0, a)
  x.setDense(1, b)
  if (slot >= 0) x.activate(slot)
  return x
}

describe('naive Bayes', () => {
  test('is Bayes’ rule over normal densities and counts', () => {
    const learner = new NaiveBayesLearner(naiveBayes({ inputs }))
    const page = new Float64Array(learner.size(6))
    learner.init(page, 0, 6)
    const rows = [
      [1, 10, 2, 0],
      [2, 12, 2, 0],
      [4, 11, 3, 0],
      [5, 20, 3, 1],
      [7, 24, 3, 1],
    ]
    for (const [a, b, slot, y] of rows) learner.learnOne(page, 0, vector(a, b, slot), y, 1)
    const out = new Float64Array(1)
    learner.predictOne(page, 0, vector(4.5, 15, 3), out)
    const normal = (x: number, mean: number, variance: number): number =>
      Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance)
    // Sums of squares about the mean of the class, and one record that varies as all do: 5.7 for a, 38.8 for b.
    const [noA, yesA] = [normal(4.5, 7 / 3, (14 / 3 + 5.7) / 3), normal(4.5, 6, (2 + 5.7) / 2)]
    const no = (4 / 7) * noA * normal(15, 11, (2 + 38.8) / 3) * (2 / 5)
    const yes = (3 / 7) * yesA * normal(15, 22, (8 + 38.8) / 2) * (3 / 4)
    expect(out[0]).toBeCloseTo(yes / (yes + no), 12)
    // Without b and the category.
    learner.predictOne(page, 0, vector(4.5, Number.NaN, -1), out)
    const [less, more] = [(4 / 7) * noA, (3 / 7) * yesA]
    expect(out[0]).toBeCloseTo(more / (less + more), 12)
  })

  test('a value that no class would give says nothing of the class, by a chance of 1e-9', () => {
    const learner = new NaiveBayesLearner(naiveBayes({ inputs }))
    const page = new Float64Array(learner.size(6))
    learner.init(page, 0, 6)
    const out = new Float64Array(1)
    for (let i = 0; i < 400; i++) learner.learnOne(page, 0, vector(i % 2 ? 1 : 0, i % 7, 2), i % 2, 1)
    learner.predictOne(page, 0, vector(1, 3, 2), out)
    expect(out[0]).toBeGreaterThan(0.999)
    // Far beyond both classes, and not even far from as likely in one as in the other.
    learner.predictOne(page, 0, vector(50, 3, 2), out)
    expect(Math.abs(out[0] - 0.5)).toBeLessThan(0.01)
  })

  test('knows from the other classes how far an input varies that a class has met once or always the same', () => {
    const learner = new NaiveBayesLearner(naiveBayes({ inputs, maxClasses: 4 }))
    const page = new Float64Array(learner.size(6))
    learner.init(page, 0, 6)
    const out = new Float64Array(4)
    learner.predictOne(page, 0, vector(1, 1, 2), out)
    expect([...out]).toEqual([0, 0, 0, 0])
    for (let i = 0; i < 20; i++) learner.learnOne(page, 0, vector(i, 5, 2), 0, 1)
    learner.learnOne(page, 0, vector(100, 5, 2), 1, 1)
    learner.predictOne(page, 0, vector(98, 5, 2), out)
    expect(out[1]).toBeGreaterThan(0.9)
    expect(out[2] + out[3]).toBe(0)
    learner.predictOne(page, 0, vector(10, 5, 2), out)
    expect(out[0]).toBeGreaterThan(0.9)
  })

  test('of 8 shards is one pass to 1e-9', () => {
    const learner = new NaiveBayesLearner(naiveBayes({ inputs, maxClasses: 3 }))
    const pages = Array.from({ length: 9 }, () => {
      const page = new Float64Array(learner.size(6))
      learner.init(page, 0, 6)
      return page
    })
    const random = new Xoshiro128(3)
    for (let i = 0; i < 5000; i++) {
      const y = i < 4 ? 0 : random.nextInt(3)
      const x = vector(
        1e6 + y + random.nextDouble(),
        random.nextDouble() < 0.1 ? Number.NaN : y * random.nextDouble(),
        2 + random.nextInt(4),
      )
      for (const page of [pages[i % 8], pages[8]]) learner.learnOne(page, 0, x, y, 1 + (i % 2))
    }
    for (let shard = 1; shard < 8; shard++) learner.mergeWith(pages[0], 0, pages[shard], 0, 6)
    learner.check(pages[0], 0, 6)
    pages[0].forEach((value, i) => {
      expect(Math.abs(value - pages[8][i])).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)))
    })
  })
})

describeWithData('Gaussian naive Bayes on electricity', ['electricity.csv.gz'], () => {
  const names = ['date', 'day', 'period', 'nswprice', 'nswdemand', 'vicprice', 'vicdemand', 'transfer'] as const
  const columns = readSharedColumns('electricity.csv.gz')
  const fields = Object.fromEntries(names.map((name) => [name, number()])) as Record<
    (typeof names)[number],
    ReturnType<typeof number>
  >
  const labels = columns.class.map((label) => (label === 'UP' ? 1 : 0))
  const rows = labels.map((_, i) => Float64Array.from(names, (name) => Number(columns[name][i])))

  /** As both write it: no logarithm (MOA), or one of each density and 1e-9 (River); the class of equal scores is `tie`. */
  function plainAccuracy(
    tie: number,
    dayIsCategory: boolean,
    score: (own: number, densities: number[]) => number,
  ): number {
    const counts = [0, 0]
    const days = [new Map<number, number>(), new Map<number, number>()]
    const moments = [0, 1].map(() => names.map(() => ({ n: 0, mean: 0, squares: 0 })))
    let right = 0
    rows.forEach((row, i) => {
      const scores = [0, 1].map((k) => {
        if (counts[k] === 0) return dayIsCategory ? 0 : Number.NEGATIVE_INFINITY
        const densities = moments[k].map(({ n, mean, squares }, j) => {
          if (dayIsCategory && j === 1) return ((days[k].get(row[1]) ?? 0) + 1) / (counts[k] + days[k].size)
          const variance = n < 2 ? 0 : squares / (dayIsCategory ? n - 1 : n)
          if (variance === 0) return dayIsCategory && row[j] === mean ? 1 : 0
          return Math.exp(-((row[j] - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance)
        })
        return score(counts[k] / i, densities)
      })
      // Before any record River predicts nothing, MOA the first class.
      const guess = i === 0 && !dayIsCategory ? -1 : scores[0] === scores[1] ? tie : scores[1] > scores[0] ? 1 : 0
      if (guess === labels[i]) right++
      counts[labels[i]]++
      days[labels[i]].set(row[1], (days[labels[i]].get(row[1]) ?? 0) + 1)
      moments[labels[i]].forEach((each, j) => {
        each.n++
        const off = row[j] - each.mean
        each.mean += off / each.n
        each.squares += off * (row[j] - each.mean)
      })
    })
    return right / rows.length
  }

  function accuracy(): number {
    // MOA's file has the day as a category.
    const numeric = names.filter((name) => name !== 'day')
    const list = features(record({ ...fields, day: string() }))
      .numeric(...numeric)
      .categorical('day', { max: 7 })
    const learner = new NaiveBayesLearner(naiveBayes({ inputs: list }))
    const page = new Float64Array(learner.size(14))
    learner.init(page, 0, 14)
    const x = new FeatureVector(7, 1)
    const out = new Float64Array(1)
    let right = 0
    rows.forEach((row, i) => {
      x.activeCount = 0
      x.dense[0] = row[0]
      x.dense.set(row.subarray(2), 1)
      x.activate(6 + row[1])
      learner.testThenTrain(page, 0, x, labels[i], 1, out)
      if (decide(out[0]) === (labels[i] === 1)) right++
    })
    return right / rows.length
  }

  test('is a little above MOA 2024.07, 0.73354, which rules a class out by an input it has only met with one value', () => {
    const product = (own: number, densities: number[]): number => densities.reduce((p, density) => p * density, own)
    expect(plainAccuracy(0, true, product).toFixed(5)).toBe('0.73354')
    expect(accuracy().toFixed(5)).toBe('0.73402')
  })

  test('is above River 0.26.1, 0.72875, which adds 1e-9 to every density and takes population variances', () => {
    const floored = (own: number, densities: number[]): number =>
      densities.reduce((sum, density) => sum + Math.log(1e-9 + density), Math.log(own))
    expect(plainAccuracy(1, false, floored).toFixed(5)).toBe('0.72875')
  })
})
