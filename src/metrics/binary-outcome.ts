import { MillraceError } from '../errors.ts'
import { checkOutcomeWeight, checkProbability } from './outcome-input.ts'

/** A prediction of true or false that met its label, and what a guess without a model knew when it was made. */
export interface BinaryOutcome {
  /** Probability of true that was predicted, in [0, 1]. Above 0.5 it counts as the prediction "true", as learners decide. */
  readonly probability: number
  readonly label: boolean
  /** How much it counts, from 0 to 1e100: no sum of weights overflows. */
  readonly weight: number
  /** Probability of true by the labels known at the prediction. Null, before any: 0.5. */
  readonly prior: number | null
  /** The label seen more often until then. Null, before any: guesses false. */
  readonly majority: boolean | null
  /** The label seen last until then. Null, before any: guesses false. */
  readonly last: boolean | null
}

/**
 * Refuses what no metric can count, before anything is counted.
 *
 * @throws ML_VALUE for a probability outside [0, 1], NaN included; ML_LABEL for a weight outside [0, 1e100],
 * or a label that is not a boolean
 */
export function checkBinaryOutcome({ probability, label, weight, prior }: BinaryOutcome): void {
  checkProbability('the predicted probability', probability)
  if (prior !== null) checkProbability('the prior probability', prior)
  if (typeof label !== 'boolean')
    throw new MillraceError('ML_LABEL', { what: 'a label must be true or false', got: label })
  checkOutcomeWeight(weight)
}
