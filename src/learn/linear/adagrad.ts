import type { OptimizerSpec } from './optimizer.ts'
import { checkRate } from './rate.ts'
import type { Merging, Rule } from './rule.ts'

/**
 * AdaGrad: every weight has its own rate, rate / √(Σ gradient² + 1e-8). Rare inputs keep large steps, frequent ones settle.
 * The intercept is an input that is always 1, with its own sum (River gives it a constant rate).
 *
 * State: a double more per weight.
 * @param rate > 0, up to 1e6; 0.1 to 0.5 suit most data
 * @throws ML_RANGE
 * @see Duchi, Hazan, Singer 2011; River 0.26.1 `optim.AdaGrad`
 */
export function adagrad(rate: number): OptimizerSpec {
  checkRate(rate, 'adagrad')
  return { kind: 'adagrad', rate }
}

const EPSILON = 1e-8

/** Finite: a gradient is 1e32 at most, and no step is longer than `rate`, because its own square is in the sum already. */
export class AdaGradRule implements Rule {
  readonly header = 0
  readonly accumulators = 1
  readonly signed = [false]
  readonly merging: readonly Merging[] = ['sum']
  readonly lasting = 0
  readonly unpenalised = this
  readonly #rate: number

  constructor(rate: number) {
    this.#rate = rate
  }

  rateAt(): number {
    return this.#rate
  }

  begin(): void {}

  update(page: Float64Array, at: number, apart: number, gradients: Float64Array, from: number, count: number): void {
    const rate = this.#rate
    const end = from + count
    for (let i = from, k = at + from; i < end; i++, k++) {
      const gradient = gradients[i]
      const sum = page[k + apart] + gradient * gradient
      page[k + apart] = sum
      page[k] -= (rate * gradient) / Math.sqrt(sum + EPSILON)
    }
  }
}
