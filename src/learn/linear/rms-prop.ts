import type { OptimizerSpec } from './optimizer.ts'
import { checkDecay, checkRate } from './rate.ts'
import type { Merging, Rule } from './rule.ts'

/**
 * RMSProp: AdaGrad with a fading mean of the squares in place of their sum, so rates do not fall for ever and the model
 * keeps following change: weight −= rate · gradient / √(mean + 1e-8).
 *
 * State: a double more per weight.
 * @param rate > 0, up to 1e6; 0.01 is a start
 * @param rho share of the mean that stays at each record; 0.9 by default
 * @throws ML_RANGE
 * @see Tieleman, Hinton 2012; River 0.26.1 `optim.RMSProp`
 */
export function rmsProp(rate: number, rho = 0.9): OptimizerSpec {
  checkRate(rate, 'rmsProp')
  checkDecay('rho', rho, 'rmsProp')
  return { kind: 'rmsProp', rate, rho }
}

const EPSILON = 1e-8

/** Finite: no step is longer than rate / √(1 − rho), because the gradient's own square is in the mean. */
export class RmsPropRule implements Rule {
  readonly header = 0
  readonly accumulators = 1
  readonly signed = [false]
  readonly merging: readonly Merging[] = ['mean']
  readonly lasting = 0
  readonly unpenalised = this
  readonly #rate: number
  readonly #rho: number

  constructor(rate: number, rho: number) {
    this.#rate = rate
    this.#rho = rho
  }

  rateAt(): number {
    return this.#rate
  }

  begin(): void {}

  update(page: Float64Array, at: number, apart: number, gradients: Float64Array, from: number, count: number): void {
    const rate = this.#rate
    const rho = this.#rho
    const end = from + count
    for (let i = from, k = at + from; i < end; i++, k++) {
      const gradient = gradients[i]
      const mean = rho * page[k + apart] + (1 - rho) * (gradient * gradient)
      page[k + apart] = mean
      page[k] -= (rate * gradient) / Math.sqrt(mean + EPSILON)
    }
  }
}
