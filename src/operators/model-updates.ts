/**
 * The stream of models: the model at hand as it stands, after so many labels, at times of the event clock, and at the end.
 *
 * By time, a label sets a timer for the end of the stretch of event time that it falls into; the model goes out then, once,
 * and not at all for a stretch in which it learned nothing. The final models of a bounded stream go out when event time
 * comes to its end: one model by `end`, models per key each by a timer, and so in the order of their keys.
 *
 * State: timers, in the snapshot of the stage. Nothing of it is there while nobody takes the models.
 */
import { namedWeights } from '../learn/named-weights.ts'
import type { ModelTask } from '../learn/tasks/model-task.ts'
import { keyOf } from '../state/key.ts'
import { MAX_TIME } from '../time/identity.ts'
import type { ModelStore } from './model-store.ts'
import type { OperatorContext } from './operator.ts'
import type { ModelUpdate } from './prediction.ts'

export interface ModelUpdateSettings {
  readonly keyed: boolean
  /** Labels learned between two updates; 0: none by count. */
  readonly modelEvery: number
  /** Event time between two updates; none by time where it is left out. */
  readonly modelEveryMs?: number
}

/** Tags of the timers. */
const STRETCH = 'model'
const FINAL = 'final'

export class ModelUpdates {
  readonly #context: OperatorContext
  readonly #output: number
  readonly #settings: ModelUpdateSettings
  readonly #models: ModelStore
  readonly #task: ModelTask

  constructor(
    context: OperatorContext,
    output: number,
    settings: ModelUpdateSettings,
    models: ModelStore,
    task: ModelTask,
  ) {
    this.#context = context
    this.#output = output
    this.#settings = settings
    this.#models = models
    this.#task = task
  }

  /** The current model has had a label; `before` is its step before. One that has stopped learning gives no updates. */
  learned(before: number): void {
    const { step } = this.#models
    if (step === before || !this.#context.connected(this.#output)) return
    const { keyed, modelEvery, modelEveryMs = 0 } = this.#settings
    if (modelEveryMs > 0) {
      const { time } = this.#context.current
      const end = (Math.floor(time / modelEveryMs) + 1) * modelEveryMs - 1
      this.#context.setEventTimer(Math.min(end, MAX_TIME), STRETCH)
    }
    if (keyed) this.#context.setEventTimer(MAX_TIME, FINAL)
    if (modelEvery > 0 && step % modelEvery === 0) this.#emit()
  }

  /** A timer of `learned` is due; one that an earlier edition of the pipeline set may find nobody who takes models. */
  due(): void {
    if (!this.#context.connected(this.#output)) return
    this.#models.open(this.#context.key)
    this.#emit()
  }

  end(): void {
    if (!this.#settings.keyed && this.#context.connected(this.#output)) this.#emit()
  }

  #emit(): void {
    const weights = this.#models.weights()
    if (weights === undefined) return
    const { key, uid, current } = this.#context
    const version = { model: { uid, step: this.#models.step }, at: current.time }
    const learned = namedWeights(this.#models.slotNames, weights, this.#task.classes)
    const value: ModelUpdate = this.#settings.keyed
      ? { ...version, key: keyOf(key), ...learned }
      : { ...version, ...learned }
    this.#context.emit(this.#output, value)
  }
}
