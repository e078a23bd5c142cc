import { MillraceError } from '../../errors.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import { exp } from '../../numeric/exp.ts'
import { log } from '../../numeric/log.ts'
import { checkWeight, classCapacity, type Learner } from '../learner.ts'
import { checkInputs } from '../usable-inputs.ts'
import { checkRow } from './check-row.ts'
import type { NaiveBayesSpec } from './naive-bayes.ts'

const STEPS = 0
/** Weight of each class. */
const CLASSES = 1

/** Doubles of a numeric input in a class: weight, mean, Σ weight · (x − mean)². */
const MOMENTS = 3
/** The least variance of a class, by that of all classes. */
const LEAST_SHARE = 1e-9
/** An input whose variance is below this has not changed as far as doubles can tell. */
const LEAST_VARIANCE = 1e-150

const HALF_LOG_2_PI = 0.9189385332046728

/**
 * The learner behind `naiveBayes`. A model of K classes is, in doubles:
 *
 *     steps; weight of each class
 *     numeric inputs: of each, the moments over all classes, then of each class
 *     categorical slots: of each, its weight in each class
 *
 * The score of a class is the logarithm of its share plus those of its inputs, numeric ones first, in order.
 */
export class NaiveBayesLearner implements Learner {
  readonly task: 'binary' | 'multiclass'
  readonly merge = 'exact'
  readonly uncertain = false
  readonly outputs: number
  readonly layout: string
  readonly #spec: NaiveBayesSpec
  readonly #classes: number
  readonly #dense: number
  /** Doubles of a numeric input. */
  readonly #stride: number
  /** Where slot 0 would be, were it categorical. */
  readonly #sparse: number
  readonly #scores: Float64Array

  constructor(spec: NaiveBayesSpec) {
    this.#spec = spec
    this.task = spec.task
    this.#classes = spec.task === 'binary' ? 2 : classCapacity(spec)
    this.outputs = spec.task === 'binary' ? 1 : this.#classes
    this.#dense = spec.inputs.numeric.length
    this.#stride = MOMENTS * (this.#classes + 1)
    this.#sparse = CLASSES + this.#classes + (this.#stride - this.#classes) * this.#dense
    this.#scores = new Float64Array(this.#classes)
    this.layout = `naiveBayes v1 ${spec.task} ${this.#classes}`
  }

  size(slots: number): number {
    return this.#sparse + this.#classes * slots
  }

  init(page: Float64Array, offset: number, slots: number): void {
    page.fill(0, offset, offset + this.size(slots))
  }

