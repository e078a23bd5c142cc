/**
 * The contract of learners.
 *
 * A spec is plain options in the plan (`kind` names the learner); a learner is made of it once and shared by all models.
 * Predicting changes nothing. Learning is atomic: it either leaves a model of finite numbers, or throws and leaves
 * every byte as it was. All arithmetic is in one documented order, so equal streams give equal bits.
 *
 * A model is `size(slots)` doubles at a place that the caller owns: a row of a slab, copied, captured and written as raw
 * doubles, so a million models cost a few arrays.
 */
import { MillraceError } from '../errors.ts'
import type { FeatureSpec } from '../features/feature-spec.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import type { SlotMap } from '../features/slot-map.ts'
import type { KernelMemory } from '../numeric/kernel-memory.ts'
import type { LearningRows, RowKernel } from './learning-rows.ts'
import type { StopSpec } from './stop.ts'

/** What labels are: true or false, one of several classes, or a number. */
export type Task = 'binary' | 'multiclass' | 'regression'

/** A learner as a plan holds it, for records of type `T`. */
export interface LearnerSpec<T = never, K extends Task = Task> {
  readonly kind: string
  readonly task: K
  readonly inputs: FeatureSpec<T>
  /** Of several classes: their names, where they are known beforehand, as models per key need. */
  readonly classes?: readonly string[]
  /** Of several classes: how many there may be, where they are not known; 32 by default. */
  readonly maxClasses?: number
  /** Of numbers: they are counts, so a negative label is refused. */
  readonly counts?: boolean
  /** When models stop learning; never, where it is left out. */
  readonly stop?: StopSpec
}

export const DEFAULT_MAX_CLASSES = 32

/** The most classes that models of a spec have room for. */
export function classCapacity({ classes, maxClasses }: Pick<LearnerSpec, 'classes' | 'maxClasses'>): number {
  return classes?.length ?? maxClasses ?? DEFAULT_MAX_CLASSES
}

export interface LearnerOptions {
  /** The features of a model stay those it began with, as in models per key: `move` is never called. */
  readonly fixedInputs?: boolean
  /** Index of the categorical input that a slot of the encoder belongs to: known where there is an encoder. */
  readonly inputOf?: (slot: number) => number
}

/** How independent models over parts of a stream become one: as if learned together, by averaging, or not at all. */
export type Merge = 'exact' | 'average' | 'none'

/** What a model has learned of each input, for inspection. */
export interface SlotWeights {
  readonly intercept: number
  /** By slot; of numeric inputs per standard deviation where the learner standardises. */
  readonly weights: Float64Array
  /** Posterior standard deviation of each weight, where the learner knows it. */
  readonly deviations?: Float64Array
  /** Posterior standard deviation of the intercept, where the learner knows it. */
  readonly interceptDeviation?: number
  /** Index of the class that these weights speak for, where there is one set a class. */
  readonly class?: number
}

/** What a Bayesian model believes of its intercept and weights: a distribution. */
export interface PosteriorState {
  /** Intercept first, then by slot. */
  readonly mean: Float64Array
  /** Of all pairs of coordinates, row by row; entry (i, j) is at i · mean.length + j. */
  readonly covariance: Float64Array
  /** Inverse of the covariance. */
  readonly precision: Float64Array
}

/**
 * A learner whose models have a size known from their slots. The state of a model is `page[offset .. offset + size(slots))`.
 *
 * Vectors come from the encoder of `spec.inputs`, whose slots must all have their place in the row.
 *
 * A prediction is `outputs` doubles:
 *
 *     binary      probability of true; if `uncertain`, then the ends of its credible interval
 *     regression  value; if `uncertain`, then the variance of the prediction and the ends of its interval
 *     multiclass  the probability of each class, 0 of those not seen yet
 *
 * A label is one double: 0 or 1; the value; or the index of the class.
 */
