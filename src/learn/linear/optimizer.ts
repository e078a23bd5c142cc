import type { FeatureVector } from '../../features/feature-vector.ts'

/** Steps learned come first in a model, then the intercept, then what the optimizer keeps once a model. */
export const STEPS = 0
export const INTERCEPT = 1
export const HEADER = 2

/**
 * Where the parts of a model lie, as offsets from its start: the header, then for numeric inputs all weights, all of
 * each accumulator and the scaler, then each categorical slot's weight with its accumulators. That block comes last, so
 * that new slots lengthen the model and move nothing.
 */
export interface Places {
  /** Numeric inputs. */
  readonly dense: number
  /** First weight of a numeric input. */
  readonly weights: number
  /** Doubles per categorical slot. */
  readonly stride: number
  /** Slot s has its weight at `sparse + stride · s`, global slot numbers. */
  readonly sparse: number
  readonly intercept: boolean
}

/**
 * The update of the weights by one record. Inputs are finite and their squares sum to 1e40 at most; an update leaves
 * finite numbers then, whatever came before: each file says why.
 */
export interface Optimizer {
  /** Doubles kept once a model, after the intercept. */
  readonly header: number
  /** Doubles kept for every slot beside its weight. */
  readonly accumulators: number
  /**
   * @param input numeric inputs as the weights see them, standardised if the learner does that
   * @param x the active slots
   * @param step holds SCORE, ERROR and WEIGHT of the record
   */
  learn(
    page: Float64Array,
    offset: number,
    places: Places,
    input: Float64Array,
    x: FeatureVector,
    step: Float64Array,
  ): void
}

/** An optimizer as a plan holds it. */
export type OptimizerSpec =
  | { readonly kind: 'sgd'; readonly rate: number }
  | { readonly kind: 'invScaling'; readonly rate: number; readonly power: number }
  | { readonly kind: 'adagrad'; readonly rate: number }
  | { readonly kind: 'normalized'; readonly rate: number }
