/**
 * An optimizer that treats every weight alike and by itself, given its gradient: so the same code serves one weight an
 * input, and one weight for each class side by side.
 *
 * Weights come in blocks: weight i of a block lies at `at + i`, its first accumulator `apart` further on, the second
 * twice as far.
 */
export interface Rule {
  /** Doubles kept once a model. */
  readonly header: number
  /** Doubles kept beside each weight. */
  readonly accumulators: number
  /** Which of them may be negative. */
  readonly signed: readonly boolean[]
  /**
   * How they are merged when models are averaged: sums of what was seen add up, running means are averaged like the
   * weights, marks of the largest stay the largest.
   */
  readonly merging: readonly Merging[]
  /**
   * How many times the rate a gradient moves its weight in the end: once, and with momentum more often. Such steps can
   * pass the least point of a loss, and are held back. 0 where no step is longer than the rate in itself.
   */
  readonly lasting: number
  /** The same without penalties, for the intercept; of the same layout. */
  readonly unpenalised: Rule
  /** The rate of the record after so many steps, before any scaling by what was seen. */
  rateAt(steps: number): number
  /** Once a record, before its updates. `header` is where the rule's own doubles lie. */
  begin(page: Float64Array, header: number, steps: number): void
  /** Makes the accumulators of an averaged weight fit it, where the weight follows from them. */
  settle?(page: Float64Array, at: number, apart: number): void
  /** Moves weights `from` to `from + count` of the block at `at` against `gradients[from ...]`. */
  update(page: Float64Array, at: number, apart: number, gradients: Float64Array, from: number, count: number): void
}

export type Merging = 'sum' | 'mean' | 'largest'
