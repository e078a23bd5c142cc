/** What becomes of a prediction: an outcome when its label came, an expiry when it did not. */
import type { Task } from '../learn/learner.ts'
import type { ModelTask } from '../learn/tasks/model-task.ts'
import type { Key } from '../state/key.ts'
import type { PendingRow } from './pending-store.ts'
import type { Expired, Outcome } from './prediction.ts'

/** What was known when the prediction was made, beside the prediction. */
export type Predicted = Pick<PendingRow, 'time' | 'step' | 'typical' | 'last'>

export interface Learnt {
  readonly code: number
  readonly weight: number
  readonly at: number
}

export function outcomeOf(
  uid: string,
  task: ModelTask,
  key: Key,
  out: Float64Array,
  { time, step, typical, last }: Predicted,
  { code, weight, at }: Learnt,
): Outcome<Task> {
  return {
    key,
    prediction: task.prediction(out),
    label: task.label(code),
    weight,
    predictedAt: time,
    labelledAt: at,
    model: { uid, step },
    baseline: task.baseline(typical, last),
  } as Outcome<Task>
}

export function expiryOf(
  uid: string,
  task: ModelTask,
  key: Key,
  out: Float64Array,
  { time, step }: Predicted,
  expiredAt: number,
): Expired<Task> {
  const prediction = task.prediction(out)
  return { key, prediction, predictedAt: time, expiredAt, model: { uid, step } } as Expired<Task>
}
