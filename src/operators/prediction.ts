/** What the outputs of `predict` and `learn` carry. Inputs are nested, never intersected: names cannot collide. */
import type { Task } from '../learn/learner.ts'

export interface BinaryPrediction {
  /** The more probable class: `probability > 0.5`. */
  readonly label: boolean
  /** Probability of `true`, in [0, 1]. */
  readonly probability: number
  /** Credible interval of the probability, from learners that know one. */
  readonly interval?: readonly [low: number, high: number]
}

export interface MulticlassPrediction {
  /** The most probable class; null while no class is known. */
  readonly label: string | null
  /** Its probability. */
  readonly probability: number
  /** Of every class known so far. */
  readonly probabilities: { readonly [name: string]: number }
}

export interface RegressionPrediction {
  readonly value: number
  /** Of the label about the value, from learners that know it. */
  readonly variance?: number
  /** Where the label lies with the learner's `interval` probability. */
  readonly interval?: readonly [low: number, high: number]
}

/** The prediction of a task. */
export type PredictionOf<K extends Task> = {
  binary: BinaryPrediction
  multiclass: MulticlassPrediction
  regression: RegressionPrediction
}[K]

/** A label as outputs show it. */
export type ShownLabel<K extends Task> = { binary: boolean; multiclass: string; regression: number }[K]

/** A label as a user's function may give it. */
export type LabelOf<K extends Task> = {
  binary: boolean | 0 | 1
  multiclass: string | number | boolean
  regression: number
}[K]

/** Which model answered: its uid and how many labels it had learned. */
export interface ModelVersion {
  readonly uid: string
  readonly step: number
}

/** A record with its prediction. */
export interface Scored<T, K extends Task = 'binary'> {
  readonly input: T
  readonly prediction: PredictionOf<K>
  readonly model: ModelVersion
}

/** A record that was tested, then learned from. */
export interface Learned<T, K extends Task = 'binary'> extends Scored<T, K> {
  readonly label: ShownLabel<K>
}

/** A prediction that met its label. */
export interface Outcome<K extends Task = 'binary'> {
  /** Join key of prediction and label; the model's key where there is no join. */
  readonly key: unknown
  readonly prediction: PredictionOf<K>
  readonly label: ShownLabel<K>
  readonly weight: number
  /** Event times in milliseconds. */
  readonly predictedAt: number
  readonly labelledAt: number
  readonly model: ModelVersion
  /**
   * What a guess without a model knew when the prediction was made: from the labels learned until then the probability
   * of true (rule of succession, 0.5 before any), the commonest class or the mean; and the label learned last.
   */
  readonly baseline: BaselineOf<K>
}

export type BaselineOf<K extends Task> = {
  binary: { readonly prior: number; readonly last: boolean | null }
  multiclass: { readonly majority: string | null; readonly last: string | null }
  regression: { readonly mean: number | null; readonly last: number | null }
}[K]

/** What quality needs of an outcome, and no more: the output `judged`, which only the quality operator takes. */
export interface JudgedBinary {
  readonly probability: number
  readonly label: boolean
  readonly weight: number
  readonly prior: number
  readonly last: boolean | null
}

export interface JudgedMulticlass {
  readonly label: string
  readonly predicted: string | null
  /** Given to the label. */
  readonly probability: number
  /** Σ (probability − 1 for the label)² over the classes. */
  readonly brier: number
  /** Probability of what was predicted. */
  readonly confidence: number
  readonly weight: number
  readonly majority: string | null
  readonly last: string | null
}

export interface JudgedRegression {
  readonly value: number
  readonly label: number
  readonly weight: number
  readonly mean: number | null
  readonly last: number | null
  readonly low: number | null
  readonly high: number | null
}

/** A prediction whose label never came. */
export interface Expired<K extends Task = 'binary'> {
  readonly key: unknown
  readonly prediction: PredictionOf<K>
  readonly predictedAt: number
  readonly expiredAt: number
  readonly model: ModelVersion
}

/** Weights by feature name, in slot order. */
export interface NamedWeights {
  readonly intercept: number
  readonly weights: { readonly [feature: string]: number }
  /** Posterior standard deviations, from learners that know them. */
  readonly deviations?: { readonly [feature: string]: number }
}

/** A model as it stands: the `models` output. */
export interface ModelUpdate extends Partial<NamedWeights> {
  readonly model: ModelVersion
  readonly at: number
  /** The model's key, where there is a model per key. */
  readonly key?: unknown
  /** Weights of each class, where a model has them. */
  readonly classes?: { readonly [name: string]: NamedWeights }
}
