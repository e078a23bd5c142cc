import type { FeatureEncoder } from '../features/feature-encoder.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import { createLearner } from '../learn/create-learner.ts'
import type { Learner, Task } from '../learn/learner.ts'
import type { ModelTask } from '../learn/tasks/model-task.ts'
import { Curve } from './curve.ts'
import { type Judge, judgeOf } from './judge.ts'
import type { NamedModel } from './model-catalogue.ts'

/** One model in an evaluation: its row, which grows with the slots of an encoder that it shares with others, and its judge. */
export class Contender {
  readonly name: string
  readonly task: Task
  /** Accuracy over time, or the mean size of the error of numbers. */
  readonly curve = new Curve()
  readonly judge: Judge
  /** Milliseconds spent on this model alone. */
  ms = 0
  readonly #learner: Learner
  readonly #encoder: FeatureEncoder
  readonly #out: Float64Array
  /** Predictions of a block, side by side. */
  readonly #outs: Float64Array
  #row: Float64Array
  #capacity: number

  /** @param most records of a block */
  constructor({ name, spec }: NamedModel, encoder: FeatureEncoder, task: ModelTask, most: number) {
    this.name = name
    this.task = spec.task
    this.#learner = createLearner(spec)
    this.judge = judgeOf(spec.task, this.#learner.outputs, task)
    this.#encoder = encoder
    this.#out = new Float64Array(this.#learner.outputs)
    this.#outs = new Float64Array(most * this.#learner.outputs)
    this.#capacity = Math.max(encoder.slots, 16)
    this.#row = new Float64Array(this.#learner.size(this.#capacity))
    this.#learner.init(this.#row, 0, this.#capacity)
  }

  /** Tests the model on each record, then trains it; then judges its predictions, which never wait for that. */
  play(
    block: readonly FeatureVector[],
    labels: Float64Array,
    typical: Float64Array,
    last: Float64Array,
    count: number,
  ): void {
    this.#fit()
    this.#run(block, labels, count)
    const outcomes = { outs: this.#outs, outputs: this.#out.length, labels, typical, last, count }
    this.judge.judge(outcomes, this.curve)
  }

  #run(block: readonly FeatureVector[], labels: Float64Array, count: number): void {
    const learner = this.#learner
    const row = this.#row
    const out = this.#out
    const outs = this.#outs
    const outputs = out.length
    for (let i = 0, at = 0; i < count; i++) {
      learner.testThenTrain(row, 0, block[i], labels[i], 1, out)
      for (let j = 0; j < outputs; j++) outs[at++] = out[j]
    }
  }

  /** Room for every slot that the encoder has given. */
  #fit(): void {
    const { slots } = this.#encoder
    if (slots <= this.#capacity) return
    const capacity = Math.max(slots, Math.ceil(this.#capacity * 1.5))
    const row = new Float64Array(this.#learner.size(capacity))
    this.#learner.resize(this.#row, 0, this.#capacity, row, 0, capacity)
    this.#row = row
    this.#capacity = capacity
  }
}
