import { MillraceError } from '../../errors.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import { type BinaryLearner, checkWeight, type LearnerOptions, type SlotWeights } from '../learner.ts'
import { AdaGrad } from './adagrad.ts'
import { dotProduct, sumOfSquares } from './dense-sums.ts'
import { InvScaling } from './inv-scaling.ts'
import type { LogisticSpec } from './logistic.ts'
import { Normalized } from './normalized.ts'
import { ONE_COUNT_DOUBLES, standardisedScoreOneCount, updateAndStandardiseOneCount } from './one-count-standardiser.ts'
import { HEADER, INTERCEPT, type Optimizer, type Places, STEPS } from './optimizer.ts'
import { probabilityOf } from './probability.ts'
import { Sgd } from './sgd.ts'
import {
  SCALER_DOUBLES,
  standardisedScore,
  standardisedScoreOfPresent,
  updateAndStandardise,
  updateAndStandardisePresent,
} from './standardiser.ts'
import { ERROR, GAIN, newStep, SCORE, SCORE_BEFORE, SQUARE, WEIGHT } from './step.ts'

/** Squares of the inputs of a record may sum to this: each up to 1e20, far beyond what an encoder lets through. */
const LARGEST_SQUARE = 1e40
/** No learning reaches such a weight. */
const LARGEST_WEIGHT = 1e150

/**
 * The learner behind `logistic`. A model is, in doubles:
 *
 *     steps, intercept, what the optimizer keeps once a model
 *     numeric inputs: all weights; all of each accumulator; then mean, deviation and count of each, if standardised;
 *     no counts where the inputs are always all there and never change: each would be the steps
 *     categorical slots: weight, accumulators of each
 *
 * Score = (sum over numeric inputs + sum over active slots, in order) + intercept, each sum in the order of its file.
 *
 * Learning is atomic without a copy: the inputs are bounded before anything is written, and with bounded inputs scaler
 * and optimizer leave finite numbers from every model they can have made (each file says why). Restored rows pass
 * `check`, so there are no others.
 */
export class LinearLearner implements BinaryLearner {
  readonly storage = 'fixed'
  readonly task = 'binary'
  readonly merge = 'average'
  readonly layout: string
  readonly #spec: LogisticSpec
  readonly #optimizer: Optimizer
  readonly #places: Places
  readonly #standardise: boolean
  /** The steps count for every input of the scaler. */
  readonly #oneCount: boolean
  /** Doubles of the scaler an input. */
  readonly #scalerDoubles: number
  /** Offset of the scaler; of nothing where there is none. */
  readonly #scaler: number
  /** Doubles a numeric input. */
  readonly #denseDoubles: number
  readonly #header: number
  // Scratch of one record.
  readonly #scaled: Float64Array
  readonly #step = newStep()

