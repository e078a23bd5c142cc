import { MillraceError } from '../../errors.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import { exp } from '../../numeric/exp.ts'
import { checkWeight, classCapacity, type Learner, type SlotWeights } from '../learner.ts'
import { checkInputs, unusableInput } from '../usable-inputs.ts'
import { createRule, isPlain } from './create-optimizer.ts'
import { LARGEST_SLOPE } from './linear-options.ts'
import { STEPS } from './optimizer.ts'
import type { Rule } from './rule.ts'
import { standardise, updateScaler } from './scaler.ts'
import type { SoftmaxSpec } from './softmax.ts'
import { INTERCEPTS, SEEN, SoftmaxLayout } from './softmax-layout.ts'

/**
 * The learner behind `softmax`; the layout of its models is in softmax-layout.ts. Work is done for the classes seen only.
 *
 * The score of a class is the sum over numeric inputs, active slots and last the intercept, in order. Probabilities are
 * e^(score − largest score) over their sum, classes in order.
 *
 * Atomic, because inputs and label are checked before anything is written, and slopes are between −weight and weight.
 */
export class SoftmaxLearner implements Learner {
  readonly task = 'multiclass'
  readonly merge = 'average'
  readonly outputs: number
  readonly uncertain = false
  readonly layout: string
  readonly #spec: SoftmaxSpec
  readonly #rule: Rule
  readonly #rows: SoftmaxLayout
  readonly #clip: number
  readonly #plain: boolean
  // Scratch of one record.
  #rate = 0
  readonly #scaled: Float64Array
  readonly #scores: Float64Array
  readonly #slopes: Float64Array
  readonly #gradients: Float64Array

  constructor(spec: SoftmaxSpec) {
    const { inputs, optimizer, l1 = 0, clipGradient } = spec
    const classes = classCapacity(spec)
    const dense = inputs.numeric.length
    this.#spec = spec
    this.#rule = createRule(spec)
    this.#plain = isPlain(spec)
    this.outputs = classes
    this.layout = `softmax v1 ${classes} ${optimizer.kind}${l1 > 0 ? ' l1' : ''}${spec.standardise ? ' standardised' : ''}`
    this.#rows = new SoftmaxLayout(this.#rule, { classes, dense, standardise: spec.standardise, name: this.layout })
    this.#clip = clipGradient ?? LARGEST_SLOPE
    this.#scaled = new Float64Array(dense)
    this.#scores = new Float64Array(classes)
    this.#slopes = new Float64Array(classes)
    this.#gradients = new Float64Array(classes)
  }

  size(slots: number): number {
    return this.#rows.size(slots)
  }

  init(page: Float64Array, offset: number, slots: number): void {
    page.fill(0, offset, offset + this.size(slots))
    page[offset + SEEN] = this.#spec.classes?.length ?? 0
  }

