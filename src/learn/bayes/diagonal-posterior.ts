import type { FeatureSpec } from '../../features/feature-spec.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import { MEAN, RESIDUAL, VARIANCE } from '../../numeric/packed-cholesky.ts'
import type { SlotWeights } from '../learner.ts'
import { LARGEST_SQUARE, unusableInput } from '../usable-inputs.ts'
import { LARGEST_VARIANCE, type Posterior } from './posterior.ts'
import type { Prior } from './prior.ts'

/** Doubles a coordinate: precision, 0 while it is as in the prior; mean. */
const DOUBLES = 2

/** What the changes of all weights by a record share, in one small array. */
const PRECISION = 0
/** 1 + precision · variance of the score. */
const TOTAL = 1
/** precision · error / total. */
const STEP = 2

/**
 * A posterior that takes the weights to be independent: after each record the normal distribution with the means and
 * variances of the exact one (assumed density filtering). O(active inputs) a record, two doubles a coordinate.
 *
 * What inputs have in common is lost: shares of one effect go to whichever inputs carry it, and the variance of a score
 * leaves out how their weights vary together. Inputs of like size around 0 lose least: standardise them.
 *
 * Forgetting   of the coordinates a record has, when it has been learned: precision λ becomes γ λ + (1 − γ) prior, and the
 *              mean moves towards the prior's by the same shares
 * @see Graepel et al. 2010, "Web-scale Bayesian click-through rate prediction", section 3.2 (the factorising update)
 */
export class DiagonalPosterior implements Posterior {
  readonly layout = 'diagonal'
  readonly #inputs: FeatureSpec
  readonly #where: string
  readonly #prior: Prior
  readonly #keep: number
  // Scratch of one record.
  readonly #site = new Float64Array(3)

  constructor(prior: Prior, inputs: FeatureSpec, forgetting: number, where: string) {
    this.#prior = prior
    this.#inputs = inputs
    this.#where = where
    this.#keep = forgetting
  }

  size(slots: number): number {
    return DOUBLES * (slots + 1)
  }

  init(page: Float64Array, at: number, slots: number): void {
    page.fill(0, at, at + this.size(slots))
  }

