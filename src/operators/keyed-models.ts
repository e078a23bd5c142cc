/** A model for each key, of a size known from the plan: rows of a slab, one array of pages per key group. */
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { FeatureEncoder } from '../features/feature-encoder.ts'
import type { FeatureSpec } from '../features/feature-spec.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import type { SlotMap } from '../features/slot-map.ts'
import { createLearner } from '../learn/create-learner.ts'
import type { Learner, LearnerSpec, SlotWeights } from '../learn/learner.ts'
import type { LearningRows, RowKernel } from '../learn/learning-rows.ts'
import { checkLayout } from '../learn/model-row.ts'
import { SlotNames } from '../learn/slot-names.ts'
import type { ModelTask } from '../learn/tasks/model-task.ts'
import { type KernelMemory, NOWHERE } from '../numeric/kernel-memory.ts'
import type { EncodedKey } from '../state/key.ts'
import type { KeyBlock } from '../state/key-block.ts'
import { SlabTable } from '../state/slab-table.ts'
import {
  type ModelStore,
  type ModelStoreOptions,
  type ModelStoreParts,
  type TestThenTrainRows,
  testThenTrainPlaced,
  testThenTrainRow,
} from './model-store.ts'
import type { OperatorCapture, OperatorContext } from './operator.ts'

/** 4 MB. */
const LARGE_DOUBLES = 1 << 19

export class KeyedModels implements ModelStore {
  readonly encoder: FeatureEncoder
  readonly outputs: number
  readonly slotNames: SlotNames
  readonly testThenTrainRows: TestThenTrainRows | undefined
  readonly memory: KernelMemory | undefined
  readonly kernel: RowKernel | undefined
  readonly #learner: Learner
  readonly #task: ModelTask
  readonly #header: number
  readonly #table: SlabTable
  readonly #where: string
  /** A row has no names: models of other features are refused. */
  readonly #layout: string
  /** A model as it is before its first label. */
  readonly #blank: Float64Array
  #key: EncodedKey
  #slot = -1

