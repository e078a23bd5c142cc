/** How far predicted numbers were off: the mean size of the error, and the root of its mean square. */
export interface ErrorSizes {
  readonly mae: number | null
  readonly rmse: number | null
}

/**
 * How good predicted numbers were, beside what can be guessed without a model on the same events.
 *
 * A value is null where it is not defined: everything without weight, `r2` while all labels are the same, `coverage` and
 * `meanIntervalWidth` without intervals.
 */
export interface RegressionReport extends ErrorSizes {
  /** Outcomes counted, whatever their weight. */
  readonly records: number
  /** R²: 1 - Σ error² / Σ (label - mean label)²; 1 is perfect, 0 as good as the mean of these labels, known beforehand. */
  readonly r2: number | null
  /** Mean of α · (label - predicted) where the label was above, (1 - α) · (predicted - label) where below. For α 0.5 half the MAE. */
  readonly quantileLoss: number | null
  /** Share of weight whose label lay in the interval of its prediction, of the outcomes that had one. */
  readonly coverage: number | null
  readonly meanIntervalWidth: number | null
  readonly baselines: {
    /** The mean of the labels seen. */
    readonly mean: ErrorSizes
    /** The label seen last. */
    readonly noChange: ErrorSizes
  }
}
