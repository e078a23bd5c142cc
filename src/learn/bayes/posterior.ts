/**
 * What a Bayesian linear model knows: a normal distribution over its intercept and weights, inside a row of doubles.
 * The learners for numbers and for two classes share it; they differ in what they take a record to say.
 *
 * Coordinate 0 is the intercept, an input that is always 1; slot s is coordinate s + 1.
 */
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import type { SlotWeights } from '../learner.ts'

export interface Posterior {
  /** For the layout of a learner. */
  readonly layout: string
  size(slots: number): number
  init(page: Float64Array, at: number, slots: number): void
  /** result[MEAN], result[VARIANCE] of the score of the inputs. @throws ML_LEARN when they are no numbers */
  predict(page: Float64Array, at: number, x: FeatureVector, result: Float64Array): void
  /**
   * Takes in that the score of the inputs was `target`, with a precision; then forgets a little.
   *
   * result[MEAN] and result[VARIANCE] are the bits of `predict` before; result[RESIDUAL] is what the least weighted sum
   * of squares grows by, after its own forgetting.
   * @throws ML_LEARN when inputs are too large or not finite; nothing has changed then
   */
  learn(page: Float64Array, at: number, x: FeatureVector, precision: number, target: number, result: Float64Array): void
  /** Means, and deviations in the unit of the posterior. */
  weights(page: Float64Array, at: number, slots: number): Required<Omit<SlotWeights, 'class'>>
  /** By coordinate, row by row. */
  covariance(page: Float64Array, at: number, slots: number): Float64Array
  precision(page: Float64Array, at: number, slots: number): Float64Array
  resize(from: Float64Array, fromAt: number, fromSlots: number, to: Float64Array, toAt: number, toSlots: number): void
  /** Leaves out what is gone by integrating over it; what is new begins as the prior has it. */
  move(from: Float64Array, fromAt: number, map: SlotMap, to: Float64Array, toAt: number, toSlots: number): void
  /** What no learning can have left, in words. */
  flaw(page: Float64Array, at: number, slots: number): string | undefined
  /** Adds what the other has learned, the prior once; returns what the least sum of squares of both exceeds their sum by. */
  merge(page: Float64Array, at: number, other: Float64Array, otherAt: number, slots: number): number
}

/** Scores whose variance is larger are refused: what follows from them would not stay finite. */
export const LARGEST_VARIANCE = 1e80
