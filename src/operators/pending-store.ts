/**
 * What waits for its label: a row of doubles per join key, in the key group of its model.
 *
 * A row holds the prediction and the encoded, unstandardised inputs as they were when it was made, so that the label
 * trains the model with what was known then. After learning the row stays as a tombstone until the timeout, so that a
 * second label is seen to be one. A label that comes first is a row too.
 */

import type { ByteReader } from '../bytes/reader.ts'
import { latin1Read } from '../bytes/utf8.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { FeatureVector } from '../features/feature-vector.ts'
import type { SlotMap } from '../features/slot-map.ts'
import { decodeKeyText, EncodedKey, type Key, keyFromText } from '../state/key.ts'
import { SlabTable } from '../state/slab-table.ts'
import type { OperatorCapture } from './operator.ts'

/** A prediction without its label yet. */
export const WAITING = 1
/** A label without its prediction yet. */
export const EARLY = 2
/** A prediction that was labelled: kept to recognise duplicates. */
export const LABELLED = 3

export interface PendingRow {
  readonly status: number
  /** Event time of the prediction, or of the early label. */
  readonly time: number
  readonly expiresAt: number
  readonly step: number
  /** What the baselines knew before the prediction, see `ModelTask`. */
  readonly typical: number
  readonly last: number
  /** The label as its task codes it. */
  readonly label: number
  readonly weight: number
}

export interface PendingOptions {
  /** Numeric inputs of the model. */
  readonly dense: number
  /** Slots that may be active at a time. */
  readonly active: number
  /** Active slots have values of their own; else each is 1 and none is kept. */
  readonly valued: boolean
  /** Doubles of a prediction. */
  readonly outputs: number
  readonly keyGroups: number
  readonly maxKeys: number
  readonly where: string
}

// Columns of a row.
const STATUS = 0
const TIME = 1
const EXPIRES_AT = 2
const STEP = 3
const TYPICAL = 4
const LAST = 5
const LABEL = 6
const WEIGHT = 7
/** Then the prediction, the numeric inputs, the active slots, and their values where they have any. */
const PREDICTION = 8
/** In place of a slot: the input has none. */
const NO_SLOT = -1

export class PendingStore {
  /** The join key that `find` or `put` saw last; valid until the next. */
  readonly current: EncodedKey
  readonly #table: SlabTable
  readonly #dense: number
  readonly #active: number
  readonly #valued: boolean
  readonly #outputs: number
  /** Offset of the inputs. */
  readonly #inputs: number
  #slot = -1

  constructor({ dense, active, valued, outputs, ...options }: PendingOptions) {
    this.#dense = dense
    this.#active = active
    this.#valued = valued
    this.#outputs = outputs
    this.#inputs = PREDICTION + outputs
    this.#table = new SlabTable({ width: this.#inputs + dense + active * (valued ? 2 : 1), ...options })
    this.current = new EncodedKey(options.keyGroups)
  }

  get size(): number {
    return this.#table.size
  }

