/**
 * Where the doubles of a softmax model lie, and everything that moves or checks them as they are:
 *
 *     steps, classes seen
 *     intercepts of all classes, their accumulators, what the rule keeps once a model
 *     mean, deviation and count of each numeric input, if standardised
 *     each slot: weights of all classes side by side, then all of each accumulator
 */
import type { SlotMap } from '../../features/slot-map.ts'
import type { SlotWeights } from '../learner.ts'
import { ModelAverage } from './model-average.ts'
import { STEPS } from './optimizer.ts'
import { checkFinite, isCount, LARGEST_WEIGHT, refuse } from './row-check.ts'
import type { Rule } from './rule.ts'
import { SCALER_DOUBLES } from './standardiser.ts'

/** Classes with a label so far, or declared: classes 0 to this one less. */
export const SEEN = 1
/** The first intercept. */
export const INTERCEPTS = 2

export interface SoftmaxLayoutOptions {
  readonly classes: number
  readonly dense: number
  readonly standardise: boolean
  /** For errors. */
  readonly name: string
}

export class SoftmaxLayout {
  /** Where the rule's own doubles lie. */
  readonly header: number
  readonly scaler: number
  /** The first slot. */
  readonly slots: number
  /** Doubles a slot. */
  readonly stride: number
  readonly #rule: Rule
  readonly #options: SoftmaxLayoutOptions

  constructor(rule: Rule, options: SoftmaxLayoutOptions) {
    this.#rule = rule
    this.#options = options
    this.stride = (1 + rule.accumulators) * options.classes
    this.header = INTERCEPTS + this.stride
    this.scaler = this.header + rule.header
    this.slots = this.scaler + (options.standardise ? SCALER_DOUBLES * options.dense : 0)
  }

  size(slots: number): number {
    return this.slots + this.stride * slots
  }

  weights(page: Float64Array, offset: number, slots: number): readonly SlotWeights[] {
    return Array.from({ length: page[offset + SEEN] }, (_unused, c) => ({
      class: c,
      intercept: page[offset + INTERCEPTS + c],
      weights: Float64Array.from({ length: slots }, (_none, s) => page[offset + this.slots + this.stride * s + c]),
    }))
  }

  resize(
    from: Float64Array,
    fromOffset: number,
    fromSlots: number,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    const size = this.size(Math.min(fromSlots, toSlots))
    to.fill(0, toOffset, toOffset + this.size(toSlots))
    to.set(from.subarray(fromOffset, fromOffset + size), toOffset)
  }

  move(
    from: Float64Array,
    fromOffset: number,
    { dense: oldDense, slots }: SlotMap,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    const { standardise } = this.#options
    const { stride, scaler } = this
    to.fill(0, toOffset, toOffset + this.size(toSlots))
    to.set(from.subarray(fromOffset, fromOffset + scaler), toOffset)
    const oldSlots = fromOffset + scaler + (standardise ? SCALER_DOUBLES * oldDense : 0)
    for (let slot = 0; slot < slots.length; slot++) {
      const next = slots[slot]
      if (next < 0) continue
      const source = oldSlots + stride * slot
      to.set(from.subarray(source, source + stride), toOffset + this.slots + stride * next)
      if (!standardise || slot >= oldDense) continue
      const scale = fromOffset + scaler + SCALER_DOUBLES * slot
      to.set(from.subarray(scale, scale + SCALER_DOUBLES), toOffset + scaler + SCALER_DOUBLES * next)
    }
  }

  check(page: Float64Array, offset: number, slots: number): void {
    const { classes, dense, standardise, name } = this.#options
    checkFinite(page, offset, this.size(slots), name)
    if (!isCount(page[offset + STEPS])) refuse('the steps of a model are no count', page[offset + STEPS], name)
    const seen = page[offset + SEEN]
    if (!isCount(seen) || seen > classes) refuse('a model has seen no such number of classes', seen, name)
    this.#checkBlock(page, offset + INTERCEPTS)
    for (let s = 0; s < slots; s++) this.#checkBlock(page, offset + this.slots + this.stride * s)
    for (let j = 0; standardise && j < dense; j++) {
      const at = offset + this.scaler + SCALER_DOUBLES * j
      if (page[at + 1] < 0) refuse('a standard deviation is negative', page[at + 1], name)
      if (!isCount(page[at + 2])) refuse('the count of an input is no count', page[at + 2], name)
    }
  }

  /** As `LinearLayout.merge`: both models number the classes alike. */
  merge(page: Float64Array, offset: number, other: Float64Array, otherOffset: number, slots: number): void {
    const { dense, standardise } = this.#options
    const average = new ModelAverage(page, other, offset, otherOffset, page[offset + STEPS], other[otherOffset + STEPS])
    if (standardise) average.scaler(this.scaler, dense, false)
    this.#mergeBlock(page, offset, INTERCEPTS, average, this.#rule.unpenalised)
    for (let i = this.header; i < this.scaler; i++) average.double(i, 'largest')
    for (let s = 0; s < slots; s++) this.#mergeBlock(page, offset, this.slots + this.stride * s, average, this.#rule)
    page[offset + SEEN] = Math.max(page[offset + SEEN], other[otherOffset + SEEN])
    page[offset + STEPS] += other[otherOffset + STEPS]
  }

  #mergeBlock(page: Float64Array, offset: number, at: number, average: ModelAverage, rule: Rule): void {
    const { classes } = this.#options
    for (let c = 0; c < classes; c++) {
      average.weight(at + c)
      this.#rule.merging.forEach((how, part) => {
        average.double(at + classes * (1 + part) + c, how)
      })
      rule.settle?.(page, offset + at + c, classes)
    }
  }

  #checkBlock(page: Float64Array, at: number): void {
    const { classes, name } = this.#options
    for (let c = 0; c < classes; c++) {
      if (Math.abs(page[at + c]) > LARGEST_WEIGHT) refuse('a weight is too large', page[at + c], name)
      this.#rule.signed.forEach((negative, part) => {
        const value = page[at + classes * (1 + part) + c]
        if (!negative && value < 0) refuse('an accumulator is negative', value, name)
      })
    }
  }
}