  constructor(context: OperatorContext, { model, maxKeys }: ModelStoreOptions, { task, create }: ModelStoreParts) {
    this.encoder = new FeatureEncoder(model.inputs, { mode: 'perKey' })
    const inputOf = (slot: number): number => this.encoder.inputOf(slot)
    this.#learner = createLearner(model, { fixedInputs: true, inputOf }, create)
    this.slotNames = new SlotNames(this.encoder, this.#learner)
    this.outputs = this.#learner.outputs
    this.#task = task
    this.#header = task.header
    this.#layout = layoutOf(this.#learner, model)
    const { slots } = this.encoder
    const width = task.header + this.#learner.size(slots)
    this.#blank = new Float64Array(width)
    task.init(this.#blank, 0)
    this.#learner.init(this.#blank, task.header, slots)
    const { keyGroups, uid } = context
    this.#where = `model "${uid}"`
    this.memory = this.#learner.testThenTrainRows === undefined ? undefined : context.kernelMemory?.()
    this.kernel = this.memory && this.#learner.kernel?.(this.memory)
    this.#table = new SlabTable({ width, keyGroups, maxKeys, where: this.#where, memory: this.memory })
    this.#key = context.key
    if (this.#learner.testThenTrainRows !== undefined) {
      this.testThenTrainRows = (keys, rows, from, to) => this.#testThenTrainRows(keys as KeyBlock, rows, from, to)
    }
  }

  open(key: EncodedKey): void {
    this.#key = key
    this.#slot = this.#table.open(key)
  }

  get step(): number {
    return this.#slot < 0 ? 0 : this.#learner.steps(this.#table.page, this.#table.offset + this.#header)
  }

  get typical(): number {
    return this.#slot < 0
      ? this.#task.typical(this.#blank, 0)
      : this.#task.typical(this.#table.page, this.#table.offset)
  }

  get last(): number {
    return this.#slot < 0 ? NaN : this.#task.last(this.#table.page, this.#table.offset)
  }

  get models(): number {
    return this.#table.size
  }

  get sizeBytes(): number {
    return this.#table.sizeBytes
  }

  predict(x: FeatureVector, out: Float64Array): void {
    if (this.#slot < 0) this.#learner.predictOne(this.#blank, this.#header, x, out)
    else this.#learner.predictOne(this.#table.page, this.#table.offset + this.#header, x, out)
  }

  learn(x: FeatureVector, label: number, weight: number): void {
    this.#own()
    const { page, offset } = this.#table
    this.#learner.learnOne(page, offset + this.#header, x, label, weight)
    this.#task.count(page, offset, label, weight)
  }

  testThenTrain(
    key: EncodedKey,
    x: FeatureVector,
    label: number,
    weight: number,
    out: Float64Array,
    known: Float64Array,
  ): void {
    this.open(key)
    this.#own()
    const { page, offset } = this.#table
    testThenTrainRow(this.#task, this.#learner, page, offset, x, label, weight, out, known)
  }

  #testThenTrainRows(keys: KeyBlock, rows: LearningRows, from: number, to: number): number {
    return testThenTrainPlaced(this.#task, this.#learner, rows, from, this.#place(keys, rows, from, to), this.kernel)
  }

  /** Where the models of the rows are; returns the first row whose key has none and gets none, or `to`. */
  #place(keys: KeyBlock, rows: LearningRows, from: number, to: number): number {
    const { offsets } = rows
    const { addresses } = keys
    const table = this.#table
    const before = table.size
    const all = this.memory?.all
    if (all !== undefined) rows.takePage(all)
    let i = from
    try {
      let known = keys.slotAge === table.age
      for (; i < to; i++) {
        const address = known ? addresses[i] : NOWHERE
        if (all !== undefined && address !== NOWHERE) {
          offsets[i] = (address >>> 3) + this.#header
        } else if (this.#placeOne(keys, rows, i)) known = keys.slotAge === table.age
        else break
      }
    } catch {}
    // A new model may have moved others.
    return table.size === before ? i : this.#place(keys, rows, from, i)
  }

  /** False where the key has no model and may get none here. @throws ML_STATE_LIMIT */
  #placeOne(keys: KeyBlock, rows: LearningRows, i: number): boolean {
    const table = this.#table
    const key = keys.key(i)
    this.open(key)
    // Nobody has looked at its inputs yet.
    if (rows.located && this.#slot < 0) return false
    this.#own()
    const address = table.addressOf(key)
    if (this.memory === undefined || address === NOWHERE) {
      rows.place(i, table.page, table.offset + this.#header)
      return !rows.located
    }
    keys.tell(i, address)
    rows.place(i, this.memory.all, (address >>> 3) + this.#header)
    return true
  }

  weights(): readonly SlotWeights[] | undefined {
    if (this.#slot < 0) return undefined
    const { page, offset } = this.#table
    return this.#learner.weights?.(page, offset + this.#header, this.encoder.slots)
  }

  warm(keys: readonly EncodedKey[], count: number): void {
    this.#table.warm(keys, count)
  }

  /** More models than a cache holds. */
  get large(): boolean {
    return this.#table.size * this.#table.width > LARGE_DOUBLES
  }

  capture(): OperatorCapture {
    const table = this.#table.capture()
    const layout = this.#layout
    return {
      writeGroup(group: number, writer: ByteWriter) {
        if (table.size(group) === 0) return
        writer.string(layout)
        table.writeGroup(group, writer)
        table.releaseGroup(group)
      },
      release: () => table.release(),
    }
  }

  restoreGroup(group: number, reader: ByteReader): SlotMap | undefined {
    checkLayout(reader.string(), this.#layout, this.#where)
    this.#table.restoreGroup(group, reader)
    this.#slot = -1
    return undefined
  }

  /** Makes the current row writable; a new key gets a blank model. */
  #own(): void {
    const fresh = this.#slot < 0
    if (fresh) this.#slot = this.#table.insert(this.#key)
    this.#table.own(this.#key)
    if (fresh) this.#table.page.set(this.#blank, this.#table.offset)
  }
}

/** The learner, the inputs in the order of their slots with what decides how many those are, and the classes. */
function layoutOf({ layout }: Learner, { inputs, classes }: LearnerSpec): string {
  const named = classes === undefined ? '' : `; ${classes.join(',')}`
  return `${layout}; ${inputsText(inputs)}${named}`
}

function inputsText({ numeric, categorical }: FeatureSpec): string {
  const named = categorical.map(({ name, storage }) => `${name}:${storage.by}${'bits' in storage ? storage.bits : ''}`)
  return [...numeric.map(({ name }) => name), ...named].join(',')
}
