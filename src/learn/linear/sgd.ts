import type { FeatureVector } from '../../features/feature-vector.ts'
import { subtractScaled } from './dense-sums.ts'
import { INTERCEPT, type Optimizer, type OptimizerSpec, type Places, STEPS } from './optimizer.ts'
import { checkRate } from './rate.ts'
import type { Schedule } from './schedule.ts'
import { GAP, NORM, SLOPE, STEP } from './step.ts'

/**
 * Stochastic gradient descent with a constant rate: weight −= rate · (slope · input + l2 · weight).
 *
 * Needs inputs of like size: standardise. Of losses with a least point and a slope without bound (squared, Poisson,
 * squared hinge) a step that would pass the least point, as one along a huge input does, ends there: where plain descent
 * converges the two are the same to the bit, where it explodes this one does not.
 *
 * State: nothing beside the weights.
 * @param rate > 0, up to 1e6; 0.01 is a careful start
 * @throws ML_RANGE
 * @see Bottou 2010
 */
export function sgd(rate: number): OptimizerSpec {
  checkRate(rate, 'sgd')
  return { kind: 'sgd', rate }
}

export class Sgd implements Optimizer {
  readonly header = 0
  readonly headerMerging = []
  readonly headerSigned = []
  readonly accumulators = 0
  readonly merging = []
  readonly signed = []
  readonly #schedule: Schedule
  readonly #l2: number
  readonly #interceptRate: number | undefined

  constructor(schedule: Schedule, l2: number, interceptRate?: number) {
    this.#schedule = schedule
    this.#l2 = l2
    this.#interceptRate = interceptRate
  }

  /**
   * Finite: a step moves a weight by rate · slope · |input| at most, 1e38, because slopes are at most 1e12, and l2
   * shrinks it by a factor from 0 to 1 (rate · l2 ≤ 1): no number of records reaches the largest double.
   */
  learn(
    page: Float64Array,
    offset: number,
    places: Places,
    input: Float64Array,
    x: FeatureVector,
    step: Float64Array,
  ): void {
    const rate = this.#schedule.rateAt(page[offset + STEPS])
    const length = rate * step[SLOPE]
    const passes = Math.abs(length) * step[NORM] > step[GAP]
    step[STEP] = passes ? (length < 0 ? -step[GAP] : step[GAP]) / step[NORM] : length
    if (this.#l2 !== 0) shrink(page, offset, places, x, rate * this.#l2)
    subtractScaled(page, offset + places.weights, input, step)
    subtractActive(page, offset, places, x, step)
    if (!places.intercept) return
    const share = this.#interceptRate === undefined ? 1 : this.#interceptRate / rate
    page[offset + INTERCEPT] -= share * step[STEP]
  }
}

/** The part of a step that active slots take. */
export function subtractActive(
  page: Float64Array,
  offset: number,
  { sparse, stride }: Places,
  { active, values, activeCount }: FeatureVector,
  step: Float64Array,
): void {
  const first = offset + sparse
  for (let i = 0; i < activeCount; i++) page[first + stride * active[i]] -= step[STEP] * values[i]
}

/** l2 shrinks the weights of the inputs that the record has, not the intercept. */
function shrink(page: Float64Array, offset: number, places: Places, x: FeatureVector, amount: number): void {
  for (let j = 0, k = offset + places.weights; j < places.dense; j++, k++) {
    if (x.missing[j] === 0) page[k] -= amount * page[k]
  }
  const sparse = offset + places.sparse
  for (let i = 0; i < x.activeCount; i++) {
    const k = sparse + places.stride * x.active[i]
    page[k] -= amount * page[k]
  }
}
