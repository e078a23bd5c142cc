import type { Merging, Rule } from './rule.ts'

/** A rule under which no record moves a weight by more than `most`. */
export class ClipStep implements Rule {
  readonly header: number
  readonly accumulators: number
  readonly signed: readonly boolean[]
  readonly merging: readonly Merging[]
  readonly lasting: number
  readonly unpenalised: Rule
  readonly #inner: Rule
  readonly #most: number
  #before = new Float64Array(16)

  constructor(inner: Rule, most: number) {
    this.#inner = inner
    this.#most = most
    this.header = inner.header
    this.accumulators = inner.accumulators
    this.signed = inner.signed
    this.merging = inner.merging
    this.lasting = inner.lasting
    this.unpenalised = inner.unpenalised === inner ? this : new ClipStep(inner.unpenalised, most)
  }

  rateAt(steps: number): number {
    return this.#inner.rateAt(steps)
  }

  begin(page: Float64Array, header: number, steps: number): void {
    this.#inner.begin(page, header, steps)
  }

  update(page: Float64Array, at: number, apart: number, gradients: Float64Array, from: number, count: number): void {
    if (count > this.#before.length) this.#before = new Float64Array(2 * count)
    const before = this.#before
    const first = at + from
    for (let i = 0; i < count; i++) before[i] = page[first + i]
    this.#inner.update(page, at, apart, gradients, from, count)
    for (let i = 0; i < count; i++) {
      const least = before[i] - this.#most
      const largest = before[i] + this.#most
      if (page[first + i] < least) page[first + i] = least
      else if (page[first + i] > largest) page[first + i] = largest
    }
  }
}
