import { MillraceError } from '../errors.ts'
import { checkOutcomeWeight } from './outcome-input.ts'

/** A predicted number that met its label, and what a guess without a model knew when it was made. */
export interface RegressionOutcome {
  /** What was predicted, within ±1e80: no sum of weighted squares overflows. */
  readonly value: number
  /** What came, within ±1e80. */
  readonly label: number
  /** How much it counts, from 0 to 1e100: no sum of weights overflows. */
  readonly weight: number
  /** Mean of the labels known at the prediction. Null, before any: guesses 0. */
  readonly mean: number | null
  /** The label seen last until then. Null, before any: guesses 0. */
  readonly last: number | null
  /** The interval in which the model expected the label, both ends included; absent or null without one. */
  readonly low?: number | null
  readonly high?: number | null
}

const largest = 1e80

/**
 * Refuses what no metric can count, before anything is counted.
 *
 * @throws ML_VALUE for a predicted number, baseline or end of an interval outside ±1e80, NaN included, half an interval,
 * or one whose ends are the wrong way round; ML_LABEL for a label outside ±1e80 or a weight outside [0, 1e100]
 */
export function checkRegressionOutcome({ value, label, weight, mean, last, low, high }: RegressionOutcome): void {
  if (!isInRange(value)) throw outOfRange('the predicted number', value)
  if (!isInRange(label)) throw outOfRange('a label', label, 'ML_LABEL')
  if (mean !== null && !isInRange(mean)) throw outOfRange('the mean of the labels', mean)
  if (last !== null && !isInRange(last)) throw outOfRange('the last label', last)
  checkOutcomeWeight(weight)
  if (low == null && high == null) return
  if (!(isInRange(low) && isInRange(high) && low <= high)) {
    throw new MillraceError('ML_VALUE', {
      what: 'an interval must have two ends within ±1e80, the lower one first',
      got: [low, high],
      where: 'a metric',
      remedy: 'Give no interval where the model has none',
    })
  }
}

function isInRange(value: unknown): value is number {
  return typeof value === 'number' && value >= -largest && value <= largest
}

function outOfRange(what: string, got: unknown, code: 'ML_VALUE' | 'ML_LABEL' = 'ML_VALUE'): MillraceError {
  return new MillraceError(code, { what: `${what} must be a number within ±1e80`, got, where: 'a metric' })
}
