import { MillraceError } from '../errors.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import type { SlotMap } from '../features/slot-map.ts'
import { log } from '../numeric/log.ts'
import { checkWeight, type Learner, type Task } from './learner.ts'
import type { StopSpec } from './stop.ts'

const STOPPED = 0
/** Records learned in the stretch under way, their summed weights and losses, and the mean loss of the stretch before. */
const RECORDS = 1
const WEIGHT = 2
const LOSS = 3
const BEFORE = 4
/** There is a stretch before. */
const HAS_BEFORE = 5
/** Records learned since the weights were copied. */
const SINCE = 6
/** Slots of the row, by which the copied weights are found. */
const SLOTS = 7
const HEADER = 8

/** The log loss of a label whose probability is smaller counts as if it were this. */
const SMALLEST_PROBABILITY = 1e-300
/** Squared errors count as this at most. */
const LARGEST_LOSS = 1e100

/**
 * A learner that stops: around any other. A model is a header of 8 doubles, the other's model, and with a condition on the
 * weights a copy of them as they were: intercept and slots, set by set, as many sets as there were.
 *
 * A stopped model tests records and refuses what it would have refused; it learns nothing more.
 */
export class Stopping implements Learner {
  readonly task: Task
  readonly merge: Learner['merge']
  readonly layout: string
  readonly outputs: number
  readonly uncertain: boolean
  readonly weights?: Learner['weights']
  readonly posterior?: NonNullable<Learner['posterior']>
  readonly mergeWith?: Learner['mergeWith']
  readonly numericNames: Learner['numericNames']
  readonly #inner: Learner
  /** Weights more than slots. */
  readonly #shift: number
  readonly #stop: StopSpec
  /** Sets of weights that there may be. */
  readonly #sets: number
  readonly #out: Float64Array

  /** @param dense numeric inputs of the encoder; transformers may give the inner learner others */
  constructor(inner: Learner, stop: StopSpec, dense: number) {
    this.#inner = inner
    this.#stop = stop
    this.#shift = (inner.numericNames?.length ?? dense) - dense
    this.numericNames = inner.numericNames
    this.task = inner.task
    this.merge = inner.merge
    this.layout = `${inner.layout} stopping${stop.weights === undefined ? '' : ' by weights'}`
    this.outputs = inner.outputs
    this.uncertain = inner.uncertain
    this.#sets = stop.weights === undefined ? 0 : inner.task === 'multiclass' ? inner.outputs : 1
    this.#out = new Float64Array(inner.outputs)
    if (stop.weights !== undefined && inner.weights === undefined) {
      throw new MillraceError('ML_PLAN', {
        what: 'stop has a condition on the weights of a learner that has none',
        where: inner.layout,
        remedy: 'Take stop: { loss } or { after }',
      })
    }
    const posterior = inner.posterior?.bind(inner)
    if (posterior !== undefined) this.posterior = (page, offset, slots) => posterior(page, offset + HEADER, slots)
    if (inner.weights !== undefined) {
      this.weights = (page, offset, slots) => inner.weights?.(page, offset + HEADER, slots) ?? []
    }
    if (inner.mergeWith !== undefined) {
      this.mergeWith = (page, offset, other, otherOffset, slots) =>
        this.#mergeWith(page, offset, other, otherOffset, slots)
    }
  }

  size(slots: number): number {
    return HEADER + this.#inner.size(slots) + this.#copySize(slots)
  }

  init(page: Float64Array, offset: number, slots: number): void {
    page.fill(0, offset, offset + this.size(slots))
    page[offset + SLOTS] = slots
    this.#inner.init(page, offset + HEADER, slots)
    this.#copyWeights(page, offset)
  }

