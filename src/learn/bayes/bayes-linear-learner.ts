import type { FeatureVector } from '../../features/feature-vector.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import { normalQuantile } from '../../numeric/normal.ts'
import { MEAN, newResult, RESIDUAL, VARIANCE } from '../../numeric/packed-cholesky.ts'
import { StudentTLevel } from '../../numeric/student-t.ts'
import { checkNumber } from '../label-range.ts'
import { checkWeight, type Learner, type Merge, type PosteriorState, type SlotWeights } from '../learner.ts'
import type { BayesLinearSpec } from './bayes-linear.ts'
import { checkRow } from './check-row.ts'
import { posteriorOf } from './options.ts'
import type { Posterior } from './posterior.ts'
import { stateOf } from './read-posterior.ts'

const STEPS = 0
/** Degrees of freedom of the noise's distribution; 0 where the noise is known. */
const DEGREES = 1
/** Degrees times the square of the noise's scale. */
const SQUARES = 2
const POSTERIOR = 3

/** Labels beyond this are refused, as inputs are: their squares and sums must stay numbers. */

/**
 * The learner behind `bayesLinear`. A model is, in doubles:
 *
 *     steps, degrees of freedom, sum of squares
 *     the posterior of intercept and weights: see full-posterior.ts and diagonal-posterior.ts
 *
 * With unknown noise the posterior is in units of the noise: of degrees ν and squares S, the noise's variance has the
 * scale S/ν, and the variance of a weight is its own times that. A record with error e where the score had the variance v
 * adds weight to ν and weight · e² / (1 + weight · v) to S.
 */
export class BayesLinearLearner implements Learner {
  readonly task = 'regression'
  readonly outputs = 4
  readonly uncertain = true
  readonly merge: Merge
  readonly layout: string
  readonly #posterior: Posterior
  readonly #known: boolean
  /** Precision of the noise where it is known, else 1. */
  readonly #noise: number
  readonly #priorDegrees: number
  readonly #priorSquares: number
  readonly #forgetting: number
  readonly #robust: number
  /** Records that a robust model of unknown noise takes in as they are. */
  readonly #trusted: number
  readonly #normal: number
  readonly #student: StudentTLevel
  // Scratch of one record.
  readonly #result = newResult()
  readonly #out = new Float64Array(4)

  constructor(spec: BayesLinearSpec) {
    const { noise, robust, forgetting, interval } = spec
    this.#posterior = posteriorOf(spec, spec.inputs, 'bayesLinear')
    this.#known = 'precision' in noise
    this.#noise = 'precision' in noise ? noise.precision : 1
    this.#priorDegrees = 'precision' in noise ? 0 : noise.records
    this.#priorSquares = 'precision' in noise ? 0 : noise.records * noise.guess * noise.guess
    this.#forgetting = forgetting
    this.#robust = robust
    this.#trusted = this.#known ? 0 : spec.inputs.numeric.length + 10
    const level = 0.5 + interval / 2
    this.#normal = normalQuantile(level)
    this.#student = new StudentTLevel(level)
    this.merge = spec.covariance === 'full' && forgetting === 1 && robust === 0 ? 'exact' : 'average'
    this.layout = `bayesLinear v1 ${this.#posterior.layout}, noise ${this.#known ? 'known' : 'unknown'}`
  }

  size(slots: number): number {
    return POSTERIOR + this.#posterior.size(slots)
  }

  init(page: Float64Array, offset: number, slots: number): void {
    page[offset + STEPS] = 0
    page[offset + DEGREES] = this.#priorDegrees
    page[offset + SQUARES] = this.#priorSquares
    this.#posterior.init(page, offset + POSTERIOR, slots)
  }

