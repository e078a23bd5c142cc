import { checkOption } from '../linear/rate.ts'
import type { MarginOptions, MarginSpec } from './margin-learner.ts'
import { HEADER, type MarginPlaces, type MarginRecord, type MarginRule, type MergedRows, move } from './margin-rule.ts'

export interface AlmaOptions<T> extends MarginOptions<T> {
  /** How near to the largest margin: it aims at (1 − alpha) of it. 0 < alpha ≤ 1; 0.9 by default. */
  readonly alpha?: number
  /** Scale of the margin asked for, > 0 and up to 1e6; 1/alpha by default, as in River. The paper's theorem has √8/alpha. */
  readonly b?: number
  /** Scale of the steps, > 0 and up to 1e6; √2 by default. */
  readonly c?: number
}

export interface AlmaSpec<T = never> extends MarginSpec<T, 'binary'> {
  readonly kind: 'alma'
  readonly alpha: number
  readonly b: number
  readonly c: number
}

/**
 * ALMA, the approximate large margin algorithm, for the Euclidean norm: learns from records with a margin below
 * (1 − alpha) · b/√k by a step of c/√k, then draws the weights back into the unit ball; k − 1 is the number of records that
 * were learned from. It has no intercept.
 *
 * Input     as `logistic`; the probability is 1/(1 + e^−score), a monotone reading of the score that is not calibrated: the
 *           weights stay within the unit ball, so it says how sure it is of nothing
 * Weight    multiplies the step; k grows by 1 whatever it is
 * Cost      one double an input, 3 more if standardised
 * Order     sensitive; same records give identical bits
 * Snapshot  v1: the model's doubles, see weight-rows.ts; kept once a model: k, then Σ weight² of the categories
 * @throws ML_RANGE
 * @see Gentile 2001. As River 0.26.1 `linear_model.ALMAClassifier` with p = 2, digit for digit. Both differ from the paper:
 * inputs are not scaled to unit length, so the margin is that of the score itself, and b is 1/alpha. Where a record has few of the
 * inputs (categories), only the weights of its own are drawn back, by the norm of all: the paper draws all.
 */
export function alma<T>(options: AlmaOptions<T>): AlmaSpec<T> {
  const { inputs, alpha = 0.9, b = 1 / alpha, c = Math.SQRT2, standardise = true } = options
  checkOption('alpha', alpha, typeof alpha === 'number' && alpha > 0 && alpha <= 1, '> 0 and <= 1', 'alma')
  checkOption('b', b, typeof b === 'number' && b > 0 && b <= 1e6, '> 0 and <= 1000000', 'alma')
  checkOption('c', c, typeof c === 'number' && c > 0 && c <= 1e6, '> 0 and <= 1000000', 'alma')
  return { kind: 'alma', task: 'binary', inputs: inputs.spec, alpha, b, c, standardise, intercept: false }
}

const K = HEADER
const SPARSE_SQUARE = HEADER + 1

/** Finite: a step is 1e12 at most before weights are drawn back, and what is drawn back ends within the unit ball. */
export class Alma implements MarginRule {
  readonly name = 'alma'
  readonly header = [1, 0]
  readonly #margin: number
  readonly #c: number

  constructor({ alpha, b, c }: AlmaSpec) {
    this.#margin = (1 - alpha) * b
    this.#c = c
  }

  learn(page: Float64Array, offset: number, places: MarginPlaces, record: MarginRecord): void {
    const { score, y, weight } = record
    const root = Math.sqrt(page[offset + K])
    if (!(y * score < this.#margin / root)) return
    const before = activeSquare(page, offset, places, record)
    move(page, offset, places, record, (this.#c / root) * weight * y)
    // Of the categories the sum is kept, because they may be many: the record's own are taken out and put in again.
    const rest = Math.max(0, page[offset + SPARSE_SQUARE] - before)
    const active = activeSquare(page, offset, places, record)
    const norm = Math.sqrt(denseSquare(page, offset, places, record) + rest + active)
    if (norm > 1) divide(page, offset, places, record, norm)
    page[offset + SPARSE_SQUARE] = rest + activeSquare(page, offset, places, record)
    page[offset + K]++
  }

  merged({ page, offset, other, otherOffset }: MergedRows, categories: Float64Array): void {
    page[offset + K] += other[otherOffset + K] - 1
    page[offset + SPARSE_SQUARE] = categories.reduce((sum, weight) => sum + weight * weight, 0)
  }
}

function denseSquare(page: Float64Array, offset: number, { weights }: MarginPlaces, { input }: MarginRecord): number {
  let square = 0
  for (let j = 0, k = offset + weights; j < input.length; j++, k++) square += page[k] * page[k]
  return square
}

function activeSquare(page: Float64Array, offset: number, places: MarginPlaces, { x }: MarginRecord): number {
  let square = 0
  for (let i = 0; i < x.activeCount; i++) {
    const weight = page[offset + places.sparse + places.stride * x.active[i]]
    square += weight * weight
  }
  return square
}

/** Divides the weights of the inputs that the record has. */
function divide(page: Float64Array, offset: number, places: MarginPlaces, record: MarginRecord, by: number): void {
  const { input, x } = record
  for (let j = 0, k = offset + places.weights; j < input.length; j++, k++) if (x.missing[j] === 0) page[k] /= by
  for (let i = 0; i < x.activeCount; i++) page[offset + places.sparse + places.stride * x.active[i]] /= by
}