  predict(page: Float64Array, at: number, x: FeatureVector, result: Float64Array): void {
    const { dense, missing, active, values, activeCount } = x
    const prior = this.#prior
    const interceptPrecision = page[at]
    let mean = interceptPrecision > 0 ? page[at + 1] : prior.mean(0)
    let variance = 1 / (interceptPrecision > 0 ? interceptPrecision : prior.precision(0))
    let square = 0
    for (let j = 0, k = at + DOUBLES; j < dense.length; j++, k += DOUBLES) {
      if (missing[j] === 1) continue
      const value = dense[j]
      const precision = page[k]
      square += value * value
      mean += value * (precision > 0 ? page[k + 1] : prior.mean(j + 1))
      variance += value * (value / (precision > 0 ? precision : prior.precision(j + 1)))
    }
    for (let i = 0; i < activeCount; i++) {
      const value = values[i]
      const k = at + DOUBLES * (active[i] + 1)
      const precision = page[k]
      square += value * value
      mean += value * page[k + 1]
      variance += value * (value / (precision > 0 ? precision : prior.common))
    }
    if (!(square <= LARGEST_SQUARE && variance <= LARGEST_VARIANCE && mean - mean === 0)) {
      throw unusableInput(x, this.#inputs, this.#where)
    }
    result[MEAN] = mean
    result[VARIANCE] = variance
  }

  learn(
    page: Float64Array,
    at: number,
    x: FeatureVector,
    precision: number,
    target: number,
    result: Float64Array,
  ): void {
    this.predict(page, at, x, result)
    const error = target - result[MEAN]
    const total = 1 + precision * result[VARIANCE]
    const residual = (precision * error * error) / total
    if (residual - residual !== 0) throw unusableInput(x, this.#inputs, this.#where)
    const { dense, missing, active, values, activeCount } = x
    const site = this.#site
    site[PRECISION] = precision
    site[TOTAL] = total
    site[STEP] = (precision * error) / total
    const variance = result[VARIANCE]
    this.#change(page, at, 0, 1, variance)
    for (let j = 0; j < dense.length; j++) {
      if (missing[j] === 0) this.#change(page, at, j + 1, dense[j], variance)
    }
    for (let i = 0; i < activeCount; i++) this.#change(page, at, active[i] + 1, values[i], variance)
    result[RESIDUAL] = this.#keep * residual
  }

  weights(page: Float64Array, at: number, slots: number): Required<Omit<SlotWeights, 'class'>> {
    const deviation = (coordinate: number): number => 1 / Math.sqrt(this.#precision(page, at, coordinate))
    return {
      intercept: this.#mean(page, at, 0),
      interceptDeviation: deviation(0),
      weights: Float64Array.from({ length: slots }, (_, slot) => this.#mean(page, at, slot + 1)),
      deviations: Float64Array.from({ length: slots }, (_, slot) => deviation(slot + 1)),
    }
  }

  covariance(page: Float64Array, at: number, slots: number): Float64Array {
    const n = slots + 1
    const all = new Float64Array(n * n)
    for (let j = 0; j < n; j++) all[j * n + j] = 1 / this.#precision(page, at, j)
    return all
  }

  precision(page: Float64Array, at: number, slots: number): Float64Array {
    const n = slots + 1
    const all = new Float64Array(n * n)
    for (let j = 0; j < n; j++) all[j * n + j] = this.#precision(page, at, j)
    return all
  }

  resize(from: Float64Array, fromAt: number, fromSlots: number, to: Float64Array, toAt: number, toSlots: number): void {
    const common = this.size(Math.min(fromSlots, toSlots))
    to.set(from.subarray(fromAt, fromAt + common), toAt)
    to.fill(0, toAt + common, toAt + this.size(toSlots))
  }

  move(from: Float64Array, fromAt: number, { slots }: SlotMap, to: Float64Array, toAt: number, toSlots: number): void {
    to.fill(0, toAt, toAt + this.size(toSlots))
    for (let old = -1; old < slots.length; old++) {
      const next = old < 0 ? -1 : slots[old]
      if (old >= 0 && next < 0) continue
      for (let i = 0; i < DOUBLES; i++) to[toAt + DOUBLES * (next + 1) + i] = from[fromAt + DOUBLES * (old + 1) + i]
    }
  }

  flaw(page: Float64Array, at: number, slots: number): string | undefined {
    for (let j = 0; j <= slots; j++) if (!(page[at + DOUBLES * j] >= 0)) return 'a precision'
    return undefined
  }

  /** Products of the distributions by coordinate, the prior once: as if their records had been about other inputs. */
  merge(page: Float64Array, at: number, other: Float64Array, otherAt: number, slots: number): number {
    let residual = 0
    for (let j = 0; j <= slots; j++) {
      if (other[otherAt + DOUBLES * j] === 0) continue
      const [a, b, prior] = [this.#precision(page, at, j), other[otherAt + DOUBLES * j], this.#prior.precision(j)]
      const [aMean, bMean, priorMean] = [this.#mean(page, at, j), other[otherAt + DOUBLES * j + 1], this.#prior.mean(j)]
      const sum = a + b - prior
      const mean = (a * aMean + b * bMean - prior * priorMean) / sum
      page[at + DOUBLES * j] = sum
      page[at + DOUBLES * j + 1] = mean
      residual += a * (aMean - mean) * (aMean - mean) + b * (bMean - mean) * (bMean - mean)
      residual -= prior * (priorMean - mean) * (priorMean - mean)
    }
    return Math.max(0, residual)
  }

  #precision(page: Float64Array, at: number, coordinate: number): number {
    const precision = page[at + DOUBLES * coordinate]
    return precision > 0 ? precision : this.#prior.precision(coordinate)
  }

  #mean(page: Float64Array, at: number, coordinate: number): number {
    const place = at + DOUBLES * coordinate
    return page[place] > 0 ? page[place + 1] : this.#prior.mean(coordinate)
  }

  /** Moments of one weight after the record, from the variance of the score before it. */
  #change(page: Float64Array, at: number, coordinate: number, value: number, variance: number): void {
    const site = this.#site
    const place = at + DOUBLES * coordinate
    const stored = page[place]
    const before = stored > 0 ? stored : this.#prior.precision(coordinate)
    const share = value / before
    // The variance of the other weights' part, as a sum of squares never below 0.
    const others = Math.max(0, variance - value * share)
    const mean = (stored > 0 ? page[place + 1] : this.#prior.mean(coordinate)) + share * site[STEP]
    const after = (before * site[TOTAL]) / (1 + site[PRECISION] * others)
    const keep = this.#keep
    if (keep === 1) {
      page[place] = after
      page[place + 1] = mean
      return
    }
    const prior = this.#prior.precision(coordinate)
    const kept = keep * after + (1 - keep) * prior
    page[place] = kept
    page[place + 1] = (keep * after * mean + (1 - keep) * prior * this.#prior.mean(coordinate)) / kept
  }
}