  predictOne(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void {
    this.#posterior.predict(page, offset + POSTERIOR, x, this.#result)
    this.#tell(page, offset, out)
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
    checkNumber(y, false, 'bayesLinear')
    const result = this.#result
    let precision = weight * this.#noise
    if (this.#robust > 0 && page[offset + STEPS] >= this.#trusted) {
      this.#posterior.predict(page, offset + POSTERIOR, x, result)
      precision *= this.#trust(page, offset, y)
    }
    this.#posterior.learn(page, offset + POSTERIOR, x, precision, y, result)
    this.#tell(page, offset, out)
    page[offset + STEPS]++
    if (this.#known) return
    const keep = this.#forgetting
    page[offset + DEGREES] = keep * (page[offset + DEGREES] + weight) + (1 - keep) * this.#priorDegrees
    page[offset + SQUARES] = keep * page[offset + SQUARES] + result[RESIDUAL] + (1 - keep) * this.#priorSquares
  }

  steps(page: Float64Array, offset: number): number {
    return page[offset + STEPS]
  }

  weights(page: Float64Array, offset: number, slots: number): readonly SlotWeights[] {
    const { intercept, interceptDeviation, weights, deviations } = this.#posterior.weights(
      page,
      offset + POSTERIOR,
      slots,
    )
    const unit = Math.sqrt(this.#unit(page, offset))
    return [
      {
        intercept,
        weights,
        interceptDeviation: unit * interceptDeviation,
        deviations: deviations.map((deviation) => unit * deviation),
      },
    ]
  }

  /** The whole posterior of a model, for `readPosterior`. */
  posterior(page: Float64Array, offset: number, slots: number): PosteriorState {
    return stateOf(this.#posterior, page, offset + POSTERIOR, slots, this.#unit(page, offset))
  }

  resize(from: Float64Array, fromAt: number, fromSlots: number, to: Float64Array, toAt: number, toSlots: number): void {
    for (let i = 0; i < POSTERIOR; i++) to[toAt + i] = from[fromAt + i]
    this.#posterior.resize(from, fromAt + POSTERIOR, fromSlots, to, toAt + POSTERIOR, toSlots)
  }

  move(from: Float64Array, fromAt: number, map: SlotMap, to: Float64Array, toAt: number, toSlots: number): void {
    for (let i = 0; i < POSTERIOR; i++) to[toAt + i] = from[fromAt + i]
    this.#posterior.move(from, fromAt + POSTERIOR, map, to, toAt + POSTERIOR, toSlots)
  }

  check(page: Float64Array, offset: number, slots: number): void {
    checkRow(page, offset, this.size(slots), this.layout, () => {
      const [degrees, squares] = [page[offset + DEGREES], page[offset + SQUARES]]
      if (this.#known ? degrees !== 0 || squares !== 0 : !(degrees > 2 && squares > 0))
        return 'what is known of the noise'
      return this.#posterior.flaw(page, offset + POSTERIOR, slots)
    })
  }

  mergeWith(page: Float64Array, offset: number, other: Float64Array, otherOffset: number, slots: number): void {
    const residual = this.#posterior.merge(page, offset + POSTERIOR, other, otherOffset + POSTERIOR, slots)
    page[offset + STEPS] += other[otherOffset + STEPS]
    if (this.#known) return
    page[offset + DEGREES] += other[otherOffset + DEGREES] - this.#priorDegrees
    page[offset + SQUARES] += other[otherOffset + SQUARES] - this.#priorSquares + residual
  }

  /** What variances of the posterior are multiplied by: that of the noise's distribution, where it is unknown. */
  #unit(page: Float64Array, offset: number): number {
    return this.#known ? 1 : page[offset + SQUARES] / (page[offset + DEGREES] - 2)
  }

  /** The squared scale of the predictive distribution, of which MEAN and VARIANCE are in the result. */
  #scale(page: Float64Array, offset: number): number {
    const variance = this.#result[VARIANCE]
    return this.#known ? 1 / this.#noise + variance : (page[offset + SQUARES] / page[offset + DEGREES]) * (1 + variance)
  }

  /** Its degrees of freedom; Infinity where it is normal. */
  #degrees(page: Float64Array, offset: number): number {
    const robust = this.#robust > 0 ? this.#robust : Number.POSITIVE_INFINITY
    return this.#known ? robust : Math.min(robust, page[offset + DEGREES])
  }

  #tell(page: Float64Array, offset: number, out: Float64Array): void {
    const mean = this.#result[MEAN]
    const scale = this.#scale(page, offset)
    const degrees = this.#degrees(page, offset)
    const normal = degrees === Number.POSITIVE_INFINITY
    const half = (normal ? this.#normal : this.#student.quantile(degrees)) * Math.sqrt(scale)
    out[0] = mean
    out[1] = normal ? scale : (scale * degrees) / (degrees - 2)
    out[2] = mean - half
    out[3] = mean + half
  }

  /** The weight of a record under Student-t noise. */
  #trust(page: Float64Array, offset: number, y: number): number {
    const error = y - this.#result[MEAN]
    return (this.#robust + 1) / (this.#robust + (error * error) / this.#scale(page, offset))
  }
}
