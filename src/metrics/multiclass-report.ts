/** How well one class is told from the others. */
export interface ClassReport {
  readonly class: string
  /** Weight of the labels of this class; in a faded report the last outcome's counts fully. */
  readonly support: number
  /** Share of the predictions of this class that were right; null when it was never predicted. */
  readonly precision: number | null
  /** Share of the labels of this class that were predicted; null when it was never a label. */
  readonly recall: number | null
  /** Harmonic mean of precision and recall, 0 where the class was never predicted rightly. */
  readonly f1: number
}

/**
 * How good predicted classes were, beside what can be guessed without a model on the same events.
 *
 * A value is null where it is not defined: everything without weight, `kappa` when chance alone would agree always,
 * `kappaT` when repeating the last label is never wrong, `kappaM` when the majority never is. The macro means are over
 * the classes that were a label or predicted, each counting the same; a class that was never predicted has precision 0
 * in them, one that was never a label recall 0.
 */
export interface MulticlassReport {
  /** Outcomes counted, whatever their weight. */
  readonly records: number
  /** Share of weight predicted rightly. */
  readonly accuracy: number | null
  /** Mean recall of the classes that were a label. */
  readonly balancedAccuracy: number | null
  readonly macroPrecision: number | null
  readonly macroRecall: number | null
  readonly macroF1: number | null
  /** Mean F1 of the classes by their support. */
  readonly weightedF1: number | null
  /** Cohen's κ: accuracy above what the same mix of predictions reaches by chance; 1 is perfect, 0 is chance. */
  readonly kappa: number | null
  /** κ temporal: accuracy above that of repeating the last label; 1 is perfect, 0 no better than repeating. */
  readonly kappaT: number | null
  /** κ_M: accuracy above that of the label seen most often; 1 is perfect, 0 no better than the majority. */
  readonly kappaM: number | null
  /** Mean of -ln(probability given to the label), in nats; probabilities are cut to [1e-15, 1 - 1e-15]. */
  readonly logLoss: number | null
  /** Mean of Σ (p_k - 1{k is the label})² over all classes: 0 to 2, for two classes twice that of a binary report. */
  readonly brier: number | null
  /**
   * Expected calibration error of the predicted class over ten equal bins of its probability, [0, 0.1) to [0.9, 1]: 0
   * is perfect.
   */
  readonly calibrationError: number | null
  readonly baselines: {
    /** The label seen most often. */
    readonly majority: { readonly accuracy: number | null }
    /** The label seen last. */
    readonly noChange: { readonly accuracy: number | null }
  }
  /** The classes that were a label or predicted, by name in the order of UTF-16 units. */
  readonly classes: readonly ClassReport[]
}
