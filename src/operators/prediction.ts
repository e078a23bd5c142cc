/** What the outputs of `predict` and `learn` carry. Inputs are nested, never intersected: names cannot collide. */

export interface BinaryPrediction {
  /** The more probable class: `probability > 0.5`. */
  readonly label: boolean
  /** Probability of `true`, in [0, 1]. */
  readonly probability: number
}

/** Which model answered: its uid and how many labels it had learned. */
export interface ModelVersion {
  readonly uid: string
  readonly step: number
}

/** A record with its prediction. */
export interface Scored<T> {
  readonly input: T
  readonly prediction: BinaryPrediction
  readonly model: ModelVersion
}

/** A record that was tested, then learned from. */
export interface Learned<T> extends Scored<T> {
  readonly label: boolean
}

/** A prediction that met its label. */
export interface Outcome {
  /** Join key of prediction and label; the model's key where there is no join. */
  readonly key: unknown
  readonly prediction: BinaryPrediction
  readonly label: boolean
  readonly weight: number
  /** Event times in milliseconds. */
  readonly predictedAt: number
  readonly labelledAt: number
  readonly model: ModelVersion
  /**
   * What a guess without a model knew when the prediction was made: the probability of true by the labels learned until
   * then (rule of succession, 0.5 before any), and the label learned last.
   */
  readonly baseline: { readonly prior: number; readonly last: boolean | null }
}

/** What quality needs of an outcome, and no more: the output `judged`, which only the quality operator takes. */
export interface Judged {
  readonly probability: number
  readonly label: boolean
  readonly weight: number
  readonly prior: number
  readonly last: boolean | null
}

/** A prediction whose label never came. */
export interface Expired {
  readonly key: unknown
  readonly prediction: BinaryPrediction
  readonly predictedAt: number
  readonly expiredAt: number
  readonly model: ModelVersion
}

/** A model as it stands: the `models` output. */
export interface ModelUpdate {
  readonly model: ModelVersion
  readonly at: number
  readonly intercept: number
  /** Weights by feature name, in slot order. */
  readonly weights: { readonly [feature: string]: number }
}
