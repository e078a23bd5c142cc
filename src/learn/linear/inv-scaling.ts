import type { FeatureVector } from '../../features/feature-vector.ts'
import { pow } from '../../numeric/pow.ts'
import { type Optimizer, type OptimizerSpec, type Places, STEPS } from './optimizer.ts'
import { checkOption, checkRate } from './rate.ts'
import { descend, shrink } from './sgd.ts'
import { ERROR, STEP, WEIGHT } from './step.ts'

/**
 * Stochastic gradient descent whose rate falls as rate / t^power at the t-th record: it settles, and so follows slow
 * change only. Like `sgd` otherwise.
 *
 * @param rate of the first record, > 0, up to 1e6
 * @param power 0 to 1; 0.5 by default
 * @throws ML_RANGE
 */
export function invScaling(rate: number, power = 0.5): OptimizerSpec {
  checkRate(rate, 'invScaling')
  checkOption('power', power, power >= 0 && power <= 1, '0 to 1', 'invScaling')
  return { kind: 'invScaling', rate, power }
}

export class InvScaling implements Optimizer {
  readonly header = 0
  readonly accumulators = 0
  readonly #rate: number
  readonly #power: number
  readonly #l2: number

  constructor(rate: number, power: number, l2: number) {
    this.#rate = rate
    this.#power = power
    this.#l2 = l2
  }

  /** The rate at record t = steps + 1; a square root where it is one, for speed. */
  rateAfter(steps: number): number {
    const t = steps + 1
    return this.#rate / (this.#power === 0.5 ? Math.sqrt(t) : pow(t, this.#power))
  }

  learn(
    page: Float64Array,
    offset: number,
    places: Places,
    input: Float64Array,
    x: FeatureVector,
    step: Float64Array,
  ): void {
    const rate = this.rateAfter(page[offset + STEPS])
    step[STEP] = rate * (step[WEIGHT] * step[ERROR])
    if (this.#l2 !== 0) shrink(page, offset, places, x, rate * this.#l2)
    descend(page, offset, places, input, x, step)
  }
}
