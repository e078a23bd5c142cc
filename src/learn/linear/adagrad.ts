import type { FeatureVector } from '../../features/feature-vector.ts'
import { HEADER, INTERCEPT, type Optimizer, type OptimizerSpec, type Places } from './optimizer.ts'
import { checkRate } from './rate.ts'
import { ERROR, WEIGHT } from './step.ts'

/**
 * AdaGrad: every weight has its own rate, rate / √(Σ gradient² + 1e-8). Rare inputs keep large steps, frequent ones settle.
 * The intercept is an input that is always 1, with its own sum (River gives it a constant rate).
 *
 * State: a double more per weight.
 * @param rate > 0, up to 1e6; 0.1 to 0.5 suit most data
 * @throws ML_RANGE
 * @see Duchi, Hazan, Singer 2011
 */
export function adagrad(rate: number): OptimizerSpec {
  checkRate(rate, 'adagrad')
  return { kind: 'adagrad', rate }
}

const EPSILON = 1e-8

/** Σ gradient² of the intercept. */
const INTERCEPT_SUM = HEADER

/** Finite: a gradient is 1e26 at most, and no step is longer than `rate`, because its own square is in the sum already. */
export class AdaGrad implements Optimizer {
  readonly header = 1
  readonly accumulators = 1
  readonly #rate: number
  readonly #l2: number

  constructor(rate: number, l2: number) {
    this.#rate = rate
    this.#l2 = l2
  }

  learn(
    page: Float64Array,
    offset: number,
    { dense, weights, sparse, stride, intercept }: Places,
    input: Float64Array,
    { missing, active, values, activeCount }: FeatureVector,
    step: Float64Array,
  ): void {
    const rate = this.#rate
    const l2 = this.#l2
    const slope = step[WEIGHT] * step[ERROR]
    for (let j = 0, k = offset + weights; j < dense; j++, k++) {
      if (missing[j] === 1) continue
      const gradient = slope * input[j] + l2 * page[k]
      const sum = page[k + dense] + gradient * gradient
      page[k + dense] = sum
      page[k] -= (rate * gradient) / Math.sqrt(sum + EPSILON)
    }
    for (let i = 0; i < activeCount; i++) {
      const k = offset + sparse + stride * active[i]
      const gradient = slope * values[i] + l2 * page[k]
      const sum = page[k + 1] + gradient * gradient
      page[k + 1] = sum
      page[k] -= (rate * gradient) / Math.sqrt(sum + EPSILON)
    }
    if (!intercept) return
    const sum = page[offset + INTERCEPT_SUM] + slope * slope
    page[offset + INTERCEPT_SUM] = sum
    page[offset + INTERCEPT] -= (rate * slope) / Math.sqrt(sum + EPSILON)
  }
}
