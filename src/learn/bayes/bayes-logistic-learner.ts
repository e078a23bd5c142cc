import { MillraceError } from '../../errors.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import { normalQuantile } from '../../numeric/normal.ts'
import { MEAN, newResult, VARIANCE } from '../../numeric/packed-cholesky.ts'
import { sigmoid } from '../../numeric/sigmoid.ts'
import { checkWeight, type Learner, type PosteriorState, type SlotWeights } from '../learner.ts'
import type { BayesLogisticSpec } from './bayes-logistic.ts'
import { checkRow } from './check-row.ts'
import { CURVATURE, logisticMoments, SLOPE } from './logistic-moments.ts'
import { posteriorOf } from './options.ts'
import type { Posterior } from './posterior.ts'
import { stateOf } from './read-posterior.ts'

const STEPS = 0
const POSTERIOR = 1

const PI_BY_8 = Math.PI / 8
/** A record that counts more than this many times counts as this many heavier ones. */
const MOST_STEPS = 32
/** Where a heavy record's score may be drawn to, in units of 1/κ: beyond, the probability no longer changes. */
const LARGEST_SCORE = 40
/** By its slope: what is divided by the curvature stays finite. */
const LEAST_CURVATURE = 1e-200
/** A label leaves some of a score's variance. */
const MOST_GAIN = 1 - 1e-9

/**
 * The learner behind `bayesLogistic`. A model is, in doubles: steps; the posterior of intercept and weights, see
 * full-posterior.ts and diagonal-posterior.ts.
 *
 * A record says as much as an observation of the score would, of the precision and at the place that give the posterior
 * of the score the moments wanted (its site). All weight is put on the line of the inputs, so a heavy record is played in
 * steps on that line, two numbers each, and then taken in once.
 */
export class BayesLogisticLearner implements Learner {
  readonly task = 'binary'
  readonly outputs = 3
  readonly uncertain = true
  readonly merge = 'average'
  readonly layout: string
  readonly #posterior: Posterior
  readonly #level: number
  // Scratch of one record.
  readonly #result = newResult()
  readonly #site = new Float64Array(2)
  readonly #out = new Float64Array(3)

  constructor(spec: BayesLogisticSpec) {
    this.#posterior = posteriorOf(spec, spec.inputs, 'bayesLogistic')
    this.#level = normalQuantile(0.5 + spec.interval / 2)
    this.layout = `bayesLogistic v1 ${this.#posterior.layout}`
  }

  size(slots: number): number {
    return POSTERIOR + this.#posterior.size(slots)
  }

  init(page: Float64Array, offset: number, slots: number): void {
    page[offset + STEPS] = 0
    this.#posterior.init(page, offset + POSTERIOR, slots)
  }

  predictOne(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void {
    const result = this.#result
    this.#posterior.predict(page, offset + POSTERIOR, x, result)
    const score = result[MEAN]
    const reach = this.#level * Math.sqrt(result[VARIANCE])
    const probability = sigmoid(score * sharpness(result[VARIANCE]))
    out[0] = probability
    out[1] = Math.min(probability, sigmoid(score - reach))
    out[2] = Math.max(probability, sigmoid(score + reach))
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
    checkWeight(weight)
    if (y !== 0 && y !== 1)
      throw new MillraceError('ML_LABEL', { what: 'a label is 0 or 1', got: y, where: 'bayesLogistic' })
    this.predictOne(page, offset, x, out)
    const result = this.#result
    const site = this.#site
    findSite(result[MEAN], result[VARIANCE], y, weight, site)
    this.#posterior.learn(page, offset + POSTERIOR, x, site[0], site[1], result)
    page[offset + STEPS]++
  }

  steps(page: Float64Array, offset: number): number {
    return page[offset + STEPS]
  }

  weights(page: Float64Array, offset: number, slots: number): readonly SlotWeights[] {
    return [this.#posterior.weights(page, offset + POSTERIOR, slots)]
  }

  /** The whole posterior of a model, for `readPosterior`. */
  posterior(page: Float64Array, offset: number, slots: number): PosteriorState {
    return stateOf(this.#posterior, page, offset + POSTERIOR, slots, 1)
  }

  resize(from: Float64Array, fromAt: number, fromSlots: number, to: Float64Array, toAt: number, toSlots: number): void {
    to[toAt + STEPS] = from[fromAt + STEPS]
    this.#posterior.resize(from, fromAt + POSTERIOR, fromSlots, to, toAt + POSTERIOR, toSlots)
  }

  move(from: Float64Array, fromAt: number, map: SlotMap, to: Float64Array, toAt: number, toSlots: number): void {
    to[toAt + STEPS] = from[fromAt + STEPS]
    this.#posterior.move(from, fromAt + POSTERIOR, map, to, toAt + POSTERIOR, toSlots)
  }

  check(page: Float64Array, offset: number, slots: number): void {
    checkRow(page, offset, this.size(slots), this.layout, () => this.#posterior.flaw(page, offset + POSTERIOR, slots))
  }

  mergeWith(page: Float64Array, offset: number, other: Float64Array, otherOffset: number, slots: number): void {
    this.#posterior.merge(page, offset + POSTERIOR, other, otherOffset + POSTERIOR, slots)
    page[offset + STEPS] += other[otherOffset + STEPS]
  }
}

/** κ: how far a score of this variance counts. */
function sharpness(variance: number): number {
  return 1 / Math.sqrt(1 + PI_BY_8 * variance)
}

/**
 * site[0], site[1] = precision and place of the observation that the label amounts to.
 *
 * With slope g and curvature c of the label's probability, the new variance v (1 − c v) is that of an observation with
 * precision c / (1 − c v), and the new mean m + v g puts it at m + g / c.
 */
function findSite(mean: number, variance: number, y: number, weight: number, site: Float64Array): void {
  const steps = weight <= 1 ? 1 : Math.min(MOST_STEPS, Math.ceil(weight))
  const share = weight / steps
  const sign = y === 1 ? 1 : -1
  let score = sign * mean
  let spread = variance
  let precision = 0
  let moment = 0
  for (let i = 0; i < steps; i++) {
    logisticMoments(score, spread, site)
    const slope = site[SLOPE]
    const curvature = Math.max(site[CURVATURE], LEAST_CURVATURE * slope)
    const own = (share * curvature) / (1 - Math.min(curvature * spread, MOST_GAIN))
    let distance = curvature > 0 ? slope / curvature : 0
    if (share > 1) distance = Math.min(distance, Math.max(0, LARGEST_SCORE / sharpness(spread) - score))
    precision += own
    moment += own * (score + distance)
    const gain = own * spread
    score += (gain / (1 + gain)) * distance
    spread /= 1 + gain
  }
  site[0] = precision
  site[1] = precision > 0 ? (sign * moment) / precision : mean
}
