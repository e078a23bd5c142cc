import { MillraceError } from '../../errors.ts'
import { activeCapacity } from '../../features/feature-spec.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import type { KernelMemory } from '../../numeric/kernel-memory.ts'
import { checkNumber } from '../label-range.ts'
import { checkWeight, type Learner, type LearnerOptions, type SlotWeights, type Task } from '../learner.ts'
import type { LearningRows, RowKernel } from '../learning-rows.ts'
import { LARGEST_SQUARE, unusableInput } from '../usable-inputs.ts'
import { createOptimizer, isPlain, scheduleOf } from './create-optimizer.ts'
import { dotProduct, sumOfSquares } from './dense-sums.ts'
import {
  type DescentRows,
  type DescentStep,
  descentRows,
  descentStep,
  standardisedDescentStep,
} from './descent-code.ts'
import { descentKernel } from './descent-kernel.ts'
import { LinearLayout } from './linear-layout.ts'
import { LARGEST_SLOPE, type LinearSpec } from './linear-options.ts'
import { logDescent, logDescentAt, standardisedLogDescent } from './log-descent.ts'
import { Loss } from './loss.ts'
import type { LossSpec } from './losses.ts'
import { standardisedScoreOneCount, updateAndStandardiseOneCount } from './one-count-standardiser.ts'
import { INTERCEPT, type Optimizer, type Places, STEPS } from './optimizer.ts'
import { probabilityOf } from './probability.ts'
import type { Schedule } from './schedule.ts'
import { subtractActive } from './sgd.ts'
import {
  standardisedScore,
  standardisedScoreOfPresent,
  updateAndStandardise,
  updateAndStandardisePresent,
} from './standardiser.ts'
import { ACTIVE, ERROR, GAIN, LABEL, NORM, newStep, RATE, SCORE, SCORE_BEFORE, SLOPE, SQUARE, WEIGHT } from './step.ts'

const nothing = new Float64Array(0)

/** A linear model with one score: `logistic`, whose loss is the log loss, `linear` or `svm`. */
export interface OneScoreSpec extends LinearSpec {
  readonly loss?: LossSpec
}

/**
 * The learner behind `logistic`, `linear` and `svm`; the layout of its models is in linear-layout.ts.
 *
 * Score = (sum over numeric inputs + sum over active slots, in order) + intercept, each sum in the order of its file.
 *
 * Learning is atomic without a copy: inputs and label are bounded before anything is written, slopes are cut, and with
 * both bounded scaler and optimizer leave finite numbers from every model they can have made (each file says why).
 * Restored rows pass `check`, so there are no others.
 */
export class LinearLearner implements Learner {
  readonly task: Task
  readonly merge = 'average'
  readonly outputs = 1
  readonly uncertain = false
  readonly layout: string
  readonly #spec: OneScoreSpec
  readonly #loss: Loss
  readonly #optimizer: Optimizer
  readonly #rows: LinearLayout
  readonly #places: Places
  readonly #standardise: boolean
  readonly #oneCount: boolean
  readonly #scaler: number
  readonly #clip: number
  /** The intercept's part of NORM: its rate in rates of the weights. */
  readonly #interceptNorm: number
  /** The rates of plain descent on the log loss, which has its own loops. */
  readonly #plain: Schedule | undefined
  /** The same without a scaler and active slots. */
  readonly #plainRows: DescentRows | undefined
  readonly #plainStep: DescentStep | undefined
  /** Where a model was trained last that takes turns with others. */
  #lastPage: Float64Array = nothing
  #lastOffset = -1
  /** The model that is trained again and again, and its weights. */
  #page: Float64Array = nothing
  #offset = -1
  #view: Float64Array = nothing
  // Scratch of one record.
  readonly #scaled: Float64Array
  readonly #step = newStep()
  readonly #out = new Float64Array(1)

