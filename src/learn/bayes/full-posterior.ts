import { MillraceError } from '../../errors.ts'
import type { FeatureSpec } from '../../features/feature-spec.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import {
  columnAt,
  eliminate,
  MEAN,
  newResult,
  packedSize,
  RESIDUAL,
  rankOneUpdate,
  solveMean,
  VARIANCE,
} from '../../numeric/packed-cholesky.ts'
import type { SlotWeights } from '../learner.ts'
import { LARGEST_SQUARE, unusableInput } from '../usable-inputs.ts'
import { LARGEST_VARIANCE, type Posterior } from './posterior.ts'
import type { Prior } from './prior.ts'
import { rearrange } from './rearrange.ts'

/** Coordinates in use; the others are as in the prior, and their doubles are 0. */
const USED = 0
/** The coordinate that is given its prior back next. */
const TURN = 1
/** Σ precision · input², over all records and inputs: bounds every number of the factorisation. */
const TRACE = 2
const HEADER = 3

/**
 * While TRACE / (least prior precision) · n² is below this, rounding cannot change the size of what an update computes,
 * and all of it is bounded by TRACE: it cannot overflow.
 */
const TAME = 1e24

/**
 * A posterior with its full covariance, as Λ = U D Uᵀ (see numeric/packed-cholesky): in doubles
 *
 *     coordinates in use, turn, trace
 *     of each coordinate: its column of U above the diagonal, 1/d, t; with forgetting the share of its prior that is left
 *
 * A record costs O(n²) for n coordinates in use; a new one comes into use with its first record. The update is made in
 * place where it cannot fail, as nearly always; else the model is copied before, and put back if it did.
 *
 * Forgetting   Λ becomes γ Λ after each record, so the prior fades too, and what no record speaks of would become
 *              unknown without bound. What was lost of it is given back, a coordinate a record (more where a round would
 *              take longer than the memory): Λ never falls below γ^round of the prior, which is at least one half
 */
export class FullPosterior implements Posterior {
  readonly layout: string
  readonly #inputs: FeatureSpec
  readonly #where: string
  readonly #prior: Prior
  readonly #keep: number
  readonly #tail: number
  readonly #tame: number
  // Scratch of one record.
  #w: Float64Array
  #saved: Float64Array
  readonly #given = newResult()

  constructor(prior: Prior, inputs: FeatureSpec, forgetting: number, where: string) {
    this.#prior = prior
    this.#inputs = inputs
    this.#where = where
    this.#keep = forgetting
    this.#tail = forgetting < 1 ? 2 : 1
    this.#tame = TAME * prior.least
    this.layout = forgetting < 1 ? 'full with forgetting' : 'full'
    this.#w = new Float64Array(prior.coordinates)
    this.#saved = new Float64Array(this.size(prior.coordinates - 1))
  }

