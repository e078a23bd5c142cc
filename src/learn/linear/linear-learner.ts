import { MillraceError } from '../../errors.ts'
import { activeCapacity } from '../../features/feature-spec.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import { checkWeight, type Learner, type LearnerOptions, type SlotWeights } from '../learner.ts'
import { LARGEST_SQUARE, unusableInput } from '../usable-inputs.ts'
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
export class LinearLearner implements Learner {
  readonly task = 'binary'
  readonly merge = 'none'
  readonly outputs = 1
  readonly uncertain = false
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
  readonly #out = new Float64Array(1)

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

  predictOne(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void {
    const score = this.#score(page, offset, x)
    if (score !== score) throw unusableInput(x, this.#spec.inputs, 'logistic')
    out[0] = probabilityOf(score)
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
    if (this.#standardise) this.#trainStandardised(page, offset, x, y, weight, out)
    else this.#trainRaw(page, offset, x, y, weight, out)
  }

  steps(page: Float64Array, offset: number): number {
    return page[offset + STEPS]
  }

  weights(page: Float64Array, offset: number, slots: number): readonly SlotWeights[] {
    const { dense, weights, sparse, stride } = this.#places
    const bySlot = new Float64Array(slots)
    for (let slot = 0; slot < slots; slot++) {
      bySlot[slot] = page[offset + (slot < dense ? weights + slot : sparse + stride * slot)]
    }
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
    { dense: oldDense, slots }: SlotMap,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    const { dense, weights, sparse, stride } = this.#places
    to.fill(0, toOffset, toOffset + this.size(toSlots))
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

  #trainRaw(page: Float64Array, offset: number, x: FeatureVector, y: number, weight: number, out: Float64Array): void {
    const step = this.#step
    dotProduct(page, offset + this.#places.weights, x.dense, step)
    const activeScore = this.#activeScore(page, offset, x)
    const score = step[SCORE] + activeScore + page[offset + INTERCEPT]
    if (!(step[SQUARE] <= LARGEST_SQUARE && score - score === 0)) throw unusableInput(x, this.#spec.inputs, 'logistic')
    const probability = probabilityOf(score)
    step[SCORE] = score
    step[ERROR] = probability - y
    step[WEIGHT] = weight
    this.#optimizer.learn(page, offset, this.#places, x.dense, x, step)
    page[offset + STEPS]++
    out[0] = probability
  }

  #trainStandardised(
    page: Float64Array,
    offset: number,
    x: FeatureVector,
    y: number,
    weight: number,
    out: Float64Array,
  ): void {
    const step = this.#step
    const scaled = this.#scaled
    sumOfSquares(x.dense, step)
    const activeScore = this.#activeScore(page, offset, x)
    if (!(step[SQUARE] <= LARGEST_SQUARE)) throw unusableInput(x, this.#spec.inputs, 'logistic')
    const weights = offset + this.#places.weights
    const scaler = offset + this.#scaler
    if (this.#oneCount) {
      if (x.missingCount > 0) throw this.#incomplete(x)
      step[GAIN] = 1 / (page[offset + STEPS] + 1)
      updateAndStandardiseOneCount(page, weights, scaler, x.dense, scaled, step)
    } else if (x.missingCount === 0) updateAndStandardise(page, weights, scaler, x.dense, scaled, step)
    else updateAndStandardisePresent(page, weights, scaler, x.dense, scaled, x.missing, step)
    const intercept = page[offset + INTERCEPT]
    const score = step[SCORE] + activeScore + intercept
    const probability = probabilityOf(step[SCORE_BEFORE] + activeScore + intercept)
    step[SCORE] = score
    step[ERROR] = probabilityOf(score) - y
    step[WEIGHT] = weight
    this.#optimizer.learn(page, offset, this.#places, scaled, x, step)
    page[offset + STEPS]++
    out[0] = probability
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

  /** Σ weight·value of the active slots; adds Σ value² to step[SQUARE]. */
  #activeScore(page: Float64Array, offset: number, { active, values, activeCount }: FeatureVector): number {
    const { sparse, stride } = this.#places
    const first = offset + sparse
    let sum = 0
    let square = 0
    for (let i = 0; i < activeCount; i++) {
      const value = values[i]
      sum += page[first + stride * active[i]] * value
      square += value * value
    }
    this.#step[SQUARE] += square
    return sum
  }

  /** The encoder gives no such vector: the spec says that no input may be missing. */
  #incomplete({ missing }: FeatureVector): MillraceError {
    const name = this.#spec.inputs.numeric[missing.indexOf(1)]?.name
    return new MillraceError('ML_LEARN', { what: 'an input that is not nullable is missing', where: `input "${name}"` })
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
      return new Normalized(optimizer.rate, inputs.numeric.length, activeCapacity(inputs))
  }
}
