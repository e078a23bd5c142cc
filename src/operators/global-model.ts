/** One model for a whole stream: its row grows as dictionaries give slots to new categories. */
import type { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import type { FeatureEncoder } from '../features/feature-encoder.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import type { SlotMap } from '../features/slot-map.ts'
import type { SlotWeights } from '../learn/learner.ts'
import type { LearningRows } from '../learn/learning-rows.ts'
import { ModelRow } from '../learn/model-row.ts'
import { SlotNames } from '../learn/slot-names.ts'
import type { ModelTask } from '../learn/tasks/model-task.ts'
import type { EncodedKey } from '../state/key.ts'
import {
  type ModelStore,
  type ModelStoreOptions,
  type ModelStoreParts,
  type TestThenTrainRows,
  testThenTrainPlaced,
  testThenTrainRow,
} from './model-store.ts'
import type { OperatorCapture, OperatorContext } from './operator.ts'

export class GlobalModel implements ModelStore {
  readonly encoder: FeatureEncoder
  readonly outputs: number
  readonly slotNames: SlotNames
  readonly models = 1
  readonly testThenTrainRows: TestThenTrainRows | undefined
  readonly #model: ModelRow
  readonly #task: ModelTask
  readonly #header: number
  readonly #home: number
  readonly #where: string

  constructor(context: OperatorContext, { model }: ModelStoreOptions, { task, create }: ModelStoreParts) {
    this.#where = `model "${context.uid}"`
    this.#model = new ModelRow(model, { header: task.header, where: this.#where, create })
    this.#task = task
    this.#header = task.header
    this.encoder = this.#model.encoder
    this.outputs = this.#model.learner.outputs
    this.slotNames = new SlotNames(this.encoder, this.#model.learner)
    this.#home = context.key.group
    task.init(this.#model.row, 0)
    if (this.#model.learner.testThenTrainRows !== undefined) {
      this.testThenTrainRows = (_keys, rows, from, to) => this.#testThenTrainRows(rows, from, to)
    }
  }

  open(_key: EncodedKey): void {
    this.#model.fit()
  }

  get step(): number {
    return this.#model.steps
  }

  get typical(): number {
    return this.#task.typical(this.#model.row, 0)
  }

  get last(): number {
    return this.#task.last(this.#model.row, 0)
  }

  get stopped(): boolean {
    const { learner, row } = this.#model
    return learner.stopped?.(row, this.#header) ?? false
  }

  get sizeBytes(): number {
    return this.#model.row.byteLength
  }

  predict(x: FeatureVector, out: Float64Array): void {
    this.#model.learner.predictOne(this.#model.row, this.#header, x, out)
  }

  learn(x: FeatureVector, label: number, weight: number): void {
    const { learner, row } = this.#model
    learner.learnOne(row, this.#header, x, label, weight)
    this.#task.count(row, 0, label, weight)
  }

  testThenTrain(
    _key: EncodedKey,
    x: FeatureVector,
    label: number,
    weight: number,
    out: Float64Array,
    known: Float64Array,
  ): void {
    this.#model.fit()
    const { learner, row } = this.#model
    testThenTrainRow(this.#task, learner, row, 0, x, label, weight, out, known)
  }

  #testThenTrainRows(rows: LearningRows, from: number, to: number): number {
    this.#model.fit()
    const { learner, row } = this.#model
    rows.takePage(row)
    rows.offsets.fill(this.#header, from, to)
    return testThenTrainPlaced(this.#task, learner, rows, from, to)
  }

  weights(): readonly SlotWeights[] | undefined {
    const { learner, row, encoder } = this.#model
    return learner.weights?.(row, this.#header, encoder.slots)
  }

  capture(): OperatorCapture {
    const exact = this.#model.exact()
    const features = new ByteWriter(1 << 10)
    this.encoder.snapshot(features)
    const names = new ByteWriter(1 << 6)
    this.#task.snapshot(names)
    const home = this.#home
    const { layout } = this.#model.learner
    return {
      writeGroup(group: number, writer: ByteWriter) {
        if (group !== home) return
        writer.raw(names.view())
        ModelRow.write(layout, features, exact, writer)
      },
      release() {},
    }
  }

  restoreGroup(_group: number, reader: ByteReader): SlotMap | undefined {
    this.#task.restore(reader, this.#where)
    return this.#model.restore(reader)
  }
}
