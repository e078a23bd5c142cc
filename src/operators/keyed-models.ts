/** A model for each key, of a size known from the plan: rows of a slab, one array of pages per key group. */
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { FeatureEncoder } from '../features/feature-encoder.ts'
import type { FeatureSpec } from '../features/feature-spec.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import type { SlotMap } from '../features/slot-map.ts'
import type { BinaryLearner } from '../learn/learner.ts'
import type { EncodedKey } from '../state/key.ts'
import { SlabTable } from '../state/slab-table.ts'
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

/** 4 MB. */
const LARGE_DOUBLES = 1 << 19

export class KeyedModels implements ModelStore {
  readonly encoder: FeatureEncoder
  readonly #learner: BinaryLearner
  readonly #table: SlabTable
  readonly #where: string
  /** A row has no names: models of other features are refused. */
  readonly #layout: string
  /** A model as it is before its first label. */
  readonly #blank: Float64Array
  #key: EncodedKey
  #slot = -1

  constructor(context: OperatorContext, { model, maxKeys }: ModelStoreOptions) {
    this.encoder = new FeatureEncoder(model.inputs, { mode: 'perKey' })
    this.#learner = fixedLearner(model, { fixedInputs: true })
    this.#layout = `${this.#learner.layout}; ${inputsText(model.inputs)}`
    const { slots } = this.encoder
    const width = LEARNER + this.#learner.size(slots)
    this.#blank = new Float64Array(width)
    this.#blank[LAST] = -1
    this.#learner.init(this.#blank, LEARNER, slots)
    const { keyGroups, uid } = context
    this.#where = `model "${uid}"`
    this.#table = new SlabTable({ width, keyGroups, maxKeys, where: this.#where })
    this.#key = context.key
  }

  open(key: EncodedKey): void {
    this.#key = key
    this.#slot = this.#table.find(key)
    if (this.#slot >= 0) this.#table.read(key.group, this.#slot)
  }

  get step(): number {
    return this.#slot < 0 ? 0 : this.#learner.steps(this.#table.page, this.#table.offset + LEARNER)
  }

  get prior(): number {
    return this.#slot < 0 ? 0.5 : priorOf(this.#table.page, this.#table.offset)
  }

  get last(): number {
    return this.#slot < 0 ? -1 : lastOf(this.#table.page, this.#table.offset)
  }

  predict(x: FeatureVector): number {
    if (this.#slot < 0) return this.#learner.predictProbaOne(this.#blank, LEARNER, x)
    return this.#learner.predictProbaOne(this.#table.page, this.#table.offset + LEARNER, x)
  }

  learn(x: FeatureVector, label: 0 | 1, weight: number): void {
    this.#own()
    const { page, offset } = this.#table
    this.#learner.learnOne(page, offset + LEARNER, x, label, weight)
    countLabel(page, offset, label, weight)
  }

  testThenTrain(x: FeatureVector, label: 0 | 1, weight: number): number {
    this.#own()
    const { page, offset } = this.#table
    const probability = this.#learner.testThenTrain(page, offset + LEARNER, x, label, weight)
    countLabel(page, offset, label, weight)
    return probability
  }

  warm(keys: readonly EncodedKey[], count: number): void {
    this.#table.warm(keys, count)
  }

  /** More models than a cache holds. */
  get large(): boolean {
    return this.#table.size * this.#table.width > LARGE_DOUBLES
  }

  describe(): Omit<ModelDescription, 'type' | 'learner' | 'pending' | 'steps'> {
    const { size, sizeBytes } = this.#table
    return { models: size, sizeBytes }
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
    this.#table.write(this.#key.group, this.#slot)
    if (fresh) this.#table.page.set(this.#blank, this.#table.offset)
  }
}

/** The inputs in the order of their slots, with what decides how many those are. */
function inputsText({ numeric, categorical }: FeatureSpec): string {
  const named = categorical.map(
    ({ name, storage }) => `${name}:${storage.by}${storage.by === 'hashing' ? storage.bits : ''}`,
  )
  return [...numeric.map(({ name }) => name), ...named].join(',')
}