  constructor(spec: OneScoreSpec, { fixedInputs = false }: LearnerOptions = {}) {
    const { kind, task, optimizer, standardise, intercept, l1 = 0, l2, clipGradient, interceptRate } = spec
    const loss = spec.loss ?? { kind: 'log' }
    const { numeric } = spec.inputs
    this.task = task
    this.#spec = spec
    this.#loss = new Loss(loss)
    this.#clip = clipGradient ?? LARGEST_SLOPE
    this.#interceptNorm = !intercept ? 0 : (interceptRate ?? optimizer.rate) / optimizer.rate
    this.#optimizer = createOptimizer(spec, this.#loss)
    this.#standardise = standardise
    this.#oneCount = standardise && fixedInputs && !numeric.some(({ nullable }) => nullable)
    const scaled = this.#oneCount ? ' standardised by one count' : standardise ? ' standardised' : ''
    const by = `${loss.kind === 'log' ? '' : ` ${loss.kind}`} ${optimizer.kind}${l1 > 0 ? ' l1' : ''}`
    this.layout = `${kind} v1${by}${scaled}`
    this.#rows = new LinearLayout(this.#optimizer, {
      dense: numeric.length,
      standardise,
      oneCount: this.#oneCount,
      intercept,
      name: this.layout,
    })
    this.#places = this.#rows.places
    this.#scaler = this.#rows.scaler
    this.#scaled = new Float64Array(numeric.length)
    const plain =
      intercept &&
      loss.kind === 'log' &&
      isPlain(spec) &&
      l2 === 0 &&
      clipGradient === undefined &&
      interceptRate === undefined
    this.#plain = plain ? scheduleOf(optimizer) : undefined
    if (!plain) return
    if (this.#oneCount) this.#plainStep = standardisedDescentStep(numeric.length)
    else if (!standardise) this.#plainStep = descentStep(numeric.length)
    if (!standardise && activeCapacity(spec.inputs) === 0) this.#plainRows = descentRows(numeric.length)
  }

  size(slots: number): number {
    return this.#rows.size(slots)
  }

  init(page: Float64Array, offset: number, slots: number): void {
    page.fill(0, offset, offset + this.size(slots))
  }

  predictOne(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void {
    const score = this.#score(page, offset, x)
    if (score - score !== 0) throw this.#unusable(x)
    out[0] = this.#loss.output(score)
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
    const step = this.#step
    step[WEIGHT] = weight
    step[LABEL] = y
    if (x.activeCount > 0) this.#activeScore(page, offset, x)
    else {
      step[ACTIVE] = 0
      step[SQUARE] = 0
    }
    if (this.#plain !== undefined) {
      step[RATE] = this.#plain.rateAt(page[offset + STEPS])
      if (this.#plainStep !== undefined) {
        if (this.#oneCount && x.missingCount > 0) throw this.#incomplete(x)
        const first = offset + this.#places.weights
        const scaler = offset + this.#scaler
        if (!this.#plainStep(page, offset, first, scaler, x.dense, step, out)) throw this.#unusable(x)
      } else if (this.#standardise) {
        this.#standardiseRecord(page, offset, x)
        standardisedLogDescent(page, offset, offset + this.#places.weights, this.#scaled, step, out)
      } else if (!this.#descend(page, offset, x.dense, out)) throw this.#unusable(x)
      if (x.activeCount > 0) subtractActive(page, offset, this.#places, x, step)
      return
    }
    if (this.task === 'regression') checkNumber(y, this.#loss.counts, this.#spec.kind)
    if (this.#standardise) this.#trainStandardised(page, offset, x, out)
    else this.#trainRaw(page, offset, x, out)
  }

  kernel(memory: KernelMemory): RowKernel | undefined {
    const rate = this.#plain?.constant
    const { numeric } = this.#spec.inputs
    const largest = new Set(numeric.map(({ max }) => max))
    const [most] = largest
    if (this.#plainRows === undefined || rate === undefined || largest.size !== 1) return undefined
    return descentKernel(memory, numeric.length, most, this.#places.weights, rate)
  }

  testThenTrainRows(rows: LearningRows, from: number, to: number): number {
    if (this.#plain !== undefined && this.#plainRows !== undefined && rows.bounded) {
      return this.#plainRows(rows, from, to, this.#places.weights, this.#plain)
    }
    let i = from
    try {
      for (; i < to; i++) {
        const { pages, offsets, vectors, labels, weights, outs } = rows
        this.testThenTrain(pages[i], offsets[i], vectors[i], labels[i], weights[i], outs[i])
      }
    } catch {}
    return i
  }

  steps(page: Float64Array, offset: number): number {
    return page[offset + STEPS]
  }

  weights(page: Float64Array, offset: number, slots: number): readonly SlotWeights[] {
    return this.#rows.weights(page, offset, slots)
  }

  resize(
    from: Float64Array,
    fromOffset: number,
    fromSlots: number,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    this.#rows.resize(from, fromOffset, fromSlots, to, toOffset, toSlots)
  }

  move(
    from: Float64Array,
    fromOffset: number,
    map: SlotMap,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    this.#rows.move(from, fromOffset, map, to, toOffset, toSlots)
  }

  check(page: Float64Array, offset: number, slots: number): void {
    this.#rows.check(page, offset, slots)
  }

  mergeWith(page: Float64Array, offset: number, other: Float64Array, otherOffset: number, slots: number): void {
    this.#rows.merge(page, offset, other, otherOffset, slots)
  }

  /** Plain descent without a scaler; false when an input is not usable. */
  #descend(page: Float64Array, offset: number, input: Float64Array, out: Float64Array): boolean {
    const step = this.#step
    if (page === this.#page && offset === this.#offset) return logDescent(page, offset, this.#view, input, step, out)
    this.#stay(page, offset)
    return logDescentAt(page, offset, offset + this.#places.weights, input, step, out)
  }

  /** A model that is trained again and again gets a view of its weights. */
  #stay(page: Float64Array, offset: number): void {
    const first = offset + this.#places.weights
    const again = page === this.#lastPage && offset === this.#lastOffset
    this.#lastPage = page
    this.#lastOffset = offset
    if (!again) return
    this.#page = page
    this.#offset = offset
    this.#view = page.subarray(first, first + this.#places.dense)
  }

  #trainRaw(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void {
    const step = this.#step
    const activeSquare = step[SQUARE]
    dotProduct(page, offset + this.#places.weights, x.dense, step)
    const score = step[SCORE] + step[ACTIVE] + page[offset + INTERCEPT]
    const square = step[SQUARE] + activeSquare
    if (!(square <= LARGEST_SQUARE && score - score === 0)) throw this.#unusable(x)
    step[SCORE] = score
    if (this.#loss.ends) step[NORM] = square + this.#interceptNorm
    if (this.#loss.isLog) {
      const probability = probabilityOf(score)
      step[ERROR] = probability - step[LABEL]
      out[0] = probability
    } else {
      this.#loss.measure(step)
      out[0] = this.#loss.output(score)
    }
    this.#learn(page, offset, x.dense, x)
  }

  /** The scaler learns from the record and standardises it: see `updateAndStandardise`. */
  #standardiseRecord(page: Float64Array, offset: number, x: FeatureVector): void {
    const step = this.#step
    const scaled = this.#scaled
    const activeSquare = step[SQUARE]
    sumOfSquares(x.dense, step)
    if (!(step[SQUARE] + activeSquare <= LARGEST_SQUARE)) throw this.#unusable(x)
    const weights = offset + this.#places.weights
    const scaler = offset + this.#scaler
    if (this.#oneCount) {
      if (x.missingCount > 0) throw this.#incomplete(x)
      step[GAIN] = 1 / (page[offset + STEPS] + 1)
      updateAndStandardiseOneCount(page, weights, scaler, x.dense, scaled, step)
    } else if (x.missingCount === 0) updateAndStandardise(page, weights, scaler, x.dense, scaled, step)
    else updateAndStandardisePresent(page, weights, scaler, x.dense, scaled, x.missing, step)
  }

  #trainStandardised(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void {
    const step = this.#step
    const scaled = this.#scaled
    const activeSquare = step[SQUARE]
    this.#standardiseRecord(page, offset, x)
    const intercept = page[offset + INTERCEPT]
    const before = step[SCORE_BEFORE] + step[ACTIVE] + intercept
    step[SCORE] = step[SCORE] + step[ACTIVE] + intercept
    out[0] = this.#loss.isLog ? probabilityOf(before) : this.#loss.output(before)
    if (this.#loss.ends) {
      sumOfSquares(scaled, step)
      step[NORM] = step[SQUARE] + activeSquare + this.#interceptNorm
    }
    if (this.#loss.isLog) step[ERROR] = probabilityOf(step[SCORE]) - step[LABEL]
    else this.#loss.measure(step)
    this.#learn(page, offset, scaled, x)
  }

  #learn(page: Float64Array, offset: number, input: Float64Array, x: FeatureVector): void {
    const step = this.#step
    const slope = step[WEIGHT] * step[ERROR]
    const clip = this.#clip
    step[SLOPE] = slope > clip ? clip : slope < -clip ? -clip : slope
    this.#optimizer.learn(page, offset, this.#places, input, x, step)
    page[offset + STEPS]++
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
    this.#activeScore(page, offset, x)
    return step[SCORE] + step[ACTIVE] + page[offset + INTERCEPT]
  }

  /** step[ACTIVE] = Σ weight·value of the active slots; step[SQUARE] = Σ value². */
  #activeScore(page: Float64Array, offset: number, { active, values, activeCount }: FeatureVector): void {
    const { sparse, stride } = this.#places
    const first = offset + sparse
    let sum = 0
    let square = 0
    for (let i = 0; i < activeCount; i++) {
      const value = values[i]
      sum += page[first + stride * active[i]] * value
      square += value * value
    }
    this.#step[ACTIVE] = sum
    this.#step[SQUARE] = square
  }

  #unusable(x: FeatureVector): MillraceError {
    return unusableInput(x, this.#spec.inputs, this.#spec.kind)
  }

  /** The encoder gives no such vector: the spec says that no input may be missing. */
  #incomplete({ missing }: FeatureVector): MillraceError {
    const name = this.#spec.inputs.numeric[missing.indexOf(1)]?.name
    return new MillraceError('ML_LEARN', { what: 'an input that is not nullable is missing', where: `input "${name}"` })
  }
}
