import type { FeatureVector } from '../../features/feature-vector.ts'

/** Steps learned come first in a model, then the intercept, then what the rule keeps once a model. */
export const STEPS = 0
export const INTERCEPT = 1
export const HEADER = 2

/** Where the parts of a model lie, as offsets from its start; see `WeightRows`. */
export interface MarginPlaces {
  /** First weight of a numeric input; one double each. */
  readonly weights: number
  /** First variance of a numeric input, where the rule keeps any; one double each. */
  readonly variances: number
  /** Slot s of a category has its weight at `sparse + stride · s`, its variance after it; global slot numbers. */
  readonly sparse: number
  readonly stride: number
  readonly intercept: boolean
}

/** A record as a rule sees it. Made once a learner and filled again for every record. */
export interface MarginRecord {
  /** Numeric inputs as the weights see them: standardised if the learner does that, 0 where missing. */
  input: Float64Array
  /** The active slots. */
  x: FeatureVector
  /** Score with the weights as they are. */
  score: number
  /** 1 or −1; of a regression the number. */
  y: number
  /** How much the record counts. */
  weight: number
}

/**
 * How a record moves the weights. Inputs are finite and their squares sum to 1e40 at most; a rule leaves finite numbers
 * then, whatever came before: each file says why.
 */
export interface MarginRule {
  /** Names the rule in layouts and errors. */
  readonly name: string
  /** Doubles kept once a model, with their first values. */
  readonly header: readonly number[]
  /** What a weight's variance begins with, where the rule keeps one for each weight. */
  readonly variance?: number
  /** Where the variance of the intercept lies in the header, where the rule keeps one. */
  readonly interceptVariance?: number
  learn(page: Float64Array, offset: number, places: MarginPlaces, record: MarginRecord): void
  /** Brings what is kept once a model in line with merged weights, of which those of the categories are given. */
  merged?(rows: MergedRows, categories: Float64Array): void
}

/** The row that became two, and the one that was merged into it. */
export interface MergedRows {
  readonly page: Float64Array
  readonly offset: number
  readonly other: Float64Array
  readonly otherOffset: number
}

/**
 * No step is longer than this, though a rule divide by next to nothing: a weight moves by `LONGEST_STEP` · |input| at most,
 * 1e32, so no number of records reaches the largest double. It is the step of the largest aggressiveness and weight.
 */
export const LONGEST_STEP = 1e12

/** weight += step · input, for every input of the record, and for the intercept as an input of 1. */
export function move(
  page: Float64Array,
  offset: number,
  { weights, sparse, stride, intercept }: MarginPlaces,
  { input, x: { active, values, activeCount } }: MarginRecord,
  step: number,
): void {
  for (let j = 0, k = offset + weights; j < input.length; j++, k++) page[k] += step * input[j]
  for (let i = 0; i < activeCount; i++) page[offset + sparse + stride * active[i]] += step * values[i]
  if (intercept) page[offset + INTERCEPT] += step
}

/** Σ input², numeric inputs first, then the active slots. */
export function squareOf({ input, x: { values, activeCount } }: MarginRecord): number {
  let square = 0
  for (let j = 0; j < input.length; j++) square += input[j] * input[j]
  for (let i = 0; i < activeCount; i++) square += values[i] * values[i]
  return square
}