export interface Learner {
  readonly task: Task
  readonly merge: Merge
  /** Names the meaning of the doubles: rows of equal layout and equal features can be taken over as they are. */
  readonly layout: string
  /** Doubles of a prediction. */
  readonly outputs: number
  /** Predictions say how sure they are. */
  readonly uncertain: boolean
  /**
   * Names of the numeric inputs that `weights` speaks of, where they are not those of the encoder: made of them by
   * transformers. The encoder's other slots follow them as they are.
   */
  readonly numericNames?: readonly string[]
  /** Doubles of a model with so many slots. */
  size(slots: number): number
  /** Writes a model that has learned nothing. */
  init(page: Float64Array, offset: number, slots: number): void
  /** Fills `out[0 .. outputs)`. @throws ML_LEARN when the inputs give no number */
  predictOne(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void
  /**
   * @param weight how much the record counts, `MIN_WEIGHT` to `MAX_WEIGHT`
   * @throws ML_LABEL for another weight or an unusable label; ML_LEARN when an input is not finite or too large; nothing has
   * changed then
   */
  learnOne(page: Float64Array, offset: number, x: FeatureVector, y: number, weight: number): void
  /** `predictOne`, then `learnOne`: the same bits in less time. */
  testThenTrain(
    page: Float64Array,
    offset: number,
    x: FeatureVector,
    y: number,
    weight: number,
    out: Float64Array,
  ): void
  /**
   * As `testThenTrain` of each row from `from` to before `to`, in less time. Returns the first row that it would refuse, or
   * `to`. Absent where one by one is as quick.
   */
  testThenTrainRows?(rows: LearningRows, from: number, to: number): number
  /**
   * The same by WebAssembly over this memory, in less time still, of rows that are located there; absent, or undefined, where
   * there is no such kernel.
   */
  kernel?(memory: KernelMemory): RowKernel | undefined
  /** The model has reached what its spec says to stop at: it learns nothing more. */
  stopped?(page: Float64Array, offset: number): boolean
  /** Records learned. */
  steps(page: Float64Array, offset: number): number
  /** One set of weights, or one for each class; absent where a model has nothing of the kind. */
  weights?(page: Float64Array, offset: number, slots: number): readonly SlotWeights[]
  /** The whole posterior of a model; absent where there is none. */
  posterior?(page: Float64Array, offset: number, slots: number): PosteriorState
  /** Writes the model into a row with room for more slots, or for fewer where those left out were never used. */
  resize(
    from: Float64Array,
    fromOffset: number,
    fromSlots: number,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void
  /** Writes a model of edited features into another row, from its row under the old ones. */
  move(from: Float64Array, fromOffset: number, map: SlotMap, to: Float64Array, toOffset: number, toSlots: number): void
  /** Refuses a restored row that no learning can have left. @throws ML_CORRUPT */
  check(page: Float64Array, offset: number, slots: number): void
  /** Makes of the first model what both have learned, as `merge` says; absent where that is 'none'. */
  mergeWith?(page: Float64Array, offset: number, other: Float64Array, otherOffset: number, slots: number): void
}

/**
 * The class of a probability: true above one half. A tie is false, as River's `predict_one` has it, so a model that has
 * learned nothing says false.
 */
export function decide(probability: number): boolean {
  return probability > 0.5
}

/** Weights below this are refused: squared and divided by they would underflow (1e-300), or are a mistake (0, -1). */
export const MIN_WEIGHT = 1e-9
export const MAX_WEIGHT = 1e6

/** @throws ML_LABEL unless `MIN_WEIGHT` ≤ weight ≤ `MAX_WEIGHT` */
export function checkWeight(weight: number): void {
  if (weight >= MIN_WEIGHT && weight <= MAX_WEIGHT) return
  throw new MillraceError('ML_LABEL', {
    what: `the weight of a record must be a number from ${MIN_WEIGHT} to ${MAX_WEIGHT}`,
    got: weight,
    where: 'learner',
  })
}
