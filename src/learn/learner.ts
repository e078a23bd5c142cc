/**
 * The contract of learners.
 *
 * A spec is plain options in the plan (`kind` names the learner); a learner is made of it once and shared by all models.
 * Predicting changes nothing. Learning is atomic: it either leaves a model of finite numbers, or throws and leaves
 * every byte as it was. All arithmetic is in one documented order, so equal streams give equal bits.
 *
 * Storage is of two kinds. *fixed*: a model is `size(slots)` doubles at a place that the caller owns (a row of a slab,
 * copied, captured and written as raw doubles), so a million models cost a few arrays. *growing*: a model owns its memory.
 */
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import type { FeatureSpec } from '../features/feature-spec.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import type { SlotMap } from '../features/slot-map.ts'

/** A learner of two classes as a plan holds it, for records of type `T`. */
export interface BinarySpec<T = never> {
  readonly kind: string
  readonly task: 'binary'
  readonly inputs: FeatureSpec<T>
}

export interface LearnerOptions {
  /** The features of a model stay those it began with, as in models per key: `move` is never called. */
  readonly fixedInputs?: boolean
}

/** How independent models over parts of a stream become one: as if learned together, by averaging, or not at all. */
export type Merge = 'exact' | 'average' | 'none'

/** What a linear model has learned, for inspection. */
export interface SlotWeights {
  readonly intercept: number
  /** By slot; of numeric inputs per standard deviation where the learner standardises. */
  readonly weights: Float64Array
}

/**
 * A learner of two classes with models of fixed size. The state of a model is `page[offset .. offset + size(slots))`;
 * all zeros is a model that has learned nothing. With more slots a model only gets longer: copy it and append zeros.
 *
 * Vectors come from the encoder of `spec.inputs`, whose slots must all have their place in the row.
 */
export interface BinaryLearner {
  readonly storage: 'fixed'
  readonly task: 'binary'
  readonly merge: Merge
  /** Names the meaning of the doubles: rows of equal layout and equal features can be taken over as they are. */
  readonly layout: string
  /** Doubles of a model with so many slots. */
  size(slots: number): number
  init(page: Float64Array, offset: number, slots: number): void
  /** Probability of true. @throws ML_LEARN when the inputs give no number */
  predictProbaOne(page: Float64Array, offset: number, x: FeatureVector): number
  /**
   * @param y 1 for true, 0 for false
   * @param weight how much the record counts, `MIN_WEIGHT` to `MAX_WEIGHT`
   * @throws ML_LABEL for another weight; ML_LEARN when an input is not finite or too large; nothing has changed then
   */
  learnOne(page: Float64Array, offset: number, x: FeatureVector, y: 0 | 1, weight: number): void
  /** `predictProbaOne`, then `learnOne`: the same bits in less time. */
  testThenTrain(page: Float64Array, offset: number, x: FeatureVector, y: 0 | 1, weight: number): number
  /** Records learned. */
  steps(page: Float64Array, offset: number): number
  weights(page: Float64Array, offset: number, slots: number): SlotWeights
  /** Writes a model of edited features into a row of zeros, from its row under the old ones. */
  move(from: Float64Array, fromOffset: number, map: SlotMap, to: Float64Array, toOffset: number): void
  /** Refuses a restored row that no learning can have left. @throws ML_CORRUPT */
  check(page: Float64Array, offset: number, slots: number): void
}

/** A learner whose models own their memory: trees, hashed models per key. */
export interface GrowingBinaryLearner {
  readonly storage: 'growing'
  readonly task: 'binary'
  readonly merge: Merge
  readonly layout: string
  create(): GrowingBinaryModel
}

/** One model of a growing learner, under the same rules as a fixed one. */
export interface GrowingBinaryModel {
  /** Memory held; bounded by the learner's options. */
  readonly byteLength: number
  readonly steps: number
  predictProbaOne(x: FeatureVector): number
  /** @throws ML_LABEL, ML_LEARN; nothing has changed then */
  learnOne(x: FeatureVector, y: 0 | 1, weight: number): void
  testThenTrain(x: FeatureVector, y: 0 | 1, weight: number): number
  /** Everything the model is, generators and detectors included: equal models give equal bytes. */
  snapshot(writer: ByteWriter): void
  /** Becomes the snapshot's model; when that throws the model is as before. @throws ML_CORRUPT, ML_VERSION */
  restore(reader: ByteReader): void
  /** Takes over an edit of the features. */
  move(map: SlotMap): void
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
