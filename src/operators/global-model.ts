/** One model for a whole stream: its row grows as dictionaries give slots to new categories. */
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { FeatureEncoder } from '../features/feature-encoder.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import type { SlotMap } from '../features/slot-map.ts'
import type { BinaryLearner } from '../learn/learner.ts'
import type { EncodedKey } from '../state/key.ts'
import type { ModelDescription } from './describe.ts'
import {
  checkLayout,
  countLabel,
  fixedLearner,
  LAST,
  LEARNER,
  lastOf,
  type ModelStore,
  type ModelStoreOptions,
  priorOf,
} from './model-store.ts'
import type { OperatorCapture, OperatorContext } from './operator.ts'

export class GlobalModel implements ModelStore {
  readonly encoder: FeatureEncoder
  readonly #learner: BinaryLearner
  readonly #home: number
  readonly #where: string
  #row: Float64Array
  /** Slots the row has room for. */
  #capacity: number

  constructor(context: OperatorContext, { model }: ModelStoreOptions) {
    this.encoder = new FeatureEncoder(model.inputs)
    this.#learner = fixedLearner(model)
    this.#home = context.key.group
    this.#capacity = Math.max(this.encoder.slots, 16)
    this.#row = this.#newRow(this.#capacity)
    this.#learner.init(this.#row, LEARNER, this.#capacity)
    this.#row[LAST] = -1
    this.#where = `model "${context.uid}"`
  }

  open(_key: EncodedKey): void {
    if (this.encoder.slots > this.#capacity) this.#grow(this.encoder.slots)
  }

  get step(): number {
    return this.#learner.steps(this.#row, LEARNER)
  }

  get prior(): number {
    return priorOf(this.#row, 0)
  }

  get last(): number {
    return lastOf(this.#row, 0)
  }

  predict(x: FeatureVector): number {
    return this.#learner.predictProbaOne(this.#row, LEARNER, x)
  }

  learn(x: FeatureVector, label: 0 | 1, weight: number): void {
    this.#learner.learnOne(this.#row, LEARNER, x, label, weight)
    countLabel(this.#row, 0, label, weight)
  }

  testThenTrain(x: FeatureVector, label: 0 | 1, weight: number): number {
    const probability = this.#learner.testThenTrain(this.#row, LEARNER, x, label, weight)
    countLabel(this.#row, 0, label, weight)
    return probability
  }

  describe(): Omit<ModelDescription, 'type' | 'learner' | 'pending' | 'steps'> {
    const { slots } = this.encoder
    const { intercept, weights } = this.#learner.weights(this.#row, LEARNER, slots)
    return {
      models: 1,
      sizeBytes: this.#row.byteLength,
      intercept,
      weights: Array.from(weights, (weight, slot) => ({ name: this.encoder.slotName(slot), weight })),
    }
  }

  capture(): OperatorCapture {
    const { encoder } = this
    const length = LEARNER + this.#learner.size(encoder.slots)
    const row = this.#row.slice(0, length)
    const features = new ByteWriter(1 << 10)
    encoder.snapshot(features)
    const home = this.#home
    const { layout } = this.#learner
    return {
      writeGroup(group: number, writer: ByteWriter) {
        if (group !== home) return
        writer.string(layout)
        writer.blob(features.view())
        writer.varint(row.length)
        writer.f64s(row, 0, row.length)
      },
      release() {},
    }
  }

  restoreGroup(_group: number, reader: ByteReader): SlotMap | undefined {
    checkLayout(reader.string(), this.#learner.layout, this.#where)
    const slots = this.encoder.restore(new ByteReader(reader.blob(), reader.place))
    const length = reader.varint()
    if (length * 8 > reader.remaining) reader.fail('the model is longer than its snapshot', length)
    const old = new Float64Array(length)
    reader.f64s(old, 0, old.length)
    this.#capacity = Math.max(this.encoder.slots, 16)
    this.#row = this.#newRow(this.#capacity)
    if (slots.identity) this.#row.set(old)
    else {
      this.#row.set(old.subarray(0, LEARNER))
      this.#learner.move(old, LEARNER, slots, this.#row, LEARNER)
    }
    this.#learner.check(this.#row, LEARNER, this.encoder.slots)
    return slots.identity ? undefined : slots
  }

  #newRow(slots: number): Float64Array {
    return new Float64Array(LEARNER + this.#learner.size(slots))
  }

  #grow(slots: number): void {
    this.#capacity = Math.max(slots, Math.ceil(this.#capacity * 1.5))
    const row = this.#newRow(this.#capacity)
    row.set(this.#row)
    this.#row = row
  }
}
