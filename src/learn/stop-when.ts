import type { LearnerSpec } from './learner.ts'
import { type StopOptions, stopSpec } from './stop.ts'

/**
 * The spec of any learner, with a condition at which its models stop learning: after so many records, or when the loss or
 * the weights change no more. Whichever comes first; from then on records are only tested. It is part of the model: it
 * holds after a restore, and a model per key stops by itself.
 *
 * Cost      8 doubles a model; with `weights` also a copy of them, looked at every `over` records
 * @throws ML_RANGE
 */
export function stopWhen<S extends LearnerSpec>(spec: S, options: StopOptions): S {
  return { ...spec, stop: stopSpec(options, spec.kind) }
}
