import { checkOption } from '../linear/rate.ts'
import type { MarginOptions, MarginSpec } from './margin-learner.ts'
import {
  HEADER,
  INTERCEPT,
  LONGEST_STEP,
  type MarginPlaces,
  type MarginRecord,
  type MarginRule,
} from './margin-rule.ts'

export interface ArowOptions<T> extends MarginOptions<T> {
  /** r of the paper, 1e-6 to 1e6: how much one record is doubted; 1 by default. Higher learns more slowly. */
  readonly r?: number
  /** True by default. */
  readonly intercept?: boolean
}

export interface ArowSpec<T = never> extends MarginSpec<T, 'binary'> {
  readonly kind: 'arow'
  readonly r: number
}

/**
 * AROW, adaptive regularisation of weights: every weight has a mean and a variance; a record with a margin below 1 moves the
 * weights that are least certain furthest, and makes those of its inputs more certain. Good where labels are noisy and some
 * inputs rare. It settles: variances only fall, so it follows slow change only (electricity: 0.76159).
 *
 * Input     as `logistic`; the probability is 1/(1 + e^−score), a monotone reading of the score that is not calibrated
 * Weight    divides r: a heavier record is doubted less, and makes its inputs more certain
 * Cost      two doubles an input, 3 more if standardised
 * Order     sensitive; same records give identical bits
 * Snapshot  v1: the model's doubles, see weight-rows.ts; kept once a model: the variance of the intercept
 * @throws ML_RANGE
 * @see Crammer, Kulesza, Dredze 2009, Figure 1, of whose covariance only the diagonal is kept. The intercept is one more
 * input of 1. Variances begin at 1.
 */
export function arow<T>(options: ArowOptions<T>): ArowSpec<T> {
  const { inputs, r = 1, standardise = true, intercept = true } = options
  checkOption('r', r, typeof r === 'number' && r >= 1e-6 && r <= 1e6, '0.000001 to 1000000', 'arow')
  return { kind: 'arow', task: 'binary', inputs: inputs.spec, r, standardise, intercept }
}

/** Finite: no step is longer than `LONGEST_STEP`, and variances stay from 0 to 1. */
export class Arow implements MarginRule {
  readonly name = 'arow'
  readonly header = [1]
  readonly variance = 1
  readonly interceptVariance = 0
  readonly #r: number

  constructor({ r }: ArowSpec) {
    this.#r = r
  }

  learn(page: Float64Array, offset: number, places: MarginPlaces, record: MarginRecord): void {
    const { score, y, weight, input, x } = record
    const loss = 1 - y * score
    if (!(loss > 0)) return
    const { weights, variances, sparse, stride, intercept } = places
    const doubt = this.#r / weight
    const spread = spreadOf(page, offset, places, record)
    const step = y * Math.min(LONGEST_STEP, loss / (spread + doubt))
    for (let j = 0; j < input.length; j++)
      learnWeight(page, offset + weights + j, offset + variances + j, input[j], step, spread, doubt)
    for (let i = 0; i < x.activeCount; i++) {
      const at = offset + sparse + stride * x.active[i]
      learnWeight(page, at, at + 1, x.values[i], step, spread, doubt)
    }
    if (intercept) learnWeight(page, offset + INTERCEPT, offset + HEADER, 1, step, spread, doubt)
  }
}

/** Σ variance · input²: how uncertain the score is. */
function spreadOf(page: Float64Array, offset: number, places: MarginPlaces, { input, x }: MarginRecord): number {
  const { variances, sparse, stride, intercept } = places
  let spread = 0
  for (let j = 0, k = offset + variances; j < input.length; j++, k++) spread += page[k] * input[j] * input[j]
  for (let i = 0; i < x.activeCount; i++) {
    const value = x.values[i]
    spread += page[offset + sparse + stride * x.active[i] + 1] * value * value
  }
  return intercept ? spread + page[offset + HEADER] : spread
}

/**
 * The paper's v − v²x²/(spread + r), in a form that neither cancels nor falls below 0: v·((spread − v·x²) + r)/(spread + r).
 * Sums of numbers that are not negative are no smaller than any of them, so the difference is none below 0.
 */
function learnWeight(
  page: Float64Array,
  weight: number,
  variance: number,
  input: number,
  step: number,
  spread: number,
  doubt: number,
): void {
  const before = page[variance]
  page[weight] += step * before * input
  page[variance] = (before * (spread - before * input * input + doubt)) / (spread + doubt)
}
