import type { FeatureVector } from '../../features/feature-vector.ts'
import { subtractScaled } from './dense-sums.ts'
import { INTERCEPT, type Optimizer, type OptimizerSpec, type Places } from './optimizer.ts'
import { checkRate } from './rate.ts'

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
    _score: number,
    error: number,
    weight: number,
  ): void {
    descend(page, offset, places, input, x, weight * error, this.#rate, this.#l2)
  }
}

/**
 * One gradient step. l2 shrinks the weights of the numeric inputs and of the active slots, not the intercept.
 *
 * Finite: a step moves a weight by rate · weight · |input| at most, 1e32, and shrinks it by a factor from 0 to 1
 * (rate · l2 ≤ 1): no number of records reaches the largest double.
 */
export function descend(
  page: Float64Array,
  offset: number,
  places: Places,
  input: Float64Array,
  x: FeatureVector,
  slope: number,
  rate: number,
  l2: number,
): void {
  if (l2 !== 0) shrink(page, offset, places, x, rate * l2)
  const step = rate * slope
  subtractScaled(page, offset + places.weights, input, step)
  const sparse = offset + places.sparse
  for (let i = 0; i < x.activeCount; i++) page[sparse + places.stride * x.active[i]] -= step
  if (places.intercept) page[offset + INTERCEPT] -= step
}

function shrink(page: Float64Array, offset: number, places: Places, x: FeatureVector, amount: number): void {
  const weights = offset + places.weights
  for (let k = weights; k < weights + places.dense; k++) page[k] -= amount * page[k]
  const sparse = offset + places.sparse
  for (let i = 0; i < x.activeCount; i++) {
    const k = sparse + places.stride * x.active[i]
    page[k] -= amount * page[k]
  }
}
