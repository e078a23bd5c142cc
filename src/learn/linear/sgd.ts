import type { FeatureVector } from '../../features/feature-vector.ts'
import { subtractScaled } from './dense-sums.ts'
import { INTERCEPT, type Optimizer, type OptimizerSpec, type Places } from './optimizer.ts'
import { checkRate } from './rate.ts'
import { ERROR, STEP, WEIGHT } from './step.ts'

/**
 * Stochastic gradient descent with a constant rate: weight −= rate · (error · input + l2 · weight).
 *
 * Needs inputs of like size: standardise. State: nothing beside the weights.
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
  readonly accumulators = 0
  readonly #rate: number
  readonly #l2: number

  constructor(rate: number, l2: number) {
    this.#rate = rate
    this.#l2 = l2
  }

  learn(
    page: Float64Array,
    offset: number,
    places: Places,
    input: Float64Array,
    x: FeatureVector,
    step: Float64Array,
  ): void {
    step[STEP] = this.#rate * (step[WEIGHT] * step[ERROR])
    if (this.#l2 !== 0) shrink(page, offset, places, x, this.#rate * this.#l2)
    descend(page, offset, places, input, x, step)
  }
}

/**
 * One gradient step of length step[STEP].
 *
 * Finite: a step moves a weight by rate · weight · |input| at most, 1e32, and l2 shrinks it by a factor from 0 to 1
 * (rate · l2 ≤ 1): no number of records reaches the largest double.
 */
export function descend(
  page: Float64Array,
  offset: number,
  places: Places,
  input: Float64Array,
  x: FeatureVector,
  step: Float64Array,
): void {
  subtractScaled(page, offset + places.weights, input, step)
  const { active, values, activeCount } = x
  const sparse = offset + places.sparse
  for (let i = 0; i < activeCount; i++) page[sparse + places.stride * active[i]] -= step[STEP] * values[i]
  if (places.intercept) page[offset + INTERCEPT] -= step[STEP]
}

/** l2 shrinks the weights of the inputs that the record has, not the intercept. */
export function shrink(page: Float64Array, offset: number, places: Places, x: FeatureVector, amount: number): void {
  for (let j = 0, k = offset + places.weights; j < places.dense; j++, k++) {
    if (x.missing[j] === 0) page[k] -= amount * page[k]
  }
  const sparse = offset + places.sparse
  for (let i = 0; i < x.activeCount; i++) {
    const k = sparse + places.stride * x.active[i]
    page[k] -= amount * page[k]
  }
}
