/**
 * Where the doubles of a linear model with one score lie, and everything that moves or checks them as they are:
 *
 *     steps, intercept, what the optimizer keeps once a model
 *     numeric inputs: all weights; all of each accumulator; then mean, deviation and count of each, if standardised;
 *     no counts where the inputs are always all there and never change: each would be the steps
 *     categorical slots: weight, accumulators of each
 */
import { MillraceError } from '../../errors.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import type { SlotWeights } from '../learner.ts'
import { ModelAverage } from './model-average.ts'
import { moveSlots } from './move-slots.ts'
import { ONE_COUNT_DOUBLES } from './one-count-standardiser.ts'
import { HEADER, INTERCEPT, type Optimizer, type Places, STEPS } from './optimizer.ts'
import { checkFinite, isCount, LARGEST_WEIGHT, refuse } from './row-check.ts'
import { SCALER_DOUBLES } from './standardiser.ts'

export interface LayoutOptions {
  readonly dense: number
  readonly standardise: boolean
  /** The steps count for every input of the scaler. */
  readonly oneCount: boolean
  readonly intercept: boolean
  /** For errors. */
  readonly name: string
}

export class LinearLayout {
  readonly places: Places
  /** Offset of the scaler; of nothing where there is none. */
  readonly scaler: number
  /** Doubles of the scaler an input. */
  readonly scalerDoubles: number
  readonly #options: LayoutOptions
  readonly #optimizer: Optimizer
  readonly #header: number

  constructor(optimizer: Optimizer, options: LayoutOptions) {
    const { dense, standardise, oneCount, intercept } = options
    this.#options = options
    this.#optimizer = optimizer
    this.#header = HEADER + optimizer.header
    const stride = 1 + optimizer.accumulators
    this.scalerDoubles = !standardise ? 0 : oneCount ? ONE_COUNT_DOUBLES : SCALER_DOUBLES
    const denseDoubles = stride + this.scalerDoubles
    const firstSparse = this.#header + denseDoubles * dense
    this.places = { dense, weights: this.#header, stride, sparse: firstSparse - stride * dense, intercept }
    this.scaler = this.#header + stride * dense
  }

  size(slots: number): number {
    return this.places.sparse + this.places.stride * slots
  }

  weights(page: Float64Array, offset: number, slots: number): readonly SlotWeights[] {
    const bySlot = new Float64Array(slots)
    for (let slot = 0; slot < slots; slot++) bySlot[slot] = page[offset + this.#weightOf(slot)]
    return [{ intercept: page[offset + INTERCEPT], weights: bySlot }]
  }

  /** New slots come last, and are zeros. */
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
    map: SlotMap,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    const { dense, stride } = this.places
    const { standardise, oneCount } = this.#options
    to.fill(0, toOffset, toOffset + this.size(toSlots))
    if (oneCount) throw new MillraceError('ML_PLAN', { what: 'a model with one count for all inputs keeps them' })
    moveSlots({ header: this.#header, dense, stride, standardise }, from, fromOffset, map, to, toOffset)
  }

  check(page: Float64Array, offset: number, slots: number): void {
    const { name, standardise, oneCount, dense } = this.#options
    const { signed, headerSigned } = this.#optimizer
    checkFinite(page, offset, this.size(slots), name)
    const steps = page[offset + STEPS]
    if (!isCount(steps)) refuse('the steps of a model are no count', steps, name)
    headerSigned.forEach((negative, i) => {
      const value = page[offset + HEADER + i]
      if (!negative && value < 0) refuse('a sum is negative', value, name)
    })
    if (Math.abs(page[offset + INTERCEPT]) > LARGEST_WEIGHT)
      refuse('a weight is too large', page[offset + INTERCEPT], name)
    for (let slot = 0; slot < slots; slot++) {
      const at = offset + this.#weightOf(slot)
      const apart = slot < dense ? dense : 1
      if (Math.abs(page[at]) > LARGEST_WEIGHT) refuse('a weight is too large', page[at], name)
      signed.forEach((negative, part) => {
        const value = page[at + apart * (1 + part)]
        if (!negative && value < 0) refuse('an accumulator is negative', value, name)
      })
      if (slot >= dense || !standardise) continue
      const scaler = offset + this.scaler + this.scalerDoubles * slot
      if (page[scaler + 1] < 0) refuse('a standard deviation is negative', page[scaler + 1], name)
      if (!oneCount && !isCount(page[scaler + 2])) refuse('the count of an input is no count', page[scaler + 2], name)
    }
  }

  /** Averages weights by steps, adds up what was counted, and joins the scalers as if they had seen both streams. */
  merge(page: Float64Array, offset: number, other: Float64Array, otherOffset: number, slots: number): void {
    const { dense, standardise, oneCount } = this.#options
    const { merging, headerMerging, settle } = this.#optimizer
    const average = new ModelAverage(page, other, offset, otherOffset, page[offset + STEPS], other[otherOffset + STEPS])
    if (standardise) average.scaler(this.scaler, dense, oneCount)
    average.weight(INTERCEPT)
    headerMerging.forEach((how, i) => {
      average.double(HEADER + i, how)
    })
    for (let slot = 0; slot < slots; slot++) {
      const at = this.#weightOf(slot)
      const apart = slot < dense ? dense : 1
      average.weight(at)
      merging.forEach((how, part) => {
        average.double(at + apart * (1 + part), how)
      })
      settle?.(page, offset + at, apart, true)
    }
    settle?.(page, offset + INTERCEPT, 1, false)
    page[offset + STEPS] += other[otherOffset + STEPS]
  }

  #weightOf(slot: number): number {
    const { dense, weights, sparse, stride } = this.places
    return slot < dense ? weights + slot : sparse + stride * slot
  }
}