  find(key: EncodedKey): PendingRow | undefined {
    this.#remember(key)
    this.#slot = this.#table.find(key)
    if (this.#slot < 0) return undefined
    this.#table.read(key.group, this.#slot)
    const { page, offset } = this.#table
    return {
      status: page[offset + STATUS],
      time: page[offset + TIME],
      expiresAt: page[offset + EXPIRES_AT],
      step: page[offset + STEP],
      typical: page[offset + TYPICAL],
      last: page[offset + LAST],
      label: page[offset + LABEL],
      weight: page[offset + WEIGHT],
    }
  }

  /** @throws ML_STATE_LIMIT when as many wait as may */
  expectRoom(): void {
    this.#table.expectRoom()
  }

  /** Puts a row, with prediction and inputs where it is one. @throws ML_STATE_LIMIT when as many wait as may */
  put(key: EncodedKey, row: PendingRow, prediction?: Float64Array, inputs?: FeatureVector): void {
    this.#remember(key)
    this.#slot = this.#table.insert(key)
    this.#table.write(key.group, this.#slot)
    const { page, offset } = this.#table
    page[offset + STATUS] = row.status
    page[offset + TIME] = row.time
    page[offset + EXPIRES_AT] = row.expiresAt
    page[offset + STEP] = row.step
    page[offset + TYPICAL] = row.typical
    page[offset + LAST] = row.last
    page[offset + LABEL] = row.label
    page[offset + WEIGHT] = row.weight
    if (prediction !== undefined) page.set(prediction, offset + PREDICTION)
    if (inputs !== undefined) this.#store(inputs, page, offset + this.#inputs)
  }

  /** Loads the prediction of the row that `find` found. */
  loadPrediction(into: Float64Array): void {
    this.#table.read(this.current.group, this.#slot)
    const { page, offset } = this.#table
    for (let i = 0; i < this.#outputs; i++) into[i] = page[offset + PREDICTION + i]
  }

  /** Loads the inputs of the row that `find` found. */
  load(into: FeatureVector): void {
    this.#table.read(this.current.group, this.#slot)
    const { page, offset } = this.#table
    const from = offset + this.#inputs
    const values = from + this.#dense + this.#active
    into.clear()
    for (let i = 0; i < this.#dense; i++) into.setDense(i, page[from + i])
    for (let i = 0; i < this.#active; i++) {
      const slot = page[from + this.#dense + i]
      if (slot !== NO_SLOT) into.activate(slot, this.#valued ? page[values + i] : 1)
    }
  }

  /** The row that `find` or `put` saw last has been learned from. */
  markLabelled(label: number): void {
    this.#table.write(this.current.group, this.#slot)
    const { page, offset } = this.#table
    page[offset + STATUS] = LABELLED
    page[offset + LABEL] = label
  }

  remove(key: EncodedKey): void {
    this.#table.remove(key)
  }

  /** The key as text, for a timer's tag. */
  textOf(key: EncodedKey): string {
    return latin1Read(key.bytes, 0, key.length)
  }

  keyOf(text: string): Key {
    return decodeKeyText(text)
  }

  capture(): OperatorCapture {
    const captured = this.#table.capture()
    return {
      writeGroup: (group: number, writer: ByteWriter) => {
        if (captured.size(group) === 0) return
        writer.varint(this.#outputs)
        writer.varint(this.#dense)
        writer.varint(this.#active)
        writer.u8(this.#valued ? 1 : 0)
        captured.writeGroup(group, writer)
      },
      release: () => captured.release(),
    }
  }

  /** Restores a group; `slots` tells where inputs went when the features were edited. Tells each entry's end. */
  restoreGroup(
    group: number,
    reader: ByteReader,
    slots: SlotMap | undefined,
    visit: (text: string, expiresAt: number) => void,
  ): void {
    const outputs = reader.varint()
    const shape = { dense: reader.varint(), active: reader.varint(), valued: reader.u8() === 1, outputs }
    if (outputs !== this.#outputs) reader.fail('waiting predictions do not fit the model', `${outputs} doubles`)
    const same = shape.dense === this.#dense && shape.active === this.#active && shape.valued === this.#valued
    if (slots === undefined && same) this.#table.restoreGroup(group, reader)
    else this.#restoreEdited(group, reader, slots, shape)
    this.#table.forEach(group, (key, slot) => {
      this.#table.read(group, slot)
      visit(latin1Read(key, 0, key.length), this.#table.page[this.#table.offset + EXPIRES_AT])
    })
  }

  /** Rows of an older list of features: their inputs move to where those features are now. */
  #restoreEdited(
    group: number,
    reader: ByteReader,
    slots: SlotMap | undefined,
    shape: Pick<PendingOptions, 'dense' | 'active' | 'valued' | 'outputs'>,
  ): void {
    const { dense, active, outputs } = shape
    if (slots === undefined)
      reader.fail('waiting inputs do not fit the model', `${dense} numeric, ${active} categorical`)
    const { keyGroups } = this.#table
    const old = new PendingStore({ ...shape, keyGroups, maxKeys: Number.POSITIVE_INFINITY, where: reader.place })
    old.#table.restoreGroup(group, reader)
    const prediction = new Float64Array(outputs)
    const before = new FeatureVector(dense, active)
    const now = new FeatureVector(this.#dense, this.#active)
    const key = new EncodedKey(keyGroups)
    old.#table.forEach(group, (bytes) => {
      keyFromText(latin1Read(bytes, 0, bytes.length), key)
      key.group = group
      const row = old.find(key) as PendingRow
      old.load(before)
      old.loadPrediction(prediction)
      now.moveFrom(before, slots)
      this.put(key, row, prediction, now)
    })
  }

  #remember(key: EncodedKey): void {
    const { current } = this
    if (key === current) return
    if (current.bytes.length < key.length) current.bytes = new Uint8Array(key.bytes.length)
    // A loop: a join key is short, and a copy of a part of an array makes two objects.
    const { bytes, length } = key
    for (let i = 0; i < length; i++) current.bytes[i] = bytes[i]
    current.length = length
    current.hash = key.hash
    current.group = key.group
  }

  #store(inputs: FeatureVector, page: Float64Array, from: number): void {
    for (let i = 0; i < this.#dense; i++) page[from + i] = inputs.denseOrMissing(i)
    for (let i = 0; i < this.#active; i++) {
      page[from + this.#dense + i] = i < inputs.activeCount ? inputs.active[i] : NO_SLOT
    }
    if (!this.#valued) return
    const values = from + this.#dense + this.#active
    for (let i = 0; i < inputs.activeCount; i++) page[values + i] = inputs.values[i]
  }
}
