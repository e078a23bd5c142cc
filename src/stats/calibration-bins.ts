/**
 * Calibration error: how far stated probabilities are from what came, over ten equal bins of the probability.
 *
 * A bin [i/10, (i+1)/10), the last one closed, sums weight · (probability - what came: 1 or 0). The error is the mean
 * over all weight of the bins' distances: Σ |bin| / weight. 0 is perfect; it says nothing about telling cases apart.
 *
 * @see Naeini, Cooper & Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning"; Guo et al.
 * 2017, "On calibration of modern neural networks" (of the predicted class, by its confidence)
 */
import type { CompensatedSums } from './compensated-sums.ts'

export const CALIBRATION_BINS = 10

/** The bin of a probability in [0, 1]. */
export function calibrationBin(probability: number): number {
  const bin = (probability * CALIBRATION_BINS) | 0
  return bin < CALIBRATION_BINS ? bin : CALIBRATION_BINS - 1
}

/** @param first where the ten bins begin among the sums */
export function calibrationError(sums: CompensatedSums, first: number, weight: number): number {
  let distance = 0
  for (let bin = first; bin < first + CALIBRATION_BINS; bin++) distance += Math.abs(sums.value(bin))
  return distance / weight
}
