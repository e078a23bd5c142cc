/**
 * How good predictions of true or false were, beside what can be guessed without a model on the same events. A
 * probability above 0.5 is the prediction "true".
 *
 * A value is null where it is not defined: everything without weight, `auc` without both labels, `precision` when
 * nothing was predicted true, `recall` without a true label, `f1` without either, `kappa` when chance alone would agree
 * always, `kappaT` when repeating the last label is never wrong, `kappaM` when the majority never is.
 */
export interface BinaryReport {
  /** Outcomes counted, whatever their weight. */
  readonly records: number
  /** Share of weight predicted rightly. */
  readonly accuracy: number | null
  /** Mean of the shares predicted rightly among the true and among the false labels; the one share when the other label has none. */
  readonly balancedAccuracy: number | null
  /** Share of the predictions "true" that were right. */
  readonly precision: number | null
  /** Share of the true labels that were predicted. */
  readonly recall: number | null
  /** Harmonic mean of precision and recall, of the label true. */
  readonly f1: number | null
  /** Cohen's κ: accuracy above what the same mix of predictions reaches by chance; 1 is perfect, 0 is chance. */
  readonly kappa: number | null
  /** κ temporal: accuracy above that of repeating the last label; 1 is perfect, 0 no better than repeating. */
  readonly kappaT: number | null
  /** κ_M: accuracy above that of the label seen more often; 1 is perfect, 0 no better than the majority. */
  readonly kappaM: number | null
  /** Mean of -ln(probability given to the label), in nats; probabilities are cut to [1e-15, 1 - 1e-15]. */
  readonly logLoss: number | null
  /** Mean of (probability - label)², the label being 1 or 0: 0 to 1. */
  readonly brier: number | null
  /** Probability that a true label was scored above a false one, ties half. */
  readonly auc: number | null
  /** Expected calibration error of the probability of true over ten equal bins, [0, 0.1) to [0.9, 1]: 0 is perfect. */
  readonly calibrationError: number | null
  readonly baselines: {
    /** The label seen more often. */
    readonly majority: { readonly accuracy: number | null }
    /** The label seen last. */
    readonly noChange: { readonly accuracy: number | null }
    /** The share of true labels seen, as the probability. */
    readonly prior: { readonly logLoss: number | null }
  }
}
