import type { Merging, Rule } from './rule.ts'

/**
 * L1 that sets weights to 0 exactly: the cumulative penalty. A weight pays, when its input comes, what all records so far
 * would have cost it, less what it has paid, but never across 0.
 *
 * State: the penalty due so far, once a model; what each weight has paid, negative for what was taken from above.
 * @see Tsuruoka, Tsujii, Ananiadou 2009; River 0.26.1, option l1 of `linear_model.LinearRegression`
 */
export class CumulativeL1 implements Rule {
  readonly header: number
  readonly accumulators: number
  readonly signed: readonly boolean[]
  readonly merging: readonly Merging[]
  readonly lasting: number
  readonly unpenalised: Rule
  readonly #inner: Rule
  readonly #l1: number
  #due = 0

  constructor(inner: Rule, l1: number) {
    this.#inner = inner
    this.#l1 = l1
    this.header = inner.header + 1
    this.accumulators = inner.accumulators + 1
    this.signed = [...inner.signed, true]
    this.merging = [...inner.merging, 'mean']
    this.lasting = inner.lasting
    this.unpenalised = inner
  }

  rateAt(steps: number): number {
    return this.#inner.rateAt(steps)
  }

  begin(page: Float64Array, header: number, steps: number): void {
    this.#inner.begin(page, header, steps)
    const at = header + this.#inner.header
    page[at] += this.#inner.rateAt(steps) * this.#l1
    this.#due = page[at]
  }

  update(page: Float64Array, at: number, apart: number, gradients: Float64Array, from: number, count: number): void {
    this.#inner.update(page, at, apart, gradients, from, count)
    const paidAt = apart * this.accumulators
    const due = this.#due
    const end = at + from + count
    for (let k = at + from; k < end; k++) {
      const before = page[k]
      if (before === 0) continue
      const paid = page[k + paidAt]
      const after = before > 0 ? Math.max(0, before - (due + paid)) : Math.min(0, before + (due - paid))
      page[k] = after
      page[k + paidAt] = paid + (after - before)
    }
  }
}
