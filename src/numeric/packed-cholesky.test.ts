import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DenseNormalEquations } from './packed-cholesky.reference.ts'
import {
  columnAt,
  eliminate,
  MEAN,
  newResult,
  packedSize,
  RESIDUAL,
  rankOneUpdate,
  solveMean,
  VARIANCE,
} from './packed-cholesky.ts'

/** A factorisation at an odd place of a larger page, with the identity's multiple. */
class Factor {
  readonly n: number
  readonly tail: number
  readonly at = 5
  readonly page: Float64Array
  readonly result = newResult()

  constructor(n: number, diagonal: number, mean = 0, tail = 1) {
    this.n = n
    this.tail = tail
    this.page = new Float64Array(this.at + packedSize(n, tail) + 3).fill(7)
    for (let j = 0; j < n; j++) {
      const c = columnAt(this.at, j, tail)
      this.page.fill(0, c, c + j)
      this.page[c + j] = 1 / diagonal
      this.page[c + j + 1] = mean
    }
  }

  update(x: readonly number[], q: number, keep: number, target: number): void {
    rankOneUpdate(this.page, this.at, this.n, this.tail, Float64Array.from(x), q, keep, target, this.result)
  }

  score(x: readonly number[]): Float64Array {
    const result = newResult()
    eliminate(this.page, this.at, this.n, this.tail, Float64Array.from(x), result)
    return result
  }

  get mean(): Float64Array {
    const mean = new Float64Array(this.n)
    solveMean(this.page, this.at, this.n, this.tail, mean)
    return mean
  }
}

const numbers = fc.oneof(
  fc.integer({ min: -50, max: 50 }).map((value) => value / 8),
  fc.constantFrom(0, 1, 1000, 0.001),
)
const streams = fc.integer({ min: 1, max: 11 }).chain((n) =>
  fc.tuple(
    fc.constant(n),
    fc.array(fc.tuple(fc.array(numbers, { minLength: n, maxLength: n }), fc.constantFrom(1, 0.25, 9), numbers), {
      maxLength: 30,
    }),
    fc.constantFrom(1, 0.9),
    fc.constantFrom(1, 2),
  ),
)

const near = (actual: number, exact: number, scale = 1): void =>
  expect(Math.abs(actual - exact)).toBeLessThanOrEqual(1e-6 * (scale + Math.abs(exact)))

const sumOfTerms = (mean: readonly number[], x: readonly number[]): number =>
  x.reduce((sum, value, j) => sum + Math.abs(value * mean[j]), 0)

describe('rank-1 updates of a packed factorisation', () => {
  it('give what dense normal equations give, solved anew', () => {
    fc.assert(
      fc.property(streams, ([n, records, keep, tail]) => {
        const factor = new Factor(n, 0.5, 2, tail)
        const dense = new DenseNormalEquations(new Array(n).fill(0.5), new Array(n).fill(2))
        let least = 0
        for (const [x, q, target] of records) {
          const [mean, variance] = dense.score(x)
          factor.update(x, q, keep, target)
          // A sum that cancels is as exact as its terms: features of 1000 beside 0.001 leave a mean of 1 to a sum of thousands.
          near(factor.result[MEAN], mean, 1 + sumOfTerms(dense.mean, x))
          near(factor.result[VARIANCE], variance)
          dense.add(x, q, target)
          dense.scale(keep)
          least = keep * (least + factor.result[RESIDUAL])
          near(least, dense.residual, dense.squares)
        }
        const means = dense.mean
        factor.mean.forEach((value, j) => {
          near(value, means[j], Math.max(1, ...means.map(Math.abs)))
        })
        // Neither before nor behind it.
        expect([...factor.page.subarray(0, 5), ...factor.page.subarray(-3)]).toEqual(new Array(8).fill(7))
      }),
      { numRuns: 300 },
    )
  })

  it('predict with the bits of eliminate', () => {
    fc.assert(
      fc.property(streams, ([n, records, keep, tail]) => {
        const factor = new Factor(n, 1e-3, 0, tail)
        for (const [x, q, target] of records) {
          const before = factor.score(x)
          factor.update(x, q, keep, target)
          expect([factor.result[MEAN], factor.result[VARIANCE]]).toEqual([before[MEAN], before[VARIANCE]])
        }
      }),
      { numRuns: 300 },
    )
  })

  it('take an observation back: what is left is what the others gave', () => {
    fc.assert(
      fc.property(streams, ([n, records]) => {
        const [all, others] = [new Factor(n, 1), new Factor(n, 1)]
        let least = 0
        const extra = Array.from({ length: n }, (_, j) => (j % 3) - 1)
        all.update(extra, 0.5 / n, 1, 4)
        least += all.result[RESIDUAL]
        for (const [x, q, target] of records) {
          all.update(x, q, 1, target)
          least += all.result[RESIDUAL]
          others.update(x, q, 1, target)
          least -= others.result[RESIDUAL]
        }
        all.update(extra, -0.5 / n, 1, 4)
        least += all.result[RESIDUAL]
        near(
          least,
          0,
          records.reduce((sum, [, q, y]) => sum + q * y * y, 1),
        )
        const means = others.mean
        all.mean.forEach((value, j) => {
          near(value, means[j], Math.max(1, ...means.map(Math.abs)))
        })
      }),
      { numRuns: 200 },
    )
  })

  it('have the same bits whether columns are taken four at a time or not, and at any place', () => {
    // A column that grows much is taken alone; the four after it together.
    const x = Array.from({ length: 9 }, (_, j) => (j === 6 ? 1e9 : 1 + j))
    const [a, b] = [new Factor(9, 1e-3), new Factor(12, 1e-3)]
    for (let i = 0; i < 5; i++) {
      a.update(x, 1, 1, i)
      b.update([...x, 0, 0, 0], 1, 1, i)
    }
    const size = packedSize(9, 1)
    expect(b.page.subarray(5, 5 + size)).toEqual(a.page.subarray(5, 5 + size))
  })

  it('keep every pivot positive where rounding would make a covariance indefinite', () => {
    const factor = new Factor(4, 1e-6)
    const random = (i: number): number => ((i * 7919) % 997) / 997 - 0.5
    for (let i = 0; i < 20_000; i++) {
      const base = 1e6 * random(i)
      factor.update([base, base + 1e-6 * random(i + 1), base, 1], 1, 0.999, random(i + 2))
    }
    for (let j = 0; j < 4; j++) expect(factor.page[columnAt(5, j, 1) + j]).toBeGreaterThan(0)
  })
})
