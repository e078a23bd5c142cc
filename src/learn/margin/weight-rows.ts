import { MillraceError } from '../../errors.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import { moveSlots } from '../linear/move-slots.ts'
import { SCALER_DOUBLES } from '../linear/standardiser.ts'
import { HEADER, INTERCEPT, type MarginPlaces, type MarginRule, STEPS } from './margin-rule.ts'
import { mergeBelief, mergeScaler, mergeWeight, rowsOf } from './merge-rows.ts'

/** No learning reaches such a weight. */
const LARGEST_WEIGHT = 1e150

export interface WeightRowsOptions {
  readonly rule: MarginRule
  /** Numeric inputs. */
  readonly dense: number
  readonly standardise: boolean
  readonly intercept: boolean
  /** For errors. */
  readonly layout: string
}

/**
 * The doubles of a linear model by margin, and how they move when inputs come and go:
 *
 *     steps, intercept, what the rule keeps once a model
 *     numeric inputs: all weights; all variances, if the rule keeps them; then mean, deviation and count of each, if
 *     standardised
 *     categorical slots: weight, variance of each
 *
 * Slots come last, so that new ones lengthen a model and move nothing.
 */
export class WeightRows {
  readonly places: MarginPlaces
  /** Offset of the scaler; of nothing where there is none. */
  readonly scaler: number
  readonly #dense: number
  readonly #rule: MarginRule
  readonly #standardise: boolean
  readonly #header: number
  readonly #layout: string

  constructor({ rule, dense, standardise, intercept, layout }: WeightRowsOptions) {
    this.#rule = rule
    this.#dense = dense
    this.#standardise = standardise
    this.#layout = layout
    const stride = rule.variance === undefined ? 1 : 2
    const header = HEADER + rule.header.length
    this.#header = header
    const denseDoubles = stride + (standardise ? SCALER_DOUBLES : 0)
    this.scaler = header + stride * dense
    const sparse = header + denseDoubles * dense - stride * dense
    this.places = { weights: header, variances: header + dense, sparse, stride, intercept }
  }

  size(slots: number): number {
    return this.places.sparse + this.places.stride * slots
  }

  init(page: Float64Array, offset: number, slots: number): void {
    page.fill(0, offset, offset + this.size(slots))
    page.set(this.#rule.header, offset + HEADER)
    this.#freshVariances(page, offset, 0, slots)
  }

  resize(
    from: Float64Array,
    fromOffset: number,
    fromSlots: number,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    const kept = Math.min(fromSlots, toSlots)
    to.fill(0, toOffset, toOffset + this.size(toSlots))
    to.set(from.subarray(fromOffset, fromOffset + this.size(kept)), toOffset)
    this.#freshVariances(to, toOffset, kept, toSlots)
  }

  move(
    from: Float64Array,
    fromOffset: number,
    map: SlotMap,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    this.init(to, toOffset, toSlots)
    const { stride } = this.places
    const rows = { header: this.#header, dense: this.#dense, stride, standardise: this.#standardise }
    moveSlots(rows, from, fromOffset, map, to, toOffset)
  }

  /** See merge-rows.ts. */
  merge(page: Float64Array, offset: number, other: Float64Array, otherOffset: number, slots: number): void {
    if (other[otherOffset + STEPS] === 0) return
    if (page[offset + STEPS] === 0) {
      for (let i = 0; i < this.size(slots); i++) page[offset + i] = other[otherOffset + i]
      return
    }
    const rows = rowsOf(page, offset, other, otherOffset)
    const { variance, interceptVariance } = this.#rule
    if (interceptVariance === undefined) mergeWeight(rows, INTERCEPT)
    else mergeBelief(rows, INTERCEPT, HEADER + interceptVariance)
    for (let slot = 0; slot < slots; slot++) {
      if (variance === undefined) mergeWeight(rows, this.#weight(slot))
      else mergeBelief(rows, this.#weight(slot), this.#variance(slot))
    }
    if (this.#standardise) mergeScaler(rows, this.scaler, this.#dense)
    page[offset + STEPS] += other[otherOffset + STEPS]
    this.#rule.merged?.(rows, this.weights(page, offset, slots).subarray(this.#dense))
  }

  /** @throws ML_CORRUPT */
  check(page: Float64Array, offset: number, slots: number): void {
    for (let i = 0; i < this.size(slots); i++) {
      const value = page[offset + i]
      if (value - value !== 0) this.#wrong('a model holds a number that is not finite', value)
    }
    if (!isCount(page[offset + STEPS])) this.#wrong('the steps of a model are no count', page[offset + STEPS])
    const { interceptVariance } = this.#rule
    for (let i = 0; i < this.#rule.header.length; i++) {
      const value = page[offset + HEADER + i]
      if (value < 0 || (i === interceptVariance && value > 1)) this.#wrong('a number kept once a model is wrong', value)
    }
    if (Math.abs(page[offset + INTERCEPT]) > LARGEST_WEIGHT)
      this.#wrong('a weight is too large', page[offset + INTERCEPT])
    for (let slot = 0; slot < slots; slot++) {
      const weight = page[offset + this.#weight(slot)]
      if (Math.abs(weight) > LARGEST_WEIGHT) this.#wrong('a weight is too large', weight)
      const { variance } = this.#rule
      const held = variance === undefined ? 0 : page[offset + this.#variance(slot)]
      if (variance !== undefined && !(held >= 0 && held <= variance)) this.#wrong('a variance is out of range', held)
      if (slot >= this.#dense || !this.#standardise) continue
      const scaler = offset + this.scaler + SCALER_DOUBLES * slot
      if (page[scaler + 1] < 0) this.#wrong('a standard deviation is negative', page[scaler + 1])
      if (!isCount(page[scaler + 2])) this.#wrong('the count of an input is no count', page[scaler + 2])
    }
  }

  /** By slot. */
  weights(page: Float64Array, offset: number, slots: number): Float64Array {
    return Float64Array.from({ length: slots }, (_, slot) => page[offset + this.#weight(slot)])
  }

  /** Square roots of the variances, by slot; only where the rule keeps them. */
  deviations(page: Float64Array, offset: number, slots: number): Float64Array {
    return Float64Array.from({ length: slots }, (_, slot) => Math.sqrt(page[offset + this.#variance(slot)]))
  }

  #weight(slot: number): number {
    const { weights, sparse, stride } = this.places
    return slot < this.#dense ? weights + slot : sparse + stride * slot
  }

  #variance(slot: number): number {
    const { variances, sparse, stride } = this.places
    return slot < this.#dense ? variances + slot : sparse + stride * slot + 1
  }

  #freshVariances(page: Float64Array, offset: number, first: number, slots: number): void {
    const { variance } = this.#rule
    if (variance === undefined) return
    for (let slot = first; slot < slots; slot++) page[offset + this.#variance(slot)] = variance
  }

  #wrong(what: string, got: number): never {
    throw new MillraceError('ML_CORRUPT', { what, got, where: `${this.#layout} model` })
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
