/** What the outputs of `predict` and `learn` carry. Inputs are nested, never intersected: names cannot collide. */
import type { Task } from '../learn/learner.ts'
import type { ModelWeights } from '../learn/named-weights.ts'
import type { BaselineOf, PredictionOf, ShownLabel } from '../learn/tasks/prediction.ts'

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

/** A prediction whose label never came. */
export interface Expired<K extends Task = 'binary'> {
  readonly key: unknown
  readonly prediction: PredictionOf<K>
  readonly predictedAt: number
  readonly expiredAt: number
  readonly model: ModelVersion
}

/** A model as it stands: the `models` output. */
export interface ModelUpdate extends ModelWeights {
  readonly model: ModelVersion
  readonly at: number
  /** The model's key, where there is a model per key. */
  readonly key?: unknown
}
