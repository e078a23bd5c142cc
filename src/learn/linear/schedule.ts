import { pow } from '../../numeric/pow.ts'

/** A rate by the number of steps learned: rate / t^power at the t-th record; constant with power 0. */
export class Schedule {
  readonly #rate: number
  readonly #power: number

  constructor(rate: number, power = 0) {
    this.#rate = rate
    this.#power = power
  }

  /** The rate, where it is always the same. */
  get constant(): number | undefined {
    return this.#power === 0 ? this.#rate : undefined
  }

  /** The rate at record t = steps + 1; a square root where it is one, for speed. */
  rateAt(steps: number): number {
    if (this.#power === 0) return this.#rate
    const t = steps + 1
    return this.#rate / (this.#power === 0.5 ? Math.sqrt(t) : pow(t, this.#power))
  }
}
