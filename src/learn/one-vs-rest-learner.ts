import { MillraceError } from '../errors.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import type { SlotMap } from '../features/slot-map.ts'
import { classCapacity, type Learner, type LearnerSpec, type Merge, type SlotWeights } from './learner.ts'

export interface OneVsRestSpec<T = never> extends LearnerSpec<T, 'multiclass'> {
  readonly kind: 'oneVsRest'
  /** The learner of each class. */
  readonly learner: LearnerSpec<T, 'binary'>
}

const STEPS = 0
/** Doubles of the model of a class: how the row is divided, which an edit of the features needs of the old row. */
const PART = 1
const HEADER = 2

/**
 * The learner behind `oneVsRest`. A model is, in doubles: steps; doubles of a class's model; the models of the classes, side by
 * side. A class that has learned nothing has not been seen.
 */
export class OneVsRest implements Learner {
  readonly task = 'multiclass'
  readonly merge: Merge
  readonly layout: string
  readonly outputs: number
  readonly uncertain = false
  readonly weights: Learner['weights']
  readonly mergeWith: Learner['mergeWith']
  readonly #inner: Learner
  readonly #classes: number
  /** The learner may fail at one class after it has learned others: their models are kept to be put back. */
  readonly #careful: boolean
  readonly #out: Float64Array
  #kept = new Float64Array(0)

  /** @param careful the learner of a class is none of this library, which fail on the inputs alone and so all at once */
  constructor(spec: OneVsRestSpec, inner: Learner, careful = false) {
    this.#inner = inner
    this.#careful = careful
    this.#classes = classCapacity(spec)
    this.outputs = this.#classes
    this.merge = inner.merge
    this.layout = `oneVsRest v1 ${this.#classes} of ${inner.layout}`
    this.#out = new Float64Array(inner.outputs)
    if (inner.weights !== undefined) this.weights = this.#weights
    if (inner.mergeWith !== undefined) this.mergeWith = this.#mergeWith
  }

  size(slots: number): number {
    return HEADER + this.#classes * this.#inner.size(slots)
  }

  init(page: Float64Array, offset: number, slots: number): void {
    const part = this.#inner.size(slots)
    page[offset + STEPS] = 0
    page[offset + PART] = part
    for (let k = 0; k < this.#classes; k++) this.#inner.init(page, offset + HEADER + k * part, slots)
  }

  predictOne(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void {
    const part = page[offset + PART]
    for (let k = 0, at = offset + HEADER; k < this.#classes; k++, at += part) {
      out[k] = -1
      if (this.#inner.steps(page, at) === 0) continue
      this.#inner.predictOne(page, at, x, this.#out)
      out[k] = this.#out[0]
    }
    normalise(out)
  }

  learnOne(page: Float64Array, offset: number, x: FeatureVector, y: number, weight: number): void {
    this.#learn(page, offset, x, y, weight, undefined)
  }

  testThenTrain(
    page: Float64Array,
    offset: number,
    x: FeatureVector,
    y: number,
    weight: number,
    out: Float64Array,
  ): void {
    this.#learn(page, offset, x, y, weight, out)
    normalise(out)
  }

  steps(page: Float64Array, offset: number): number {
    return page[offset + STEPS]
  }

  resize(
    from: Float64Array,
    fromOffset: number,
    fromSlots: number,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    this.#each(from, fromOffset, to, toOffset, toSlots, (source, target) => {
      this.#inner.resize(from, source, fromSlots, to, target, toSlots)
    })
  }

  move(
    from: Float64Array,
    fromOffset: number,
    map: SlotMap,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    this.#each(from, fromOffset, to, toOffset, toSlots, (source, target) => {
      this.#inner.move(from, source, map, to, target, toSlots)
    })
  }

  check(page: Float64Array, offset: number, slots: number): void {
    const wrong = (what: string, got: number): never => {
      throw new MillraceError('ML_CORRUPT', { what, got, where: `${this.layout} model` })
    }
    const part = this.#inner.size(slots)
    const steps = page[offset + STEPS]
    if (page[offset + PART] !== part) wrong('the models of the classes have another length', page[offset + PART])
    if (!Number.isSafeInteger(steps) || steps < 0) wrong('the steps of a model are no count', steps)
    for (let k = 0, at = offset + HEADER; k < this.#classes; k++, at += part) {
      this.#inner.check(page, at, slots)
      const learned = this.#inner.steps(page, at)
      if (learned > steps) wrong('a class has learned more records than there were', learned)
    }
  }

  /** Fills `out` with what each class seen says before it learns, −1 for the others. */
  #learn(
    page: Float64Array,
    offset: number,
    x: FeatureVector,
    y: number,
    weight: number,
    out: Float64Array | undefined,
  ): void {
    const part = page[offset + PART]
    if (this.#careful) this.#keep(page, offset, part)
    try {
      for (let k = 0, at = offset + HEADER; k < this.#classes; k++, at += part) {
        const seen = this.#inner.steps(page, at) > 0
        if (out !== undefined) out[k] = -1
        if (!seen && k !== y) continue
        const label = k === y ? 1 : 0
        if (!seen || out === undefined) this.#inner.learnOne(page, at, x, label, weight)
        else {
          this.#inner.testThenTrain(page, at, x, label, weight, this.#out)
          out[k] = this.#out[0]
        }
      }
    } catch (error) {
      if (this.#careful) page.set(this.#kept, offset)
      throw error
    }
    page[offset + STEPS]++
  }

  #keep(page: Float64Array, offset: number, part: number): void {
    const size = HEADER + this.#classes * part
    if (this.#kept.length !== size) this.#kept = new Float64Array(size)
    for (let i = 0; i < size; i++) this.#kept[i] = page[offset + i]
  }

  /** The header, and each class's model from its old place to its new one. */
  #each(
    from: Float64Array,
    fromOffset: number,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
    write: (source: number, target: number) => void,
  ): void {
    const old = from[fromOffset + PART]
    const part = this.#inner.size(toSlots)
    to[toOffset + STEPS] = from[fromOffset + STEPS]
    to[toOffset + PART] = part
    for (let k = 0; k < this.#classes; k++) write(fromOffset + HEADER + k * old, toOffset + HEADER + k * part)
  }

  #weights(page: Float64Array, offset: number, slots: number): readonly SlotWeights[] {
    const part = page[offset + PART]
    const sets: SlotWeights[] = []
    for (let k = 0, at = offset + HEADER; k < this.#classes; k++, at += part) {
      if (this.#inner.steps(page, at) === 0) continue
      const [set] = this.#inner.weights?.(page, at, slots) ?? []
      if (set !== undefined) sets.push({ ...set, class: k })
    }
    return sets
  }

  #mergeWith(page: Float64Array, offset: number, other: Float64Array, otherOffset: number, slots: number): void {
    const part = this.#inner.size(slots)
    for (let k = 0; k < this.#classes; k++) {
      this.#inner.mergeWith?.(page, offset + HEADER + k * part, other, otherOffset + HEADER + k * part, slots)
    }
    page[offset + STEPS] += other[otherOffset + STEPS]
  }
}

/** Of classes that are −1, not seen, makes 0; of the others numbers that sum to 1, equal ones where all are 0. */
function normalise(out: Float64Array): void {
  let sum = 0
  let seen = 0
  for (let k = 0; k < out.length; k++) {
    if (out[k] < 0) continue
    sum += out[k]
    seen++
  }
  for (let k = 0; k < out.length; k++) out[k] = out[k] < 0 ? 0 : sum > 0 ? out[k] / sum : 1 / seen
}
