import type { FeatureVector } from '../../features/feature-vector.ts'
import type { Loss } from './loss.ts'
import { HEADER, INTERCEPT, type Optimizer, type OptimizerSpec, type Places } from './optimizer.ts'
import { checkRate } from './rate.ts'
import type { Merging } from './rule.ts'
import { ERROR, LABEL, SCORE, WEIGHT } from './step.ts'

/**
 * The normalized, adaptive, importance-aware update: Vowpal Wabbit's default. It needs no standardiser, because each
 * weight's rate is scaled by the largest magnitude of its input so far (a new maximum rescales the weight), by
 * AdaGrad's sum, and by the average norm of the records; the step ends where it cannot overshoot. For every loss but that
 * of several classes.
 *
 * State: two doubles more per weight. Cost: about four times an sgd step, 350 ns at 20 inputs.
 * @param rate > 0, up to 1e6; 0.5 is Vowpal Wabbit's
 * @throws ML_RANGE
 * @see Ross, Mineiro, Langford 2013, "Normalized online learning", algorithm NAG; Vowpal Wabbit 9, gd.cc. Differs in
 *   computing with doubles, in solving for the step exactly, and in taking an input below 1e-50 for 0.
 */
export function normalized(rate: number): OptimizerSpec {
  checkRate(rate, 'normalized')
  return { kind: 'normalized', rate }
}

/** Σ weight · gradient² of the intercept; its scale is always 1. */
const INTERCEPT_SUM = HEADER
/** Σ weight · Σ (input/scale)², over the records that moved the model. */
const NORM = HEADER + 1
/** Σ weight of them. */
const TOTAL = HEADER + 2

/** The slope of the log loss at a score of 51: a record predicted better than this moves nothing. */
const SMALLEST_ERROR = 1e-22
/** Inputs smaller than this would underflow in the sums. */
const SMALLEST_INPUT = 1e-50

/**
 * Finite: the score moves towards its label and never past it, or for the log loss by at most 50 + ln(1e46) a record,
 * shared among the inputs; sums stay between 1e-153 (inputs from 1e-50, errors from 1e-22, weights from 1e-9) and what
 * 1e70 a record adds up to.
 */
export class Normalized implements Optimizer {
  readonly header = 3
  readonly headerMerging: readonly Merging[] = ['sum', 'sum', 'sum']
  readonly headerSigned = [false, false, false]
  readonly accumulators = 2
  readonly merging: readonly Merging[] = ['sum', 'largest']
  readonly signed = [false, false]
  readonly #loss: Loss
  readonly #rate: number
  /** Rates of the record's weights, between the two passes. */
  readonly #rates: Float64Array
  readonly #sparseRates: Float64Array

  constructor(rate: number, loss: Loss, dense: number, active: number) {
    this.#rate = rate
    this.#loss = loss
    this.#rates = new Float64Array(dense)
    this.#sparseRates = new Float64Array(active)
  }

  learn(
    page: Float64Array,
    offset: number,
    places: Places,
    input: Float64Array,
    x: FeatureVector,
    step: Float64Array,
  ): void {
    const error = step[ERROR]
    const weight = step[WEIGHT]
    if (Math.abs(error) < SMALLEST_ERROR) return
    const square = weight * error * error
    const { dense, weights, sparse, stride, intercept } = places
    const { active, values, activeCount } = x
    const rates = this.#rates
    const sparseRates = this.#sparseRates
    // First pass: sums, scales and rates; how far a unit step moves the score, and the record's norm.
    let reach = 0
    let norm = 0
    for (let j = 0, k = offset + weights; j < dense; j++, k++) {
      const value = Math.abs(input[j])
      if (value < SMALLEST_INPUT) {
        rates[j] = 0
        continue
      }
      const sum = page[k + dense] + square * value * value
      let scale = page[k + 2 * dense]
      if (value > scale) {
        // As if the new scale had been known from the start.
        page[k] *= scale / value
        scale = value
      }
      page[k + dense] = sum
      page[k + 2 * dense] = scale
      const rate = 1 / (Math.sqrt(sum) * scale)
      rates[j] = rate
      reach += value * value * rate
      norm += (value / scale) * (value / scale)
    }
    for (let i = 0; i < activeCount; i++) {
      const k = offset + sparse + stride * active[i]
      const value = Math.abs(values[i])
      if (value < SMALLEST_INPUT) {
        sparseRates[i] = 0
        continue
      }
      const sum = page[k + 1] + square * value * value
      let scale = page[k + 2]
      if (value > scale) {
        page[k] *= scale / value
        scale = value
      }
      page[k + 1] = sum
      page[k + 2] = scale
      const rate = 1 / (Math.sqrt(sum) * scale)
      sparseRates[i] = rate
      reach += value * value * rate
      norm += (value / scale) * (value / scale)
    }
    let interceptRate = 0
    if (intercept) {
      const sum = page[offset + INTERCEPT_SUM] + square
      page[offset + INTERCEPT_SUM] = sum
      interceptRate = 1 / Math.sqrt(sum)
      reach += interceptRate
      norm += 1
    }
    if (norm === 0) return
    const norms = page[offset + NORM] + weight * norm
    const total = page[offset + TOTAL] + weight
    page[offset + NORM] = norms
    page[offset + TOTAL] = total
    // Second pass: the step along these rates that moves the score as far as the loss asks.
    const length = this.#rate * weight * reach * Math.sqrt(total / norms)
    const move = this.#loss.change(step[SCORE], step[LABEL], length) / reach
    for (let j = 0, k = offset + weights; j < dense; j++, k++) page[k] += move * input[j] * rates[j]
    for (let i = 0; i < activeCount; i++) {
      page[offset + sparse + stride * active[i]] += move * values[i] * sparseRates[i]
    }
    if (intercept) page[offset + INTERCEPT] += move * interceptRate
  }
}
