/**
 * How good predictions of true or false were, beside what can be guessed without a model on the same events.
 * A value is null where it is not defined: everything without weight, `auc` without both labels, `kappa` when chance
 * alone would agree always, `kappaT` when repeating the last label is never wrong.
 */
export interface BinaryReport {
  /** Outcomes counted, whatever their weight. */
  readonly records: number
  /** Share of weight predicted rightly, a probability above 0.5 being "true". */
  readonly accuracy: number | null
  /** Mean of -ln(probability given to the label), in nats; probabilities are cut to [1e-15, 1 - 1e-15]. */
  readonly logLoss: number | null
  /** Probability that a true label was scored above a false one, ties half. */
  readonly auc: number | null
  /** Cohen's κ: accuracy above what the same mix of predictions reaches by chance; 1 is perfect, 0 is chance. */
  readonly kappa: number | null
  /** κ temporal: accuracy above that of repeating the last label; 1 is perfect, 0 no better than repeating. */
  readonly kappaT: number | null
  readonly baselines: {
    /** The label seen more often. */
    readonly majority: { readonly accuracy: number | null }
    /** The label seen last. */
    readonly noChange: { readonly accuracy: number | null }
    /** The share of true labels seen, as the probability. */
    readonly prior: { readonly logLoss: number | null }
  }
}
