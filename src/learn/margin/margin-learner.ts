import { MillraceError } from '../../errors.ts'
import type { FeatureSpec } from '../../features/feature-spec.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import { LARGEST_LABEL } from '../label-range.ts'
import { checkWeight, type Learner, type LearnerSpec, type SlotWeights } from '../learner.ts'
import { dotProduct, sumOfSquares } from '../linear/dense-sums.ts'
import { probabilityOf } from '../linear/probability.ts'
import {
  standardisedScore,
  standardisedScoreOfPresent,
  updateAndStandardise,
  updateAndStandardisePresent,
} from '../linear/standardiser.ts'
import { newStep, SCORE, SCORE_BEFORE, SQUARE } from '../linear/step.ts'
import { LARGEST_SQUARE, unusableInput } from '../usable-inputs.ts'
import { HEADER, INTERCEPT, type MarginRecord, type MarginRule, STEPS } from './margin-rule.ts'
import { WeightRows } from './weight-rows.ts'

/** Labels of a regression beyond this are refused, as inputs are. */

/** What the spec of every learner by margin says beside its rule's options. */
export interface MarginSpec<T = never, K extends 'binary' | 'regression' = 'binary' | 'regression'>
  extends LearnerSpec<T, K> {
  readonly standardise: boolean
  readonly intercept: boolean
}

export interface MarginOptions<T> {
  /** What the model sees: `features(schema)...`. */
  readonly inputs: { readonly spec: FeatureSpec<T> }
  /** Numeric inputs by their running mean and deviation; true by default. */
  readonly standardise?: boolean
}

/**
 * The learner behind `passiveAggressive`, `perceptron`, `alma` and `arow`: a linear score, and a rule that moves the
 * weights when the margin of a record (score times ±1) is too small. See `WeightRows` for the doubles of a model.
 *
 * Score = (sum over numeric inputs + sum over active slots, in order) + intercept. The scaler learns a record first, then
 * the record is standardised and learned: River's order.
 *
 * Learning is atomic without a copy: inputs are bounded before anything is written, and with bounded inputs scaler and
 * rule leave finite numbers.
 */
export class MarginLearner implements Learner {
  readonly task: 'binary' | 'regression'
  readonly merge = 'average'
  readonly outputs = 1
  readonly uncertain = false
  readonly layout: string
  readonly #inputs: FeatureSpec
  readonly #rule: MarginRule
  readonly #standardise: boolean
  readonly #rows: WeightRows
  // Scratch of one record.
  readonly #scaled: Float64Array
  readonly #step = newStep()
  readonly #out = new Float64Array(1)
  readonly #record: MarginRecord

  constructor({ task, inputs, standardise, intercept }: MarginSpec, rule: MarginRule) {
    this.task = task
    this.#inputs = inputs
    this.#rule = rule
    this.#standardise = standardise
    const dense = inputs.numeric.length
    this.layout = `${rule.name} v1${standardise ? ' standardised' : ''}`
    this.#rows = new WeightRows({ rule, dense, standardise, intercept, layout: this.layout })
    this.#scaled = new Float64Array(dense)
    this.#record = { input: this.#scaled, x: undefined as unknown as FeatureVector, score: 0, y: 0, weight: 0 }
  }

  size(slots: number): number {
    return this.#rows.size(slots)
  }

  init(page: Float64Array, offset: number, slots: number): void {
    this.#rows.init(page, offset, slots)
  }

  predictOne(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void {
    const step = this.#step
    const { weights } = this.#rows.places
    const scaler = offset + this.#rows.scaler
    if (!this.#standardise) dotProduct(page, offset + weights, x.dense, step)
    else if (x.missingCount === 0) standardisedScore(page, offset + weights, scaler, x.dense, step)
    else standardisedScoreOfPresent(page, offset + weights, scaler, x.dense, x.missing, step)
    const score = step[SCORE] + this.#activeScore(page, offset, x) + page[offset + INTERCEPT]
    if (score - score !== 0) throw unusableInput(x, this.#inputs, this.#rule.name)
    out[0] = this.task === 'binary' ? probabilityOf(score) : score
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
    const binary = this.task === 'binary'
    if (!binary && !(y >= -LARGEST_LABEL && y <= LARGEST_LABEL)) throw unusableLabel(y, this.#rule.name)
    const step = this.#step
    const { weights } = this.#rows.places
    if (this.#standardise) sumOfSquares(x.dense, step)
    else dotProduct(page, offset + weights, x.dense, step)
    const activeScore = this.#activeScore(page, offset, x)
    if (!(step[SQUARE] <= LARGEST_SQUARE)) throw unusableInput(x, this.#inputs, this.#rule.name)
    const record = this.#record
    if (this.#standardise) {
      this.#observe(page, offset, x)
      record.input = this.#scaled
    } else {
      step[SCORE_BEFORE] = step[SCORE]
      record.input = x.dense
    }
    const intercept = page[offset + INTERCEPT]
    const before = step[SCORE_BEFORE] + activeScore + intercept
    record.x = x
    record.score = step[SCORE] + activeScore + intercept
    record.y = binary ? 2 * y - 1 : y
    record.weight = weight
    this.#rule.learn(page, offset, this.#rows.places, record)
    page[offset + STEPS]++
    out[0] = binary ? probabilityOf(before) : before
  }

  steps(page: Float64Array, offset: number): number {
    return page[offset + STEPS]
  }

  weights(page: Float64Array, offset: number, slots: number): readonly SlotWeights[] {
    const weights = this.#rows.weights(page, offset, slots)
    const set = { intercept: page[offset + INTERCEPT], weights }
    const { variance, interceptVariance } = this.#rule
    if (variance === undefined || interceptVariance === undefined) return [set]
    const deviations = this.#rows.deviations(page, offset, slots)
    return [{ ...set, deviations, interceptDeviation: Math.sqrt(page[offset + HEADER + interceptVariance]) }]
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

  /** The scaler learns the record and standardises it into `#scaled`. */
  #observe(page: Float64Array, offset: number, { dense, missing, missingCount }: FeatureVector): void {
    const weights = offset + this.#rows.places.weights
    const scaler = offset + this.#rows.scaler
    if (missingCount === 0) updateAndStandardise(page, weights, scaler, dense, this.#scaled, this.#step)
    else updateAndStandardisePresent(page, weights, scaler, dense, this.#scaled, missing, this.#step)
  }

  /** Σ weight·value of the active slots; adds Σ value² to step[SQUARE]. */
  #activeScore(page: Float64Array, offset: number, { active, values, activeCount }: FeatureVector): number {
    const { sparse, stride } = this.#rows.places
    let sum = 0
    let square = 0
    for (let i = 0; i < activeCount; i++) {
      const value = values[i]
      sum += page[offset + sparse + stride * active[i]] * value
      square += value * value
    }
    this.#step[SQUARE] += square
    return sum
  }
}

function unusableLabel(got: number, where: string): MillraceError {
  const what = `a label must be a number from -${LARGEST_LABEL} to ${LARGEST_LABEL}`
  return new MillraceError('ML_LABEL', { what, got, where })
}
