/** Predictions of weight 1 that lie side by side, beside their labels and what the baselines knew of each. */
export interface OutcomeBlock {
  /** The predictions, each in `outputs` doubles: of a binary task the first is the probability. */
  readonly outs: Float64Array
  readonly outputs: number
  /** 0 or 1 of a binary task, the number of the class, or the number itself. */
  readonly labels: Float64Array
  /** What the commonest label was, see `ModelTask`; of a binary task the prior, 0.5 where nothing was known. */
  readonly typical: Float64Array
  /** The label before; NaN where there was none. */
  readonly last: Float64Array
  readonly count: number
}
