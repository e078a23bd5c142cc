import { FeatureEncoder } from '../../features/feature-encoder.ts'
import type { FeatureSpec } from '../../features/feature-spec.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { Learner, LearnerSpec, Task } from '../learner.ts'
import { ComposedLearner } from './composed-learner.ts'

/** Stands in for a learner and shows what reaches it. */
class Probe implements Learner {
  readonly merge = 'exact'
  readonly layout = 'probe'
  readonly outputs = 1
  readonly uncertain = false
  readonly task: Task
  seen: FeatureVector | undefined
  fails = false
  hasStopped = false

  constructor(task: Task) {
    this.task = task
  }

  size(): number {
    return 1
  }

  init(page: Float64Array, offset: number): void {
    page[offset] = 0
  }

  predictOne(_page: Float64Array, _offset: number, x: FeatureVector): void {
    this.seen = x
  }

  learnOne(page: Float64Array, offset: number, x: FeatureVector): void {
    this.seen = x
    if (this.fails) throw new RangeError('the probe was told to fail')
    page[offset]++
  }

  testThenTrain(page: Float64Array, offset: number, x: FeatureVector): void {
    this.learnOne(page, offset, x)
  }

  stopped(): boolean {
    return this.hasStopped
  }

  steps(page: Float64Array, offset: number): number {
    return page[offset]
  }

  resize(from: Float64Array, fromOffset: number, _fromSlots: number, to: Float64Array, toOffset: number): void {
    to[toOffset] = from[fromOffset]
  }

  move(from: Float64Array, fromOffset: number, _map: unknown, to: Float64Array, toOffset: number): void {
    to[toOffset] = from[fromOffset]
  }

  check(): void {}

  mergeWith(page: Float64Array, offset: number, other: Float64Array, otherOffset: number): void {
    page[offset] += other[otherOffset]
  }
}

/** Plays records through transformers, and shows what a learner would see, by name. */
export class TransformerTrial {
  readonly encoder: FeatureEncoder
  readonly learner: ComposedLearner
  readonly probe: Probe
  page: Float64Array
  readonly #x: FeatureVector

  constructor({ spec: inputs }: { readonly spec: FeatureSpec<never> }, task: Task = 'regression', room = 64) {
    const spec: LearnerSpec = { kind: 'probe', task, inputs }
    this.encoder = new FeatureEncoder(inputs)
    this.probe = new Probe(task)
    this.learner = new ComposedLearner(spec, { inputOf: (slot) => this.encoder.inputOf(slot) }, () => this.probe)
    const slots = Math.max(room, this.encoder.slots)
    this.page = new Float64Array(this.learner.size(slots))
    this.learner.init(this.page, 0, slots)
    this.#x = this.encoder.vector()
  }

  /** The record as it reaches the learner in predicting. */
  seen(record: object): Record<string, number> {
    this.encoder.encode(record, this.#x, true)
    this.learner.predictOne(this.page, 0, this.#x, new Float64Array(1))
    return this.#named()
  }

  /** Learns the record; the record as it reaches the learner in learning. */
  learned(record: object, y = 0, weight = 1): Record<string, number> {
    this.encoder.encode(record, this.#x, true)
    this.learner.learnOne(this.page, 0, this.#x, y, weight)
    return this.#named()
  }

  /** Missing inputs are left out. */
  #named(): Record<string, number> {
    const { dense, missing, missingCount, active, values, activeCount } = this.probe.seen as FeatureVector
    if (missingCount !== missing.reduce((sum, each) => sum + each, 0)) throw new Error('missing inputs are miscounted')
    const names = this.learner.numericNames
    const shift = names.length - this.encoder.dense
    const numbers = names.flatMap((name, j) => (missing[j] === 1 ? [] : [[name, dense[j]] as const]))
    const words = Array.from({ length: activeCount }, (_, i) => {
      return [this.encoder.slotName(active[i] - shift), values[i]] as const
    })
    return Object.fromEntries([...numbers, ...words])
  }
}
