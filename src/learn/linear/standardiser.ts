/**
 * Standardises numeric inputs by their running mean and standard deviation, inside the state of a model.
 *
 * Welford's update, with the variance as the recursion of its mean: with count n, d = x − mean, mean += d/n,
 * variance += (d·(x − new mean) − variance)/n. Three doubles an input: mean, standard deviation, count. An input has its
 * own count, because it may be missing in a record, or added to a model that is running. The standardised value is
 * (x − mean)/sd, or 0 while all values were equal. Scores are summed input by input, in order.
 *
 * Numbers   with finite inputs everything stays finite; standardised values stay within ±√n
 * @see Welford 1962; River 0.26.1 `preprocessing.StandardScaler`, whose arithmetic this is
 */

import { SCORE, SCORE_BEFORE } from './step.ts'

/** Doubles per input: mean, standard deviation, count. */
export const SCALER_DOUBLES = 3

/** step[SCORE] = Σ weight·standardised input, as the scaler is now. `scaler` and `weights` are offsets into the page. */
export function standardisedScore(
  page: Float64Array,
  weights: number,
  scaler: number,
  input: Float64Array,
  step: Float64Array,
): void {
  const count = input.length
  let score = 0
  for (let j = 0, k = scaler; j < count; j++, k += 3) {
    const sd = page[k + 1]
    if (sd > 0) score += page[weights + j] * ((input[j] - page[k]) / sd)
  }
  step[SCORE] = score
}

/** The same with inputs left out that are missing. */
export function standardisedScoreOfPresent(
  page: Float64Array,
  weights: number,
  scaler: number,
  input: Float64Array,
  missing: Uint8Array,
  step: Float64Array,
): void {
  const count = input.length
  let score = 0
  for (let j = 0, k = scaler; j < count; j++, k += 3) {
    const sd = page[k + 1]
    if (sd > 0 && missing[j] === 0) score += page[weights + j] * ((input[j] - page[k]) / sd)
  }
  step[SCORE] = score
}

/**
 * Updates the scaler by a record and standardises the record with the new one, into `scaled`. step[SCORE] is the score
 * with the new scaler, step[SCORE_BEFORE] that with the old one, the bits of `standardisedScore`.
 */
export function updateAndStandardise(
  page: Float64Array,
  weights: number,
  scaler: number,
  input: Float64Array,
  scaled: Float64Array,
  step: Float64Array,
): void {
  const size = input.length
  let last = -1
  let gain = 0
  let score = 0
  let scoreBefore = 0
  for (let j = 0, k = scaler; j < size; j++, k += 3) {
    const count = page[k + 2] + 1
    if (count !== last) {
      last = count
      gain = 1 / count
    }
    const weight = page[weights + j]
    const sd = page[k + 1]
    const deviation = input[j] - page[k]
    const mean = page[k] + deviation * gain
    const rest = input[j] - mean
    const variance = sd * sd
    const newSd = Math.sqrt(variance + (deviation * rest - variance) * gain)
    page[k] = mean
    page[k + 1] = newSd
    page[k + 2] = count
    if (sd > 0) scoreBefore += weight * (deviation / sd)
    const value = newSd > 0 ? rest / newSd : 0
    scaled[j] = value
    score += weight * value
  }
  step[SCORE_BEFORE] = scoreBefore
  step[SCORE] = score
}

/** The same with inputs left out that are missing: their scaler stays, their standardised value is 0. */
export function updateAndStandardisePresent(
  page: Float64Array,
  weights: number,
  scaler: number,
  input: Float64Array,
  scaled: Float64Array,
  missing: Uint8Array,
  step: Float64Array,
): void {
  const size = input.length
  let score = 0
  let scoreBefore = 0
  for (let j = 0, k = scaler; j < size; j++, k += 3) {
    scaled[j] = 0
    if (missing[j] === 1) continue
    const count = page[k + 2] + 1
    const gain = 1 / count
    const weight = page[weights + j]
    const sd = page[k + 1]
    const deviation = input[j] - page[k]
    const mean = page[k] + deviation * gain
    const rest = input[j] - mean
    const variance = sd * sd
    const newSd = Math.sqrt(variance + (deviation * rest - variance) * gain)
    page[k] = mean
    page[k + 1] = newSd
    page[k + 2] = count
    if (sd > 0) scoreBefore += weight * (deviation / sd)
    if (newSd > 0) scaled[j] = rest / newSd
    score += weight * scaled[j]
  }
  step[SCORE_BEFORE] = scoreBefore
  step[SCORE] = score
}
