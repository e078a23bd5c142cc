/** What becomes of a prediction: an outcome when its label came, an expiry when it did not. */
import { decide } from '../learn/learner.ts'
import type { Key } from '../state/key.ts'
import type { PendingRow } from './pending-store.ts'
import type { BinaryPrediction, Expired, Judged, Outcome } from './prediction.ts'

export function predictionOf(probability: number): BinaryPrediction {
  return { label: decide(probability), probability }
}

/** What was known when the prediction was made. */
export type Predicted = Pick<PendingRow, 'time' | 'probability' | 'step' | 'prior' | 'last'>

export function outcomeOf(
  uid: string,
  key: Key,
  { time, probability, step, prior, last }: Predicted,
  label: 0 | 1,
  weight: number,
  labelledAt: number,
): Outcome {
  return {
    key,
    prediction: predictionOf(probability),
    label: label === 1,
    weight,
    predictedAt: time,
    labelledAt,
    model: { uid, step },
    baseline: { prior, last: last < 0 ? null : last === 1 },
  }
}

export function judgedOf(probability: number, prior: number, last: number, label: 0 | 1, weight: number): Judged {
  return { probability, label: label === 1, weight, prior, last: last < 0 ? null : last === 1 }
}

export function expiryOf(uid: string, key: Key, { time, probability, step }: Predicted, expiredAt: number): Expired {
  return { key, prediction: predictionOf(probability), predictedAt: time, expiredAt, model: { uid, step } }
}
