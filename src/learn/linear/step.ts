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
/** The slope of the loss by the score; of the log loss: probability minus label. */
export const ERROR = 3
/** How much the record counts. */
export const WEIGHT = 4
/** How far a gradient step goes along the inputs. */
export const STEP = 5
/** 1/n, the share of the record in the means of n records, where all inputs have one count. */
export const GAIN = 6
/** The label. */
export const LABEL = 7
/** WEIGHT · ERROR, cut to the largest gradient. */
export const SLOPE = 8
/** How far the score may move along the slope, where the loss has a least point; see NORM. */
export const GAP = 9
/** Σ input² as the weights see them, with the intercept's 1; 0 where the loss has no least point: no GAP then. */
export const NORM = 10
/** The score that active slots add. */
export const ACTIVE = 11

/** Of the record. */
export const RATE = 12

export function newStep(): Float64Array {
  return new Float64Array(13)
}