  constructor(spec: LogisticSpec, { fixedInputs = false }: LearnerOptions = {}) {
    this.#spec = spec
    const { numeric } = spec.inputs
    const dense = numeric.length
    this.#optimizer = optimizerOf(spec)
    const { header, accumulators } = this.#optimizer
    this.#standardise = spec.standardise
    this.#header = HEADER + header
    this.#oneCount = spec.standardise && fixedInputs && !numeric.some(({ nullable }) => nullable)
    this.#scalerDoubles = !spec.standardise ? 0 : this.#oneCount ? ONE_COUNT_DOUBLES : SCALER_DOUBLES
    this.#denseDoubles = 1 + accumulators + this.#scalerDoubles
    const stride = 1 + accumulators
    const firstSparse = this.#header + this.#denseDoubles * dense
    this.#places = {
      dense,
      weights: this.#header,
      stride,
      sparse: firstSparse - stride * dense,
      intercept: spec.intercept,
    }
    this.#scaler = this.#header + stride * dense
    this.#scaled = new Float64Array(dense)
    const scaled = this.#oneCount ? ' standardised by one count' : spec.standardise ? ' standardised' : ''
    this.layout = `logistic v1 ${spec.optimizer.kind}${scaled}`
  }

  size(slots: number): number {
    return this.#places.sparse + this.#places.stride * slots
  }

  init(page: Float64Array, offset: number, slots: number): void {
    page.fill(0, offset, offset + this.size(slots))
  }

  predictProbaOne(page: Float64Array, offset: number, x: FeatureVector): number {
    return this.#probability(this.#score(page, offset, x), x)
  }

  learnOne(page: Float64Array, offset: number, x: FeatureVector, y: 0 | 1, weight: number): void {
    this.testThenTrain(page, offset, x, y, weight)
  }

  testThenTrain(page: Float64Array, offset: number, x: FeatureVector, y: 0 | 1, weight: number): number {
    checkWeight(weight)
    return this.#standardise
      ? this.#trainStandardised(page, offset, x, y, weight)
      : this.#trainRaw(page, offset, x, y, weight)
  }

  steps(page: Float64Array, offset: number): number {
    return page[offset + STEPS]
  }

  weights(page: Float64Array, offset: number, slots: number): SlotWeights {
    const { dense, weights, sparse, stride } = this.#places
    const bySlot = new Float64Array(slots)
    for (let slot = 0; slot < slots; slot++) {
      bySlot[slot] = page[offset + (slot < dense ? weights + slot : sparse + stride * slot)]
    }
    return { intercept: page[offset + INTERCEPT], weights: bySlot }
  }

  move(
    from: Float64Array,
    fromOffset: number,
    { dense: oldDense, slots }: SlotMap,
    to: Float64Array,
    toOffset: number,
  ): void {
    const { dense, weights, sparse, stride } = this.#places
    if (this.#oneCount) throw new MillraceError('ML_PLAN', { what: 'a model with one count for all inputs keeps them' })
    for (let i = 0; i < this.#header; i++) to[toOffset + i] = from[fromOffset + i]
    const oldScaler = this.#header + stride * oldDense
    const oldSparse = this.#header + this.#denseDoubles * oldDense - stride * oldDense
    for (let slot = 0; slot < slots.length; slot++) {
      const next = slots[slot]
      if (next < 0) continue
      for (let part = 0; part < stride; part++) {
        const source = slot < oldDense ? weights + oldDense * part + slot : oldSparse + stride * slot + part
        const target = slot < oldDense ? weights + dense * part + next : sparse + stride * next + part
        to[toOffset + target] = from[fromOffset + source]
      }
      for (let part = 0; this.#standardise && slot < oldDense && part < SCALER_DOUBLES; part++) {
        const source = oldScaler + SCALER_DOUBLES * slot + part
        to[toOffset + this.#scaler + SCALER_DOUBLES * next + part] = from[fromOffset + source]
      }
    }
  }

  check(page: Float64Array, offset: number, slots: number): void {
    const { dense, weights, sparse, stride } = this.#places
    const wrong = (what: string, got: number): never => {
      throw new MillraceError('ML_CORRUPT', { what, got, where: `${this.layout} model` })
    }
    const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
    for (let i = 0; i < this.size(slots); i++) {
      const value = page[offset + i]
      if (value - value !== 0) wrong('a model holds a number that is not finite', value)
    }
    if (!isCount(page[offset + STEPS])) wrong('the steps of a model are no count', page[offset + STEPS])
    for (let i = HEADER; i < this.#header; i++) if (page[offset + i] < 0) wrong('a sum is negative', page[offset + i])
    for (let slot = 0; slot < slots; slot++) {
      const at = offset + (slot < dense ? weights + slot : sparse + stride * slot)
      const step = slot < dense ? dense : 1
      if (Math.abs(page[at]) > LARGEST_WEIGHT) wrong('a weight is too large', page[at])
      for (let part = 1; part < stride; part++) {
        if (page[at + step * part] < 0) wrong('an accumulator is negative', page[at + step * part])
      }
      if (slot >= dense || !this.#standardise) continue
      const scaler = offset + this.#scaler + this.#scalerDoubles * slot
      if (page[scaler + 1] < 0) wrong('a standard deviation is negative', page[scaler + 1])
      if (!this.#oneCount && !isCount(page[scaler + 2])) wrong('the count of an input is no count', page[scaler + 2])
    }
  }

  #trainRaw(page: Float64Array, offset: number, x: FeatureVector, y: 0 | 1, weight: number): number {
    const step = this.#step
    dotProduct(page, offset + this.#places.weights, x.dense, step)
    const score = step[SCORE] + this.#activeScore(page, offset, x) + page[offset + INTERCEPT]
    if (!(step[SQUARE] <= LARGEST_SQUARE && score - score === 0)) throw this.#unusable(x)
    const probability = probabilityOf(score)
    step[SCORE] = score
    step[ERROR] = probability - y
    step[WEIGHT] = weight
    this.#optimizer.learn(page, offset, this.#places, x.dense, x, step)
    page[offset + STEPS]++
    return probability
  }

  #trainStandardised(page: Float64Array, offset: number, x: FeatureVector, y: 0 | 1, weight: number): number {
    const step = this.#step
    const scaled = this.#scaled
    sumOfSquares(x.dense, step)
    if (!(step[SQUARE] <= LARGEST_SQUARE)) throw this.#unusable(x)
    const weights = offset + this.#places.weights
    const scaler = offset + this.#scaler
    if (this.#oneCount) {
      if (x.missingCount > 0) throw this.#incomplete(x)
      step[GAIN] = 1 / (page[offset + STEPS] + 1)
      updateAndStandardiseOneCount(page, weights, scaler, x.dense, scaled, step)
    } else if (x.missingCount === 0) updateAndStandardise(page, weights, scaler, x.dense, scaled, step)
    else updateAndStandardisePresent(page, weights, scaler, x.dense, scaled, x.missing, step)
    const activeScore = this.#activeScore(page, offset, x)
    const intercept = page[offset + INTERCEPT]
    const score = step[SCORE] + activeScore + intercept
    const probability = probabilityOf(step[SCORE_BEFORE] + activeScore + intercept)
    step[SCORE] = score
    step[ERROR] = probabilityOf(score) - y
    step[WEIGHT] = weight
    this.#optimizer.learn(page, offset, this.#places, scaled, x, step)
    page[offset + STEPS]++
    return probability
  }

  #score(page: Float64Array, offset: number, x: FeatureVector): number {
    const step = this.#step
    const weights = offset + this.#places.weights
    const scaler = offset + this.#scaler
    if (this.#oneCount && x.missingCount > 0) throw this.#incomplete(x)
    if (!this.#standardise) dotProduct(page, weights, x.dense, step)
    else if (this.#oneCount) standardisedScoreOneCount(page, weights, scaler, x.dense, step)
    else if (x.missingCount === 0) standardisedScore(page, weights, scaler, x.dense, step)
    else standardisedScoreOfPresent(page, weights, scaler, x.dense, x.missing, step)
    return step[SCORE] + this.#activeScore(page, offset, x) + page[offset + INTERCEPT]
  }

  #activeScore(page: Float64Array, offset: number, { active, activeCount }: FeatureVector): number {
    const { sparse, stride } = this.#places
    const first = offset + sparse
    let sum = 0
    for (let i = 0; i < activeCount; i++) sum += page[first + stride * active[i]]
    return sum
  }

  #probability(score: number, x: FeatureVector): number {
    if (score !== score) throw this.#unusable(x)
    return probabilityOf(score)
  }

  /** The encoder gives no such vector: the spec says that no input may be missing. */
  #incomplete({ missing }: FeatureVector): MillraceError {
    const name = this.#spec.inputs.numeric[missing.indexOf(1)]?.name
    return new MillraceError('ML_LEARN', { what: 'an input that is not nullable is missing', where: `input "${name}"` })
  }

  /** Names the first input that cannot be learned from. */
  #unusable({ dense }: FeatureVector): MillraceError {
    const slot = dense.findIndex((value) => !(value * value <= LARGEST_SQUARE))
    return new MillraceError('ML_LEARN', {
      what: 'an input is not finite, or too large to learn from',
      got: slot < 0 ? 'the sum of their squares' : dense[slot],
      where: slot < 0 ? 'logistic' : `logistic, input "${this.#spec.inputs.numeric[slot]?.name ?? slot}"`,
      remedy: 'Encoders refuse such values; bound numeric inputs by their option max',
    })
  }
}

function optimizerOf({ optimizer, l2, inputs }: LogisticSpec): Optimizer {
  switch (optimizer.kind) {
    case 'sgd':
      return new Sgd(optimizer.rate, l2)
    case 'invScaling':
      return new InvScaling(optimizer.rate, optimizer.power, l2)
    case 'adagrad':
      return new AdaGrad(optimizer.rate, l2)
    case 'normalized':
      return new Normalized(optimizer.rate, inputs.numeric.length, inputs.categorical.length)
  }
}
