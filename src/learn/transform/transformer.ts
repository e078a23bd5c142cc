/**
 * The contract of transformers.
 *
 * A transformer stands between the encoded inputs and the learner, inside the model: its state is part of the model's
 * row, learned as records are learned and never when predicting. In learning it learns first, then transforms, then the
 * learner learns; a prediction transforms with the state as it is. State that follows labels changes last, so that no
 * record is encoded with its own label.
 *
 * Its state is doubles that mean "nothing learned" when all are 0: `header` of them, `inputDoubles` for each numeric
 * input, and, elsewhere in the row, `slotDoubles` for each slot that a dictionary gave. What comes out are numeric inputs,
 * and the slots of the encoder, moved up or down by as many.
 */
import { MillraceError } from '../../errors.ts'
import type { FeatureSpec, TransformerSpec } from '../../features/feature-spec.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { Task } from '../learner.ts'
import type { Journal } from './journal.ts'

/** A numeric input somewhere on its way through transformers. */
export interface Stream {
  /** As people see it. */
  readonly name: string
  /** What was made of which input: weights go with it when features or transformers are edited. */
  readonly key: string
  readonly nullable: boolean
}

/** What follows from the options of a transformer and the numeric inputs that reach it. */
export interface Shape {
  readonly header: number
  readonly inputDoubles: number
  readonly slotDoubles: number
  /** The numeric inputs that come out. */
  readonly outputs: readonly Stream[]
}

/** Where the state of a transformer lies. */
export interface Place {
  page: Float64Array
  /** Header, then each numeric input. */
  at: number
  /** Slots that a dictionary gave, from the first on. */
  slots: number
}

export interface Transformer {
  /** Fills `out` from `x`. */
  transform(place: Place, x: FeatureVector, out: FeatureVector): void
  /** Learns from a record that is about to be transformed; the journal keeps each double before it changes. */
  learn?(place: Place, x: FeatureVector, journal: Journal): void
  /** Learns the label of a record that the learner has learned. */
  learnLabel?(place: Place, x: FeatureVector, y: number, weight: number): void
  /** What is wrong with the state of a restored row of finite numbers, with room for so many given slots. */
  flaw?(place: Place, given: number): string | undefined
  /** Adds the state of another model; absent where states cannot be merged, not needed where there is none. */
  mergeWith?(place: Place, other: Place, given: number): void
}

/** What a transformer may know of the model it is in. */
export interface TransformerContext {
  /** The features as encoded. */
  readonly features: FeatureSpec
  /** The numeric inputs that reach it. */
  readonly inputs: readonly Stream[]
  readonly task: Task
  /** Index of the categorical input that a slot of the encoder belongs to, where the encoder is known. */
  readonly inputOf: ((slot: number) => number) | undefined
}

/** One kind of transformer. `O` are its options as a plan holds them. */
export interface TransformerKind<O extends TransformerSpec> {
  /** The options, and what of the features its shape depends on. @throws ML_PLAN when the features do not fit */
  resolve?(options: O, features: FeatureSpec): O
  shape(options: O, inputs: readonly Stream[]): Shape
  create(options: O, context: TransformerContext): Transformer
}

/** Values that a transformer makes stay within ±1e15, what an encoder lets through, so that no product drowns a model. */
export function bounded(value: number): number {
  return value > 1e15 ? 1e15 : value < -1e15 ? -1e15 : value
}

/** The active slots as they are, moved by `shift`. */
export function passActive(x: FeatureVector, out: FeatureVector, shift: number): void {
  const { active, values, activeCount } = x
  const { active: toActive, values: toValues } = out
  for (let i = 0; i < activeCount; i++) {
    toActive[i] = active[i] + shift
    toValues[i] = values[i]
  }
  out.activeCount = activeCount
}

/** The numeric inputs as they are, in the same places. */
export function passDense(x: FeatureVector, out: FeatureVector): void {
  const { dense, missing } = x
  const { dense: toDense, missing: toMissing } = out
  for (let j = 0; j < dense.length; j++) {
    toDense[j] = dense[j]
    toMissing[j] = missing[j]
  }
  out.missingCount = x.missingCount
}

/** A place of its own in each numeric input, at `place.at`, and nothing else. */
export function perInput(inputDoubles: number, outputs: readonly Stream[]): Shape {
  return { header: 0, inputDoubles, slotDoubles: 0, outputs }
}

const MOST_OUTPUTS = 10_000

/** Before so many inputs are made. @throws ML_RANGE */
export function expectFewer(outputs: number): void {
  if (outputs <= MOST_OUTPUTS) return
  throw new MillraceError('ML_RANGE', {
    what: `transformers may make ${MOST_OUTPUTS} numeric inputs at most`,
    got: outputs,
    where: 'compose',
  })
}

export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
