import { MillraceError } from '../errors.ts'
import { checkOutcomeWeight, checkProbability } from './outcome-input.ts'

/** A predicted class that met its label, and what a guess without a model knew when it was made. */
export interface MulticlassOutcome {
  readonly label: string
  /** The class that was predicted. Null, when the model knew none yet: wrong. */
  readonly predicted: string | null
  /** Probability that was given to the class of the label, in [0, 1]. */
  readonly probability: number
  /** Σ (p_k - 1{k is the label})² over all classes, by whoever has all probabilities: from 0 to 2. */
  readonly brier: number
  /** Probability that was given to the predicted class, in [0, 1]. */
  readonly confidence: number
  /** How much it counts, from 0 to 1e100: no sum of weights overflows. */
  readonly weight: number
  /** The label seen most often until then. Null, before any: guesses wrong. */
  readonly majority: string | null
  /** The label seen last until then. Null, before any: guesses wrong. */
  readonly last: string | null
}

/** Two, and what rounding adds to the sum over a thousand classes. */
const largestBrier = 2 + 1e-9

/** Classes that one metric tells apart. */
export const MOST_CLASSES = 1000

/**
 * Refuses what no metric can count, before anything is counted.
 *
 * @param classes those told apart so far
 * @throws ML_VALUE for what was predicted: a class that is no text, a probability outside [0, 1], a score outside
 * [0, 2]; ML_LABEL for a weight outside [0, 1e100] or a label that is no text; ML_STATE_LIMIT for one class more than 1,000
 */
export function checkMulticlassOutcome(outcome: MulticlassOutcome, classes: ReadonlyMap<string, unknown>): void {
  const { label, predicted, probability, brier, confidence, weight, majority, last } = outcome
  if (typeof label !== 'string')
    throw new MillraceError('ML_LABEL', { what: 'a label must be the text of a class', got: label })
  checkClass('the predicted class', predicted)
  checkClass('the majority', majority)
  checkClass('the last label', last)
  checkProbability('the probability of the label', probability)
  checkProbability('the confidence', confidence)
  if (!(brier >= 0 && brier <= largestBrier))
    throw new MillraceError('ML_VALUE', { what: 'the Brier score must lie in [0, 2]', got: brier, where: 'a metric' })
  checkOutcomeWeight(weight)
  let unknown = classes.has(label) ? 0 : 1
  if (predicted !== null && predicted !== label && !classes.has(predicted)) unknown++
  if (unknown > 0 && classes.size + unknown > MOST_CLASSES) {
    throw new MillraceError('ML_STATE_LIMIT', {
      what: `a metric tells at most ${MOST_CLASSES} classes apart`,
      got: classes.has(label) ? predicted : label,
      where: 'a metric',
      remedy: 'Give rare classes one name, or predict a number when the labels are numbers',
    })
  }
}

function checkClass(what: string, name: string | null): void {
  if (name === null || typeof name === 'string') return
  throw new MillraceError('ML_VALUE', { what: `${what} must be the text of a class, or null`, got: name })
}