  size(slots: number): number {
    return HEADER + packedSize(slots + 1, this.#tail)
  }

  init(page: Float64Array, at: number, slots: number): void {
    page.fill(0, at, at + this.size(slots))
    this.#use(page, at, this.#prior.coordinates)
  }

  predict(page: Float64Array, at: number, x: FeatureVector, result: Float64Array): void {
    const used = this.#used(page, at)
    const extent = extentOf(used, x)
    const square = this.#load(x, extent)
    const w = this.#w
    let mean = 0
    let variance = 0
    for (let j = extent - 1; j >= used; j--) {
      variance += w[j] * (w[j] * (1 / this.#prior.precision(j)))
      mean += w[j] * this.#prior.mean(j)
    }
    result[MEAN] = mean
    result[VARIANCE] = variance
    result[RESIDUAL] = 0
    eliminate(page, at + HEADER, used, this.#tail, w, result)
    if (!isUsable(square, result)) throw unusableInput(x, this.#inputs, this.#where)
  }

  learn(
    page: Float64Array,
    at: number,
    x: FeatureVector,
    precision: number,
    target: number,
    result: Float64Array,
  ): void {
    const used = this.#used(page, at)
    const extent = extentOf(used, x)
    const square = this.#load(x, extent)
    if (!(square <= LARGEST_SQUARE)) throw unusableInput(x, this.#inputs, this.#where)
    const trace = page[at + TRACE] + precision * square
    const tame = trace * extent * extent <= this.#tame
    const size = HEADER + packedSize(extent, this.#tail)
    if (!tame) this.#saved.set(page.subarray(at, at + size))
    if (extent > used) this.#use(page, at, extent)
    rankOneUpdate(page, at + HEADER, extent, this.#tail, this.#w, precision, this.#keep, target, result)
    if (!(tame || isUsable(square, result))) {
      page.set(this.#saved.subarray(0, size), at)
      throw unusableInput(x, this.#inputs, this.#where)
    }
    page[at + TRACE] = trace
    if (this.#keep < 1) this.#giveBack(page, at, extent, result)
  }

  weights(page: Float64Array, at: number, slots: number): Required<Omit<SlotWeights, 'class'>> {
    const used = page[at + USED]
    const mean = this.#means(page, at, slots)
    const deviations = new Float64Array(slots + 1)
    const w = new Float64Array(used)
    const result = newResult()
    for (let j = 0; j <= slots; j++) {
      if (j < used) {
        w.fill(0)
        w[j] = 1
        result.fill(0)
        eliminate(page, at + HEADER, j + 1, this.#tail, w, result)
        deviations[j] = Math.sqrt(result[VARIANCE])
      } else deviations[j] = 1 / Math.sqrt(this.#prior.precision(j))
    }
    return {
      intercept: mean[0],
      weights: mean.slice(1),
      interceptDeviation: deviations[0],
      deviations: deviations.slice(1),
    }
  }

  covariance(page: Float64Array, at: number, slots: number): Float64Array {
    const n = slots + 1
    const used = page[at + USED]
    const all = new Float64Array(n * n)
    for (let j = used; j < n; j++) all[j * n + j] = 1 / this.#prior.precision(j)
    const w = new Float64Array(used)
    const result = newResult()
    for (let j = 0; j < used; j++) {
      // Λ⁻¹ e = U⁻ᵀ D⁻¹ U⁻¹ e.
      w.fill(0)
      w[j] = 1
      eliminate(page, at + HEADER, j + 1, this.#tail, w, result)
      for (let i = 0; i < used; i++) {
        const c = columnAt(at + HEADER, i, this.#tail)
        let value = w[i] * page[c + i]
        for (let k = 0; k < i; k++) value -= page[c + k] * all[k * n + j]
        all[i * n + j] = value
      }
    }
    return all
  }

  precision(page: Float64Array, at: number, slots: number): Float64Array {
    const n = slots + 1
    const used = page[at + USED]
    const all = new Float64Array(n * n)
    for (let j = used; j < n; j++) all[j * n + j] = this.#prior.precision(j)
    for (let k = 0; k < used; k++) {
      const c = columnAt(at + HEADER, k, this.#tail)
      const u = (i: number): number => (i === k ? 1 : page[c + i])
      for (let i = 0; i <= k; i++) for (let j = 0; j <= k; j++) all[i * n + j] += (u(i) * u(j)) / page[c + k]
    }
    return all
  }

  resize(from: Float64Array, fromAt: number, fromSlots: number, to: Float64Array, toAt: number, toSlots: number): void {
    const common = this.size(Math.min(fromSlots, toSlots))
    to.set(from.subarray(fromAt, fromAt + common), toAt)
    to.fill(0, toAt + common, toAt + this.size(toSlots))
  }

  move(from: Float64Array, fromAt: number, { slots }: SlotMap, to: Float64Array, toAt: number, toSlots: number): void {
    const used = from[fromAt + USED]
    // Where each coordinate in use goes, -1 for nowhere.
    const places = Int32Array.from({ length: used }, (_, j) => (j === 0 ? 0 : slots[j - 1] < 0 ? -1 : slots[j - 1] + 1))
    to.fill(0, toAt, toAt + this.size(toSlots))
    const extent = places.reduce((most, place) => Math.max(most, place + 1), this.#prior.coordinates)
    this.#use(to, toAt, extent)
    to[toAt + TURN] = from[fromAt + TURN] < extent ? from[fromAt + TURN] : 0
    to[toAt + TRACE] = from[fromAt + TRACE]
    rearrange(from, fromAt + HEADER, places, to, toAt + HEADER, this.#tail)
  }

  flaw(page: Float64Array, at: number, slots: number): string | undefined {
    const used = page[at + USED]
    const turn = page[at + TURN]
    if (!(Number.isInteger(used) && used >= this.#prior.coordinates && used <= slots + 1)) return 'coordinates in use'
    if (!(Number.isInteger(turn) && turn >= 0 && turn < used)) return 'the turn'
    if (!(page[at + TRACE] >= 0)) return 'the trace'
    for (let j = 0; j < used; j++) {
      const c = columnAt(at + HEADER, j, this.#tail) + j
      if (!(page[c] > 0)) return 'a pivot'
      if (this.#tail > 1 && !(page[c + 2] > 0 && page[c + 2] <= 1)) return 'a share of the prior'
    }
    return undefined
  }

  /** Adds the columns of the other as that many observations, then takes its prior back out. */
  merge(page: Float64Array, at: number, other: Float64Array, otherAt: number): number {
    const result = newResult()
    const otherUsed = other[otherAt + USED]
    const extent = Math.max(page[at + USED], otherUsed)
    this.#use(page, at, extent)
    page[at + TRACE] += other[otherAt + TRACE]
    this.#fit(extent)
    const w = this.#w
    let residual = 0
    for (let j = 0; j < otherUsed; j++) {
      const c = columnAt(otherAt + HEADER, j, this.#tail)
      for (let i = 0; i < j; i++) w[i] = other[c + i]
      w[j] = 1
      rankOneUpdate(page, at + HEADER, j + 1, this.#tail, w, 1 / other[c + j], 1, other[c + j + 1], result)
      residual += result[RESIDUAL]
    }
    for (let j = 0; j < otherUsed; j++) {
      const share = this.#tail > 1 ? other[columnAt(otherAt + HEADER, j, this.#tail) + j + 2] : 1
      this.#observe(page, at, j, -this.#prior.precision(j) * share, result)
      residual += result[RESIDUAL]
    }
    return residual
  }

  #means(page: Float64Array, at: number, slots: number): Float64Array {
    const used = page[at + USED]
    const mean = Float64Array.from({ length: slots + 1 }, (_, j) => this.#prior.mean(j))
    solveMean(page, at + HEADER, used, this.#tail, mean)
    return mean
  }

  /** Brings coordinates up to `extent` into use, as the prior has them. */
  #use(page: Float64Array, at: number, extent: number): void {
    for (let j = page[at + USED]; j < extent; j++) {
      const c = columnAt(at + HEADER, j, this.#tail) + j
      page[c] = 1 / this.#prior.precision(j)
      page[c + 1] = this.#prior.mean(j)
      if (this.#tail > 1) page[c + 2] = 1
    }
    if (extent > page[at + USED]) page[at + USED] = extent
  }

  /** Coordinates in use. @throws ML_CORRUPT when they, or whose turn it is, cannot be: models per key are restored unseen */
  #used(page: Float64Array, at: number): number {
    const used = page[at + USED]
    const turn = page[at + TURN]
    const right = Number.isInteger(used) && used >= this.#prior.coordinates && used <= page.length
    if (right && at + HEADER + packedSize(used, this.#tail) <= page.length && turn >= 0 && turn < used) {
      if (Number.isInteger(turn)) return used
    }
    throw new MillraceError('ML_CORRUPT', {
      what: `a model has ${used} coordinates in use, and the turn of number ${turn}, which cannot be`,
      where: this.#where,
    })
  }

  /** Lays the inputs out by coordinate; returns the sum of their squares. */
  #load(x: FeatureVector, extent: number): number {
    this.#fit(extent)
    const w = this.#w
    const { dense, missing, missingCount, active, values, activeCount } = x
    let square = 0
    w[0] = 1
    for (let j = 0; j < dense.length; j++) {
      const value = dense[j]
      w[j + 1] = value
      square += value * value
    }
    for (let j = 0; missingCount > 0 && j < dense.length; j++) if (missing[j] === 1) w[j + 1] = 0
    if (extent > dense.length + 1) w.fill(0, dense.length + 1, extent)
    for (let i = 0; i < activeCount; i++) {
      w[active[i] + 1] = values[i]
      square += values[i] * values[i]
    }
    return square
  }

  #fit(extent: number): void {
    if (this.#w.length >= extent) return
    this.#w = new Float64Array(2 * extent)
    this.#saved = new Float64Array(HEADER + packedSize(2 * extent, this.#tail))
  }

  #giveBack(page: Float64Array, at: number, used: number, result: Float64Array): void {
    const keep = this.#keep
    result[RESIDUAL] *= keep
    for (let j = 0, c = at + HEADER + 2; j < used; c += j + 1 + this.#tail + 1, j++) page[c] *= keep
    const turns = Math.min(used, Math.ceil(1.5 * used * (1 - keep)))
    for (let i = 0; i < turns; i++) {
      const turn = page[at + TURN]
      const share = columnAt(at + HEADER, turn, this.#tail) + turn + 2
      this.#observe(page, at, turn, this.#prior.precision(turn) * (1 - page[share]), this.#given)
      result[RESIDUAL] += this.#given[RESIDUAL]
      page[share] = 1
      page[at + TURN] = turn + 1 < used ? turn + 1 : 0
    }
  }

  /** Takes in that a coordinate is as the prior says. */
  #observe(page: Float64Array, at: number, coordinate: number, precision: number, result: Float64Array): void {
    const w = this.#w
    w.fill(0, 0, coordinate)
    w[coordinate] = 1
    const mean = this.#prior.mean(coordinate)
    rankOneUpdate(page, at + HEADER, coordinate + 1, this.#tail, w, precision, 1, mean, result)
  }
}

/** Coordinates up to the last one that a record has. */
function extentOf(used: number, { active, activeCount }: FeatureVector): number {
  let extent = used
  for (let i = 0; i < activeCount; i++) if (active[i] + 2 > extent) extent = active[i] + 2
  return extent
}

function isUsable(square: number, result: Float64Array): boolean {
  const rest = result[MEAN] + result[RESIDUAL]
  return square <= LARGEST_SQUARE && result[VARIANCE] <= LARGEST_VARIANCE && rest - rest === 0
}
