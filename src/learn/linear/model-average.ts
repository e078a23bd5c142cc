import { joinScalers } from './join-scalers.ts'
import type { Merging } from './rule.ts'

/**
 * Two models of one layout becoming one, in the place of the first: what each did learn counts by its steps.
 *
 * Deviations of the scalers join by Chan's formula, so that the scaler is that of both streams; weights stay those of
 * standardised inputs, which shards of one stream standardise nearly alike.
 * @see Chan, Golub, LeVeque 1983; Zinkevich et al. 2010 (averaging)
 */
export class ModelAverage {
  readonly #page: Float64Array
  readonly #other: Float64Array
  readonly #offset: number
  readonly #otherOffset: number
  readonly #steps: number
  readonly #otherSteps: number
  /** The share of the other model. */
  readonly #share: number

  constructor(
    page: Float64Array,
    other: Float64Array,
    offset: number,
    otherOffset: number,
    steps: number,
    otherSteps: number,
  ) {
    this.#page = page
    this.#other = other
    this.#offset = offset
    this.#otherOffset = otherOffset
    this.#steps = steps
    this.#otherSteps = otherSteps
    this.#share = steps + otherSteps === 0 ? 0 : otherSteps / (steps + otherSteps)
  }

  weight(at: number): void {
    const own = this.#page[this.#offset + at]
    this.#page[this.#offset + at] = own + this.#share * (this.#other[this.#otherOffset + at] - own)
  }

  double(at: number, how: Merging): void {
    const other = this.#other[this.#otherOffset + at]
    if (how === 'mean') this.weight(at)
    else if (how === 'sum') this.#page[this.#offset + at] += other
    else this.#page[this.#offset + at] = Math.max(this.#page[this.#offset + at], other)
  }

  /** Means, deviations and counts of `inputs` inputs from `at` on. */
  scaler(at: number, inputs: number, oneCount: boolean): void {
    const width = oneCount ? 2 : 3
    for (let j = 0; j < inputs; j++) {
      const own = this.#offset + at + width * j
      const from = this.#otherOffset + at + width * j
      const count = oneCount ? this.#steps : this.#page[own + 2]
      const otherCount = oneCount ? this.#otherSteps : this.#other[from + 2]
      if (otherCount === 0) continue
      const all = count + otherCount
      joinScalers(this.#page, own, this.#other, from, otherCount / all)
      if (!oneCount) this.#page[own + 2] = all
    }
  }
}
