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
  readonly probability: number
  readonly step: number
  /** Probability of true by the labels learned before the prediction. */
  readonly prior: number
  /** The label learned last before the prediction, -1 before any. */
  readonly last: number
  readonly label: 0 | 1
  readonly weight: number
}

export interface PendingOptions {
  /** Numeric inputs of the model. */
  readonly dense: number
  /** Categorical inputs: slots that may be active at a time. */
  readonly active: number
  readonly keyGroups: number
  readonly maxKeys: number
  readonly where: string
}

// Columns of a row.
const STATUS = 0
const TIME = 1
const EXPIRES_AT = 2
const PROBABILITY = 3
const STEP = 4
const PRIOR = 5
const LAST = 6
const LABEL = 7
const WEIGHT = 8
const INPUTS = 9
/** In place of a slot: the input has none. */
const NO_SLOT = -1

export class PendingStore {
  /** The join key that `find` or `put` saw last; valid until the next. */
  readonly current: EncodedKey
  readonly #table: SlabTable
  readonly #dense: number
  readonly #active: number
  #slot = -1

  constructor({ dense, active, ...options }: PendingOptions) {
    this.#dense = dense
    this.#active = active
    this.#table = new SlabTable({ width: INPUTS + dense + active, ...options })
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
      probability: page[offset + PROBABILITY],
      step: page[offset + STEP],
      prior: page[offset + PRIOR],
      last: page[offset + LAST],
      label: page[offset + LABEL] as 0 | 1,
      weight: page[offset + WEIGHT],
    }
  }

  /** @throws ML_STATE_LIMIT when as many wait as may */
  expectRoom(): void {
    this.#table.expectRoom()
  }

  /** Puts a row, with its inputs where it is a prediction. @throws ML_STATE_LIMIT when as many wait as may */
  put(key: EncodedKey, row: PendingRow, inputs: FeatureVector | undefined): void {
    this.#remember(key)
    this.#slot = this.#table.insert(key)
    this.#table.write(key.group, this.#slot)
    const { page, offset } = this.#table
    page[offset + STATUS] = row.status
    page[offset + TIME] = row.time
    page[offset + EXPIRES_AT] = row.expiresAt
    page[offset + PROBABILITY] = row.probability
    page[offset + STEP] = row.step
    page[offset + PRIOR] = row.prior
    page[offset + LAST] = row.last
    page[offset + LABEL] = row.label
    page[offset + WEIGHT] = row.weight
    if (inputs !== undefined) this.#store(inputs, page, offset + INPUTS)
  }

  /** Loads the inputs of the row that `find` found. */
  load(into: FeatureVector): void {
    this.#table.read(this.current.group, this.#slot)
    const { page, offset } = this.#table
    const from = offset + INPUTS
    into.clear()
    for (let i = 0; i < this.#dense; i++) into.setDense(i, page[from + i])
    for (let i = 0; i < this.#active; i++) {
      const slot = page[from + this.#dense + i]
      if (slot !== NO_SLOT) into.activate(slot)
    }
  }

  /** The row that `find` or `put` saw last has been learned from. */
  markLabelled(label: 0 | 1): void {
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
        writer.varint(this.#dense)
        writer.varint(this.#active)
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
    const dense = reader.varint()
    const active = reader.varint()
    if (slots === undefined && dense === this.#dense && active === this.#active) this.#table.restoreGroup(group, reader)
    else this.#restoreEdited(group, reader, slots, { dense, active })
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
    { dense, active }: { dense: number; active: number },
  ): void {
    if (slots === undefined)
      reader.fail('waiting inputs do not fit the model', `${dense} numeric, ${active} categorical`)
    const { keyGroups } = this.#table
    const old = new PendingStore({ dense, active, keyGroups, maxKeys: Number.POSITIVE_INFINITY, where: reader.place })
    old.#table.restoreGroup(group, reader)
    const before = new FeatureVector(dense, active)
    const now = new FeatureVector(this.#dense, this.#active)
    const key = new EncodedKey(keyGroups)
    old.#table.forEach(group, (bytes) => {
      keyFromText(latin1Read(bytes, 0, bytes.length), key)
      key.group = group
      const row = old.find(key) as PendingRow
      old.load(before)
      now.moveFrom(before, slots)
      this.put(key, row, now)
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
  }
}
