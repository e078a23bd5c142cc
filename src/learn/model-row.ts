import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { FeatureEncoder } from '../features/feature-encoder.ts'
import type { SlotMap } from '../features/slot-map.ts'
import { type CreateLearner, createLearner } from './create-learner.ts'
import type { Learner, LearnerSpec } from './learner.ts'
import { formerMove } from './transform/composed-learner.ts'

/** Slots that a new row has room for. */
const FIRST_CAPACITY = 16

/**
 * One model with the encoder of its inputs: a row that grows as dictionaries give slots to new categories.
 *
 * The row begins with `header` doubles of its owner, then the learner's state. It has room for more slots than there are;
 * a snapshot has room for those there are and no more, so equal models give equal bytes whatever their history.
 *
 * Snapshot  layout of the learner; encoder, length-prefixed; count of doubles, doubles
 */
export class ModelRow {
  readonly encoder: FeatureEncoder
  readonly learner: Learner
  readonly header: number
  /** Header and model. Replaced when it grows. */
  row: Float64Array
  #capacity: number
  readonly #where: string

  constructor(spec: LearnerSpec, { header = 0, where = 'model', create }: ModelRowOptions = {}) {
    this.encoder = new FeatureEncoder(spec.inputs)
    this.learner = createLearner(spec, { inputOf: (slot) => this.encoder.inputOf(slot) }, create)
    this.header = header
    this.#where = where
    this.#capacity = Math.max(this.encoder.slots, FIRST_CAPACITY)
    this.row = this.#newRow(this.#capacity)
    this.learner.init(this.row, header, this.#capacity)
  }

  /** Room for every slot that the encoder has given: after encoding, before the learner sees the vector. */
  fit(): void {
    const { slots } = this.encoder
    if (slots <= this.#capacity) return
    const capacity = Math.max(slots, Math.ceil(this.#capacity * 1.5))
    this.row = this.#resized(capacity)
    this.#capacity = capacity
  }

  get steps(): number {
    return this.learner.steps(this.row, this.header)
  }

  /** A copy with room for the slots there are and no more. */
  exact(): Float64Array {
    return this.#resized(this.encoder.slots)
  }

  /** Writes a copy that `exact` made, as the encoder was then. */
  static write(layout: string, features: ByteWriter, exact: Float64Array, writer: ByteWriter): void {
    writer.string(layout)
    writer.blob(features.view())
    writer.varint(exact.length)
    writer.f64s(exact, 0, exact.length)
  }

  snapshot(writer: ByteWriter): void {
    const features = new ByteWriter(1 << 10)
    this.encoder.snapshot(features)
    ModelRow.write(this.learner.layout, features, this.exact(), writer)
  }

  /** Tells where slots went when the features were edited. @throws ML_CORRUPT, ML_VERSION, ML_OTHER_PLAN */
  restore(reader: ByteReader): SlotMap | undefined {
    const layout = reader.string()
    const former = layout === this.learner.layout ? undefined : formerMove(layout, this.learner, this.encoder.spec)
    if (former === undefined) checkLayout(layout, this.learner.layout, this.#where)
    const slots = this.encoder.restore(new ByteReader(reader.blob(), reader.place))
    const length = reader.varint()
    if (length * 8 > reader.remaining) reader.fail('the model is longer than its snapshot', length)
    const old = new Float64Array(length)
    reader.f64s(old, 0, length)
    const { header, learner } = this
    const had = slots.slots.length
    this.#capacity = Math.max(this.encoder.slots, FIRST_CAPACITY)
    const same = slots.identity && former === undefined
    if (same && length !== header + learner.size(had)) reader.fail('a model has another length', length)
    this.row = this.#newRow(this.#capacity)
    this.row.set(old.subarray(0, header))
    if (former !== undefined) former(old, header, slots, this.row, header, this.#capacity)
    else if (same) learner.resize(old, header, had, this.row, header, this.#capacity)
    else learner.move(old, header, slots, this.row, header, this.#capacity)
    learner.check(this.row, header, this.#capacity)
    return slots.identity ? undefined : slots
  }

  #resized(slots: number): Float64Array {
    const row = this.#newRow(slots)
    row.set(this.row.subarray(0, this.header))
    this.learner.resize(this.row, this.header, this.#capacity, row, this.header, slots)
    return row
  }

  #newRow(slots: number): Float64Array {
    return new Float64Array(this.header + this.learner.size(slots))
  }
}

export interface ModelRowOptions {
  /** Doubles before the learner's state, for the owner of the row. */
  readonly header?: number
  /** For errors. */
  readonly where?: string
  /** How the learner is made, where it is not one of this library. */
  readonly create?: CreateLearner
}

/** Refuses stored models that the learner as declared now would read as something else. */
export function checkLayout(stored: string, now: string, where: string): void {
  if (stored === now) return
  throw new MillraceError('ML_OTHER_PLAN', {
    what: `the stored model was made by another learner: ${stored} stored, ${now} now`,
    where,
    remedy: 'Keep learner and optimizer, give the model a new name, or start anew with --fresh',
  })
}
