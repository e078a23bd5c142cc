import type { OptimizerSpec } from './optimizer.ts'
import { checkDecay, checkRate } from './rate.ts'
import type { Merging, Rule } from './rule.ts'

export interface AdamOptions {
  /** Share of the mean gradient that stays at each record; 0.9 by default. */
  readonly beta1?: number
  /** Share of the mean square that stays; 0.999 by default. */
  readonly beta2?: number
}

/**
 * Adam: a fading mean of the gradients over the root of a fading mean of their squares, both corrected for having
 * started at 0. Only inputs that a record has move, as in River; the correction counts records.
 *
 * State: two doubles more per weight, two for the model.
 * @param rate > 0, up to 1e6; 0.01 is a start
 * @throws ML_RANGE
 * @see Kingma, Ba 2015; River 0.26.1 `optim.Adam`
 */
export function adam(rate: number, { beta1 = 0.9, beta2 = 0.999 }: AdamOptions = {}): OptimizerSpec {
  checkRate(rate, 'adam')
  checkDecay('beta1', beta1, 'adam')
  checkDecay('beta2', beta2, 'adam')
  return { kind: 'adam', rate, beta1, beta2 }
}

const EPSILON = 1e-8

/**
 * Finite: a gradient is 1e32 at most, so a step is at most rate · 1e32 / 1e-8, and adds up.
 *
 * State of the model: 1 − beta1^t and 1 − beta2^t after t records.
 */
export class AdamRule implements Rule {
  readonly header = 2
  readonly accumulators = 2
  readonly signed = [true, false]
  readonly merging: readonly Merging[] = ['mean', 'mean']
  readonly lasting = 0
  readonly unpenalised = this
  readonly #rate: number
  readonly #beta1: number
  readonly #beta2: number
  /** The corrected rate of the record. */
  #now = 0

  constructor(rate: number, beta1: number, beta2: number) {
    this.#rate = rate
    this.#beta1 = beta1
    this.#beta2 = beta2
  }

  rateAt(): number {
    return this.#rate
  }

  begin(page: Float64Array, header: number): void {
    const first = 1 - this.#beta1 + this.#beta1 * page[header]
    const second = 1 - this.#beta2 + this.#beta2 * page[header + 1]
    page[header] = first
    page[header + 1] = second
    this.#now = (this.#rate * Math.sqrt(second)) / first
  }

  update(page: Float64Array, at: number, apart: number, gradients: Float64Array, from: number, count: number): void {
    const rate = this.#now
    const beta1 = this.#beta1
    const beta2 = this.#beta2
    const end = from + count
    for (let i = from, k = at + from; i < end; i++, k++) {
      const gradient = gradients[i]
      const mean = beta1 * page[k + apart] + (1 - beta1) * gradient
      const square = beta2 * page[k + 2 * apart] + (1 - beta2) * (gradient * gradient)
      page[k + apart] = mean
      page[k + 2 * apart] = square
      page[k] -= (rate * mean) / (Math.sqrt(square) + EPSILON)
    }
  }
}