  predictOne(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void {
    checkInputs(x, this.#spec.inputs, 'naiveBayes')
    this.#predict(page, offset, x, out)
  }

  learnOne(page: Float64Array, offset: number, x: FeatureVector, y: number, weight: number): void {
    checkWeight(weight)
    checkInputs(x, this.#spec.inputs, 'naiveBayes')
    this.#checkLabel(y)
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
    checkWeight(weight)
    checkInputs(x, this.#spec.inputs, 'naiveBayes')
    this.#checkLabel(y)
    this.#predict(page, offset, x, out)
    this.#learn(page, offset, x, y, weight)
  }

  steps(page: Float64Array, offset: number): number {
    return page[offset + STEPS]
  }

  resize(from: Float64Array, fromAt: number, fromSlots: number, to: Float64Array, toAt: number, toSlots: number): void {
    const common = this.size(Math.min(fromSlots, toSlots))
    to.set(from.subarray(fromAt, fromAt + common), toAt)
    to.fill(0, toAt + common, toAt + this.size(toSlots))
  }

  move(
    from: Float64Array,
    fromAt: number,
    { dense, slots }: SlotMap,
    to: Float64Array,
    toAt: number,
    toSlots: number,
  ): void {
    const classes = this.#classes
    to.fill(0, toAt, toAt + this.size(toSlots))
    for (let i = 0; i < CLASSES + classes; i++) to[toAt + i] = from[fromAt + i]
    const oldSparse = CLASSES + classes + (this.#stride - classes) * dense
    for (let slot = 0; slot < slots.length; slot++) {
      const next = slots[slot]
      if (next < 0) continue
      const numeric = slot < dense
      const source = fromAt + (numeric ? this.#moments(slot) : oldSparse + classes * slot)
      const target = toAt + (numeric ? this.#moments(next) : this.#sparse + classes * next)
      for (let i = 0; i < (numeric ? this.#stride : classes); i++) to[target + i] = from[source + i]
    }
  }

  check(page: Float64Array, offset: number, slots: number): void {
    checkRow(page, offset, this.size(slots), this.layout, () => {
      for (let i = 0; i < this.#classes; i++) if (page[offset + CLASSES + i] < 0) return 'the weight of a class'
      for (let j = 0; j < this.#dense; j++) {
        for (let i = 0; i < this.#stride; i += MOMENTS) {
          const k = offset + this.#moments(j) + i
          if (page[k] < 0 || page[k + 2] < 0) return 'a sum'
        }
      }
      for (let i = this.#sparse + this.#classes * this.#dense; i < this.size(slots); i++) {
        if (page[offset + i] < 0) return 'the weight of a category'
      }
      return undefined
    })
  }

  mergeWith(page: Float64Array, offset: number, other: Float64Array, otherOffset: number, slots: number): void {
    for (let i = 0; i < CLASSES + this.#classes; i++) page[offset + i] += other[otherOffset + i]
    for (let j = 0; j < this.#dense; j++) {
      for (let i = 0; i < this.#stride; i += MOMENTS) {
        mergeMoments(page, offset + this.#moments(j) + i, other, otherOffset + this.#moments(j) + i)
      }
    }
    for (let i = this.#sparse + this.#classes * this.#dense; i < this.size(slots); i++) {
      page[offset + i] += other[otherOffset + i]
    }
  }

  /** Where the moments of a numeric input begin. */
  #moments(slot: number): number {
    return CLASSES + this.#classes + this.#stride * slot
  }

  #checkLabel(y: number): void {
    if (Number.isInteger(y) && y >= 0 && y < this.#classes) return
    throw new MillraceError('ML_LABEL', {
      what: `the label must be the index of a class, below ${this.#classes}`,
      got: y,
      where: 'naiveBayes',
    })
  }

  #predict(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void {
    const scores = this.#scores
    const classes = this.#classes
    let known = 0
    let weight = 0
    for (let k = 0; k < classes; k++) {
      const own = page[offset + CLASSES + k]
      weight += own
      if (own > 0) known++
    }
    if (this.task === 'binary') known = 2
    let most = Number.NEGATIVE_INFINITY
    for (let k = 0; k < classes; k++) {
      const own = page[offset + CLASSES + k]
      if (own === 0 && this.task === 'multiclass') continue
      const score = this.#score(page, offset, x, k, own, weight + known * this.#spec.smoothing)
      scores[k] = score
      if (score > most) most = score
    }
    if (this.task === 'binary') {
      out[0] = 1 / (1 + exp(scores[0] - scores[1]))
      return
    }
    let total = 0
    for (let k = 0; k < classes; k++) {
      const seen = page[offset + CLASSES + k] > 0
      out[k] = seen ? exp(scores[k] - most) : 0
      total += out[k]
    }
    for (let k = 0; k < classes && total > 0; k++) out[k] /= total
  }

  #score(page: Float64Array, offset: number, x: FeatureVector, k: number, own: number, weight: number): number {
    const { smoothing } = this.#spec
    const { dense, missing, active, values, activeCount } = x
    let score = log((own + smoothing) / weight)
    for (let j = 0, all = offset + this.#moments(0); j < dense.length; j++, all += this.#stride) {
      if (missing[j] === 1) continue
      const pooled = page[all] > 1 ? page[all + 2] / (page[all] - 1) : 0
      if (!(pooled > LEAST_VARIANCE)) continue
      const at = all + MOMENTS * (k + 1)
      const count = page[at]
      const least = LEAST_SHARE * pooled
      const variance = count >= 2 ? Math.max(least, page[at + 2] / (count - 1)) : pooled
      const off = dense[j] - (count > 0 ? page[at + 1] : page[all + 1])
      score -= 0.5 * (log(variance) + off * (off / variance)) + HALF_LOG_2_PI
    }
    const first = offset + this.#sparse + k
    for (let i = 0; i < activeCount; i++) {
      if (values[i] === 0) continue
      score += log((page[first + this.#classes * active[i]] + smoothing) / (own + 2 * smoothing))
    }
    return score
  }

  #learn(page: Float64Array, offset: number, x: FeatureVector, y: number, weight: number): void {
    const { dense, missing, active, values, activeCount } = x
    for (let j = 0, all = offset + this.#moments(0); j < dense.length; j++, all += this.#stride) {
      if (missing[j] === 1) continue
      addToMoments(page, all, dense[j], weight)
      addToMoments(page, all + MOMENTS * (y + 1), dense[j], weight)
    }
    const first = offset + this.#sparse + y
    for (let i = 0; i < activeCount; i++) {
      if (values[i] !== 0) page[first + this.#classes * active[i]] += weight
    }
    page[offset + CLASSES + y] += weight
    page[offset + STEPS]++
  }
}

/** Welford's update, with weights. */
function addToMoments(page: Float64Array, at: number, value: number, weight: number): void {
  const count = page[at] + weight
  const off = value - page[at + 1]
  const mean = page[at + 1] + (off * weight) / count
  page[at] = count
  page[at + 1] = mean
  page[at + 2] += weight * off * (value - mean)
}

/** Chan, Golub & LeVeque 1979. */
function mergeMoments(page: Float64Array, at: number, other: Float64Array, otherAt: number): void {
  const added = other[otherAt]
  if (added === 0) return
  const count = page[at] + added
  const off = other[otherAt + 1] - page[at + 1]
  page[at + 2] += other[otherAt + 2] + off * off * page[at] * (added / count)
  page[at + 1] += (off * added) / count
  page[at] = count
}
