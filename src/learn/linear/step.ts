/**
 * The numbers of one learning step, in one small array a learner. They travel by it because a double that crosses a call
 * which is not inlined is put on the heap.
 */

/** Score of the record with the current weights. */
export const SCORE = 0
/** The score before the scaler learned from the record. */
export const SCORE_BEFORE = 1
/** Σ input². */
export const SQUARE = 2
/** Probability minus label: the slope of the log loss by the score. */
export const ERROR = 3
/** How much the record counts. */
export const WEIGHT = 4
/** How far a gradient step goes along the inputs. */
export const STEP = 5
/** 1/n, the share of the record in the means of n records, where all inputs have one count. */
export const GAIN = 6

export function newStep(): Float64Array {
  return new Float64Array(7)
}
