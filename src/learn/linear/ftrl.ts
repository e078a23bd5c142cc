import type { OptimizerSpec } from './optimizer.ts'
import { checkOption, checkRate } from './rate.ts'
import type { Merging, Rule } from './rule.ts'

export interface FtrlOptions {
  /** Holds back the first steps: added to √Σ gradient²; 1 by default, 1e-6 to 1e6. */
  readonly beta?: number
  /** Weights whose summed gradient stays within this are 0 exactly; 0 by default. */
  readonly l1?: number
  /** Shrinks all weights; 0 by default. */
  readonly l2?: number
}

/**
 * FTRL-proximal: each weight is the exact least of all gradients so far, taken as straight lines, with a penalty that
 * keeps it near its past values, l1 and l2. With l1 weights of no use are exactly 0, and come back when they are of use.
 * The intercept has neither penalty.
 *
 * State: two doubles more per weight, z and n of the paper.
 * @param rate alpha of the paper, > 0, up to 1e6
 * @throws ML_RANGE
 * @see McMahan et al. 2013, algorithm 1. River 0.26.1 `optim.FTRLProximal` differs from it: it takes each step with the
 *   weights before the last gradient, and sets no weight to 0.
 */
export function ftrl(rate: number, { beta = 1, l1 = 0, l2 = 0 }: FtrlOptions = {}): OptimizerSpec {
  checkRate(rate, 'ftrl')
  checkOption('beta', beta, beta >= 1e-6 && beta <= 1e6, '1e-6 to 1e6', 'ftrl')
  checkOption('l1', l1, l1 >= 0 && l1 <= 1e12, '0 to 1e12', 'ftrl')
  checkOption('l2', l2, l2 >= 0 && l2 <= 1e12, '0 to 1e12', 'ftrl')
  return { kind: 'ftrl', rate, beta, l1, l2 }
}

/**
 * Finite: |z| grows by its gradient and by the factor (beta + √n′)/(beta + √n), whose product over all records is at most
 * 1 + √n/beta, 1e46; a weight is |z| · rate / beta at most.
 */
export class FtrlRule implements Rule {
  readonly header = 0
  readonly accumulators = 2
  readonly signed = [true, false]
  readonly merging: readonly Merging[] = ['mean', 'sum']
  readonly lasting = 0
  readonly unpenalised: Rule
  readonly #rate: number
  readonly #beta: number
  readonly #l1: number
  readonly #l2: number

  constructor(rate: number, beta: number, l1: number, l2: number) {
    this.#rate = rate
    this.#beta = beta
    this.#l1 = l1
    this.#l2 = l2
    this.unpenalised = l1 === 0 && l2 === 0 ? this : new FtrlRule(rate, beta, 0, 0)
  }

  rateAt(): number {
    return this.#rate
  }

  begin(): void {}

  update(page: Float64Array, at: number, apart: number, gradients: Float64Array, from: number, count: number): void {
    const end = from + count
    for (let i = from, k = at + from; i < end; i++, k++) {
      const gradient = gradients[i]
      const n = page[k + 2 * apart]
      const sum = n + gradient * gradient
      const sigma = (Math.sqrt(sum) - Math.sqrt(n)) / this.#rate
      const z = page[k + apart] + gradient - sigma * page[k]
      page[k + apart] = z
      page[k + 2 * apart] = sum
      page[k] = this.#weight(z, sum)
    }
  }

  #weight(z: number, sum: number): number {
    const l1 = this.#l1
    if (Math.abs(z) <= l1) return 0
    return -(z < 0 ? z + l1 : z - l1) / ((this.#beta + Math.sqrt(sum)) / this.#rate + this.#l2)
  }

  /** The z that stands for an averaged weight. */
  settle(page: Float64Array, at: number, apart: number): void {
    const weight = page[at]
    const reach = (this.#beta + Math.sqrt(page[at + 2 * apart])) / this.#rate + this.#l2
    if (weight !== 0) page[at + apart] = -weight * reach - (weight < 0 ? -this.#l1 : this.#l1)
    else page[at + apart] = Math.min(Math.max(page[at + apart], -this.#l1), this.#l1)
  }
}
