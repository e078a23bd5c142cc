/** What a user declares of a learner of their own. */
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { Learner, LearnerOptions, LearnerSpec, SlotWeights, Task } from '../learner.ts'
import type { ModelView } from './model-view.ts'

/** The options of an own learner: plain data, by name. */
export type OwnOptions = object

/** The spec of an own learner, as a plan holds it. */
export interface OwnSpec<T = never, K extends Task = Task, O extends OwnOptions = OwnOptions>
  extends LearnerSpec<T, K> {
  readonly version: number
  readonly options: O
}

interface Named<K extends Task, O extends OwnOptions> {
  /** Names the learner in plans, reports and stored models: 'nearest-centroid'. */
  readonly kind: string
  /** What labels are: true or false, a number, one of several classes. */
  readonly task: K
  /** Of the meaning of the doubles, 1 by default. Raise it when that changes: models stored under another are refused. */
  readonly version?: number
  /** Own options with their defaults; plain data, because they travel in the plan. */
  readonly options?: O
  /** Throws, with a sentence that says what is right, when options make no sense together. */
  checkOptions?(options: O): void
}

/** How many doubles, where that depends on options or on the number of classes. */
export type Doubles<O extends OwnOptions> =
  | number
  | ((about: { readonly options: O; readonly classes: number }) => number)

/**
 * A learner whose model is `header` doubles and `perSlot` doubles for each input. Millrace makes, grows, moves, checks,
 * stores and restores the models; the functions read and write the doubles of one.
 *
 * Functions are pure: what they do depends on their arguments alone, and nothing is remembered beside the model.
 */
export interface LayoutDefinition<K extends Task, O extends OwnOptions> extends Named<K, O> {
  /** Doubles of a model that belong to no input; 0 by default. */
  readonly header?: Doubles<O>
  /** Doubles of each input; 0 by default. */
  readonly perSlot?: Doubles<O>
  /** Fills the header of a model that has learned nothing; zeros without it. */
  initHeader?(model: ModelView<O>): void
  /** Fills the doubles of an input that has not been seen; zeros without it. */
  initSlot?(model: ModelView<O>, slot: number): void
  /**
   * Fills `out` and writes nothing else: binary: the probability of true; regression: the value; multiclass: for each
   * class a number that is not negative (they are scaled to sum to 1, and classes not seen yet get 0).
   */
  predictOne(model: ModelView<O>, x: FeatureVector, out: Float64Array): void
  /**
   * Learns one record. Inputs are finite, and weight and label are checked before; when this throws, or leaves a number
   * that is not finite, the model is as it was and the record is rejected.
   * @param y 1 or 0; the number; or the index of the class
   */
  learnOne(model: ModelView<O>, x: FeatureVector, y: number, weight: number): void
  /** What the model has learned of each input, for `inspect` and the `models` output; of several classes, one set each. */
  weights?(model: ModelView<O>): SlotWeights | readonly SlotWeights[]
  /** Says, as a sentence, what no learning can have left in a restored model; undefined where it is right. */
  check?(model: ModelView<O>): string | undefined
  /** How `mergeWith` makes one model of two: 'exact' as if one had learned all, or 'average'. */
  readonly merge?: 'exact' | 'average'
  /** Makes of the first model what both have learned. */
  mergeWith?(model: ModelView<O>, other: ModelView<O>): void
  /** Predictions say how sure they are: `out` has more places, see `Learner`. Not for several classes. */
  readonly uncertain?: boolean
  /**
   * 'present' promises that `learnOne` writes the header and the doubles of the record's inputs only. A model of many
   * categories is then not copied as a whole for each record.
   */
  readonly writes?: 'all' | 'present'
}

/** A learner that keeps the whole contract itself: doubles in any order, its own growth and checks. */
export interface WholeDefinition<K extends Task, O extends OwnOptions> extends Named<K, O> {
  create(spec: OwnSpec<never, K, O>, options: LearnerOptions): Learner
}