  predictOne(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void {
    this.#inner.predictOne(page, offset + HEADER, x, out)
  }

  learnOne(page: Float64Array, offset: number, x: FeatureVector, y: number, weight: number): void {
    this.testThenTrain(page, offset, x, y, weight, this.#out)
  }

  testThenTrain(
    page: Float64Array,
    offset: number,
    x: FeatureVector,
    y: number,
    weight: number,
    out: Float64Array,
  ): void {
    if (page[offset + STOPPED] === 1) {
      checkWeight(weight)
      this.#inner.predictOne(page, offset + HEADER, x, out)
      return
    }
    this.#inner.testThenTrain(page, offset + HEADER, x, y, weight, out)
    const { after = Infinity } = this.#stop
    const enough = this.#inner.steps(page, offset + HEADER) >= after
    const flat = this.#lossIsFlat(page, offset, y, weight, out)
    const still = this.#weightsAreStill(page, offset)
    if (enough || flat || still) page[offset + STOPPED] = 1
  }

  steps(page: Float64Array, offset: number): number {
    return this.#inner.steps(page, offset + HEADER)
  }

  stopped(page: Float64Array, offset: number): boolean {
    return page[offset + STOPPED] === 1
  }

  resize(
    from: Float64Array,
    fromOffset: number,
    fromSlots: number,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    const inner = this.#inner
    to.fill(0, toOffset, toOffset + this.size(toSlots))
    to.set(from.subarray(fromOffset, fromOffset + HEADER), toOffset)
    to[toOffset + SLOTS] = toSlots
    inner.resize(from, fromOffset + HEADER, fromSlots, to, toOffset + HEADER, toSlots)
    const source = fromOffset + HEADER + inner.size(fromSlots)
    const target = toOffset + HEADER + inner.size(toSlots)
    const count = 1 + this.#shift + Math.min(fromSlots, toSlots)
    const [fromWidth, toWidth] = [fromSlots, toSlots].map((each) => 1 + this.#shift + each)
    for (let set = 0; set < this.#sets; set++) {
      const at = source + set * fromWidth
      to.set(from.subarray(at, at + count), target + set * toWidth)
    }
  }

  move(
    from: Float64Array,
    fromOffset: number,
    map: SlotMap,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    const slots = from[fromOffset + SLOTS]
    if (map.identity) {
      this.resize(from, fromOffset, slots, to, toOffset, toSlots)
      return
    }
    to.fill(0, toOffset, toOffset + this.size(toSlots))
    to.set(from.subarray(fromOffset, fromOffset + HEADER), toOffset)
    to[toOffset + SLOTS] = toSlots
    this.#inner.move(from, fromOffset + HEADER, map, to, toOffset + HEADER, toSlots)
    // Other features, other weights: the stretch over which they are compared begins anew.
    to[toOffset + SINCE] = 0
    this.#copyWeights(to, toOffset)
  }

  check(page: Float64Array, offset: number, slots: number): void {
    const copy = offset + HEADER + this.#inner.size(slots)
    for (let i = 0; i < HEADER; i++) this.#checkDouble(page[offset + i])
    for (let i = 0; i < this.#copySize(slots); i++) this.#checkDouble(page[copy + i])
    if (page[offset + SLOTS] !== slots) this.#refuse('a model has another number of slots', page[offset + SLOTS])
    if (page[offset + STOPPED] !== 0 && page[offset + STOPPED] !== 1)
      this.#refuse('a flag is neither 0 nor 1', page[offset])
    this.#inner.check(page, offset + HEADER, slots)
  }

  #mergeWith(page: Float64Array, offset: number, other: Float64Array, otherOffset: number, slots: number): void {
    this.#inner.mergeWith?.(page, offset + HEADER, other, otherOffset + HEADER, slots)
    // Both have stopped, or both go on; the stretches begin anew with the merged model.
    const stopped = page[offset + STOPPED] * other[otherOffset + STOPPED]
    page.fill(0, offset, offset + SLOTS)
    page[offset + STOPPED] = stopped
    this.#copyWeights(page, offset)
  }

  #lossIsFlat(page: Float64Array, offset: number, y: number, weight: number, out: Float64Array): boolean {
    const { loss } = this.#stop
    if (loss === undefined) return false
    page[offset + RECORDS]++
    page[offset + WEIGHT] += weight
    page[offset + LOSS] += weight * lossOf(this.task, out, y)
    if (page[offset + RECORDS] < loss.over) return false
    const mean = page[offset + LOSS] / page[offset + WEIGHT]
    const flat = page[offset + HAS_BEFORE] === 1 && Math.abs(mean - page[offset + BEFORE]) <= loss.tolerance
    page[offset + BEFORE] = mean
    page[offset + HAS_BEFORE] = 1
    for (const part of [RECORDS, WEIGHT, LOSS]) page[offset + part] = 0
    return flat
  }

  #weightsAreStill(page: Float64Array, offset: number): boolean {
    const { weights } = this.#stop
    if (weights === undefined) return false
    page[offset + SINCE]++
    if (page[offset + SINCE] < weights.over) return false
    page[offset + SINCE] = 0
    return this.#copyWeights(page, offset) <= weights.tolerance
  }

  /** Replaces the copy; returns the most that a weight differed from it. */
  #copyWeights(page: Float64Array, offset: number): number {
    if (this.#sets === 0) return 0
    const slots = page[offset + SLOTS]
    const copy = offset + HEADER + this.#inner.size(slots)
    let most = 0
    this.weights?.(page, offset, slots).forEach(({ intercept, weights }, set) => {
      const at = copy + set * (1 + weights.length)
      most = Math.max(most, Math.abs(page[at] - intercept))
      page[at] = intercept
      for (let slot = 0; slot < weights.length; slot++) {
        most = Math.max(most, Math.abs(page[at + 1 + slot] - weights[slot]))
        page[at + 1 + slot] = weights[slot]
      }
    })
    return most
  }

  #copySize(slots: number): number {
    return this.#sets * (1 + slots + this.#shift)
  }

  #checkDouble(value: number): void {
    if (value - value !== 0) this.#refuse('a model holds a number that is not finite', value)
  }

  #refuse(what: string, got: number): never {
    throw new MillraceError('ML_CORRUPT', { what, got, where: `${this.layout} model` })
  }
}

function lossOf(task: Task, out: Float64Array, y: number): number {
  if (task === 'regression') return Math.min((out[0] - y) * (out[0] - y), LARGEST_LOSS)
  const probability = task === 'multiclass' ? out[y] : y === 1 ? out[0] : 1 - out[0]
  return -log(Math.max(probability, SMALLEST_PROBABILITY))
}
