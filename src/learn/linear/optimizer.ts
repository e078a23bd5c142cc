import type { FeatureVector } from '../../features/feature-vector.ts'
import type { Merging } from './rule.ts'

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
  /** How each of them is merged. */
  readonly headerMerging: readonly Merging[]
  /** Which of them may be negative. */
  readonly headerSigned: readonly boolean[]
  /** Doubles kept for every slot beside its weight. */
  readonly accumulators: number
  readonly merging: readonly Merging[]
  readonly signed: readonly boolean[]
  /** Makes the accumulators of an averaged weight fit it, where the weight follows from them. */
  readonly settle?: (page: Float64Array, at: number, apart: number, penalised: boolean) => void
  /**
   * @param input numeric inputs as the weights see them, standardised if the learner does that
   * @param x the active slots
   * @param step holds SCORE, LABEL, ERROR, WEIGHT, SLOPE, GAP and NORM of the record
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
  | { readonly kind: 'momentum'; readonly rate: number; readonly rho: number; readonly nesterov: boolean }
  | { readonly kind: 'adagrad'; readonly rate: number }
  | { readonly kind: 'rmsProp'; readonly rate: number; readonly rho: number }
  | { readonly kind: 'adam'; readonly rate: number; readonly beta1: number; readonly beta2: number }
  | { readonly kind: 'ftrl'; readonly rate: number; readonly beta: number; readonly l1: number; readonly l2: number }
  | { readonly kind: 'normalized'; readonly rate: number }
  | { readonly kind: 'importanceAware'; readonly rate: number }

/** Their own step follows from the whole record, not from a gradient for each weight: no penalties, one class. */
export function isInvariant({ kind }: OptimizerSpec): boolean {
  return kind === 'normalized' || kind === 'importanceAware'
}