  predictOne(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void {
    this.#predict(page, offset, this.#inputs(page, offset, x), x, out)
  }

  learnOne(page: Float64Array, offset: number, x: FeatureVector, y: number, weight: number): void {
    this.#checked(x, y, weight)
    this.#learn(page, offset, x, y, weight)
  }

  testThenTrain(
    page: Float64Array,
    offset: number,
    x: FeatureVector,
    y: number,
    weight: number,
    out: Float64Array,
  ): void {
    this.#checked(x, y, weight)
    this.predictOne(page, offset, x, out)
    this.#learn(page, offset, x, y, weight)
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

  /** Before anything is written. @throws ML_LABEL, ML_LEARN */
  #checked(x: FeatureVector, y: number, weight: number): void {
    checkWeight(weight)
    checkInputs(x, this.#spec.inputs, 'softmax')
    if (Number.isInteger(y) && y >= 0 && y < this.outputs) return
    throw new MillraceError('ML_LABEL', {
      what: `a class must be a whole number from 0 to ${this.outputs - 1}`,
      got: y,
      where: 'softmax',
    })
  }

  /** The numeric inputs as the weights see them. */
  #inputs(page: Float64Array, offset: number, { dense, missing }: FeatureVector): Float64Array {
    if (!this.#spec.standardise) return dense
    standardise(page, offset + this.#rows.scaler, dense, missing, this.#scaled)
    return this.#scaled
  }

  #learn(page: Float64Array, offset: number, x: FeatureVector, y: number, weight: number): void {
    const { header, scaler, slots, stride } = this.#rows
    const { missing } = x
    const rule = this.#rule
    const slopes = this.#slopes
    if (this.#spec.standardise) updateScaler(page, offset + scaler, x.dense, missing)
    const input = this.#inputs(page, offset, x)
    // Before a class has counted its probability is 0, so its first label moves it by all of its weight, as in River.
    this.#predict(page, offset, input, x, slopes)
    if (y >= page[offset + SEEN]) page[offset + SEEN] = y + 1
    const seen = page[offset + SEEN]
    for (let c = 0; c < seen; c++) {
      const slope = weight * (slopes[c] - (c === y ? 1 : 0))
      slopes[c] = Math.min(Math.max(slope, -this.#clip), this.#clip)
    }
    rule.begin(page, offset + header, page[offset + STEPS])
    this.#rate = rule.rateAt(page[offset + STEPS])
    for (let j = 0; j < input.length; j++) {
      if (missing[j] === 0) this.#move(page, offset + slots + stride * j, input[j], seen)
    }
    for (let i = 0; i < x.activeCount; i++) {
      this.#move(page, offset + slots + stride * x.active[i], x.values[i], seen)
    }
    this.#moveIntercepts(page, offset + INTERCEPTS, seen)
    page[offset + STEPS]++
  }

  #moveIntercepts(page: Float64Array, at: number, seen: number): void {
    const { intercept, interceptRate } = this.#spec
    if (!intercept) return
    if (interceptRate === undefined) this.#rule.unpenalised.update(page, at, this.outputs, this.#slopes, 0, seen)
    else for (let c = 0; c < seen; c++) page[at + c] -= interceptRate * this.#slopes[c]
  }

  /** Moves the weights of a slot. */
  #move(page: Float64Array, at: number, value: number, seen: number): void {
    const slopes = this.#slopes
    const { l2 } = this.#spec
    if (this.#plain) {
      // What the rule of plain descent does, in one loop.
      const rate = this.#rate
      for (let c = 0, k = at; c < seen; c++, k++) page[k] -= rate * (slopes[c] * value + l2 * page[k])
      return
    }
    const gradients = this.#gradients
    for (let c = 0; c < seen; c++) gradients[c] = slopes[c] * value + l2 * page[at + c]
    this.#rule.update(page, at, this.outputs, gradients, 0, seen)
  }

  /** @throws ML_LEARN when the inputs give no number; `out` is not whole then */
  #predict(page: Float64Array, offset: number, input: Float64Array, x: FeatureVector, out: Float64Array): void {
    const { slots, stride } = this.#rows
    const scores = this.#scores
    const seen = page[offset + SEEN]
    for (let c = 0; c < seen; c++) scores[c] = 0
    for (let j = 0, k = offset + slots; j < input.length; j++, k += stride) {
      const value = input[j]
      for (let c = 0; c < seen; c++) scores[c] += page[k + c] * value
    }
    for (let i = 0; i < x.activeCount; i++) {
      const k = offset + slots + stride * x.active[i]
      const value = x.values[i]
      for (let c = 0; c < seen; c++) scores[c] += page[k + c] * value
    }
    let largest = -Infinity
    for (let c = 0; c < seen; c++) {
      const score = scores[c] + page[offset + INTERCEPTS + c]
      if (score - score !== 0) throw unusableInput(x, this.#spec.inputs, 'softmax')
      scores[c] = score
      if (score > largest) largest = score
    }
    let sum = 0
    for (let c = 0; c < seen; c++) {
      const odds = exp(scores[c] - largest)
      out[c] = odds
      sum += odds
    }
    for (let c = 0; c < seen; c++) out[c] /= sum
    for (let c = seen; c < out.length; c++) out[c] = 0
  }
}
