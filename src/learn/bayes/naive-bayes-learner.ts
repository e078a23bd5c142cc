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
/** Categorical slots that any class has met. */
const MET = 1
/** Weight of each class; then what its categorical slots have been counted, all together. */
const CLASSES = 2

/** Doubles of a numeric input in a class: weight, mean, Σ weight · (x − mean)². */
const MOMENTS = 3
/** ln 1e9: with a chance of 1e-9 a value says nothing of the class, and comes as among all records. */
const STRANGER = 20.72326583694641
/** Squared deviations from which that may be the likelier. */
const FAR = 40
/** An input whose variance is below this has not changed as far as doubles can tell. */
const LEAST_VARIANCE = 1e-150

/**
 * The learner behind `naiveBayes`. A model of K classes is, in doubles:
 *
 *     steps; categorical slots met; weight of each class; count of all categorical slots in each class
 *     numeric inputs: of each, the moments over all classes, then of each class
 *     categorical slots: of each, its count in each class, Σ weight · value
 *
 * The score of a class is the logarithm of its share plus those of its inputs, numeric ones first, in order; without the
 * powers of 2π, of which all classes have as many.
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
  /** The counts of all categorical slots. */
  readonly #totals: number
  /** Where slot 0 would be, were it categorical. */
  readonly #sparse: number
  // Scratch of one record: the score of each class is #scores − ½ ln #products.
  readonly #scores: Float64Array
  readonly #products: Float64Array

  constructor(spec: NaiveBayesSpec) {
    this.#spec = spec
    this.task = spec.task
    this.#classes = spec.task === 'binary' ? 2 : classCapacity(spec)
    this.outputs = spec.task === 'binary' ? 1 : this.#classes
    this.#dense = spec.inputs.numeric.length
    this.#stride = MOMENTS * (this.#classes + 1)
    this.#totals = CLASSES + this.#classes
    this.#sparse = this.#totals + this.#classes + (this.#stride - this.#classes) * this.#dense
    this.#scores = new Float64Array(this.#classes)
    this.#products = new Float64Array(this.#classes)
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
    for (let i = 0; i < this.#totals; i++) to[toAt + i] = from[fromAt + i]
    const oldSparse = this.#totals + classes + (this.#stride - classes) * dense
    for (let slot = 0; slot < slots.length; slot++) {
      const next = slots[slot]
      if (next < 0) continue
      const numeric = slot < dense
      const source = fromAt + (numeric ? this.#moments(slot) : oldSparse + classes * slot)
      const target = toAt + (numeric ? this.#moments(next) : this.#sparse + classes * next)
      for (let i = 0; i < (numeric ? this.#stride : classes); i++) to[target + i] = from[source + i]
    }
    this.#countSlots(to, toAt, toSlots)
  }

  check(page: Float64Array, offset: number, slots: number): void {
    checkRow(page, offset, this.size(slots), this.layout, () => {
      for (let i = MET; i < this.#totals + this.#classes; i++) if (page[offset + i] < 0) return 'the weight of a class'
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
    for (let i = 0; i < this.#totals; i++) page[offset + i] += other[otherOffset + i]
    for (let j = 0; j < this.#dense; j++) {
      for (let i = 0; i < this.#stride; i += MOMENTS) {
        mergeMoments(page, offset + this.#moments(j) + i, other, otherOffset + this.#moments(j) + i)
      }
    }
    for (let i = this.#sparse + this.#classes * this.#dense; i < this.size(slots); i++) {
      page[offset + i] += other[otherOffset + i]
    }
    this.#countSlots(page, offset, slots)
  }

  /** Where the moments of a numeric input begin. */
  #moments(slot: number): number {
    return this.#totals + this.#classes + this.#stride * slot
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
    const products = this.#products
    const classes = this.#classes
    this.#begin(page, offset)
    this.#weighNumbers(page, offset, x)
    this.#weighCategories(page, offset, x)
    let most = Number.NEGATIVE_INFINITY
    for (let k = 0; k < classes; k++) {
      scores[k] -= 0.5 * log(products[k])
      if (scores[k] > most) most = scores[k]
    }
    if (this.task === 'binary') {
      out[0] = 1 / (1 + exp(scores[0] - scores[1]))
      return
    }
    let total = 0
    for (let k = 0; k < classes; k++) {
      out[k] = page[offset + CLASSES + k] > 0 ? exp(scores[k] - most) : 0
      total += out[k]
    }
    for (let k = 0; k < classes && total > 0; k++) out[k] /= total
  }

  /** Scores by the shares of the classes; of several, those not seen have none. */
  #begin(page: Float64Array, offset: number): void {
    const classes = this.#classes
    const { smoothing } = this.#spec
    const binary = this.task === 'binary'
    let known = 0
    let weight = 0
    for (let k = 0; k < classes; k++) {
      const own = page[offset + CLASSES + k]
      weight += own
      if (own > 0 || binary) known++
    }
    for (let k = 0; k < classes; k++) {
      const own = page[offset + CLASSES + k]
      const seen = own > 0 || binary
      this.#scores[k] = seen ? log((own + smoothing) / (weight + known * smoothing)) : Number.NEGATIVE_INFINITY
      this.#products[k] = 1
    }
  }

  #weighNumbers(page: Float64Array, offset: number, { dense, missing }: FeatureVector): void {
    const { smoothing } = this.#spec
    const scores = this.#scores
    const classes = this.#classes
    for (let j = 0, all = offset + this.#moments(0); j < dense.length; j++, all += this.#stride) {
      const pooled = page[all] > 1 ? page[all + 2] / (page[all] - 1) : 0
      if (missing[j] === 1 || !(pooled > LEAST_VARIANCE)) continue
      const value = dense[j]
      for (let k = 0, at = all + MOMENTS; k < classes; k++, at += MOMENTS) {
        if (scores[k] === Number.NEGATIVE_INFINITY) continue
        const count = page[at]
        // As if `smoothing` records had been seen that vary as all do: a class is not sure of what it has met once or always.
        const variance = count > 1 ? (page[at + 2] + smoothing * pooled) / (count - 1 + smoothing) : pooled
        const off = value - (count > 0 ? page[at + 1] : page[all + 1])
        const far = off * (off / variance)
        if (far > FAR && this.#isStranger(far, variance, value - page[all + 1], pooled)) {
          const whole = value - page[all + 1]
          scores[k] -= STRANGER + 0.5 * whole * (whole / pooled)
          this.#multiply(k, pooled)
          continue
        }
        scores[k] -= 0.5 * far
        this.#multiply(k, variance)
      }
    }
  }

  /** The value is less likely in the class than by chance among all records. */
  #isStranger(far: number, variance: number, whole: number, pooled: number): boolean {
    return far + log(variance) > 2 * STRANGER + whole * (whole / pooled) + log(pooled)
  }

  #weighCategories(page: Float64Array, offset: number, { active, values, activeCount }: FeatureVector): void {
    const classes = this.#classes
    const { smoothing } = this.#spec
    const spread = smoothing * page[offset + MET]
    const totals = offset + this.#totals
    for (let i = 0; i < activeCount; i++) {
      const value = values[i]
      const first = offset + this.#sparse + classes * active[i]
      if (!(value > 0 && this.#isMet(page, first))) continue
      for (let k = 0; k < classes; k++) {
        const rarity = (page[totals + k] + spread) / (page[first + k] + smoothing)
        if (value === 1) this.#multiply(k, rarity * rarity)
        else this.#scores[k] -= value * log(rarity)
      }
    }
  }

  #isMet(page: Float64Array, first: number): boolean {
    for (let k = 0; k < this.#classes; k++) if (page[first + k] > 0) return true
    return false
  }

  /** What the header says of all categorical slots. */
  #countSlots(page: Float64Array, offset: number, slots: number): void {
    const classes = this.#classes
    page[offset + MET] = 0
    page.fill(0, offset + this.#totals, offset + this.#totals + classes)
    for (let slot = this.#dense; slot < slots; slot++) {
      const first = offset + this.#sparse + classes * slot
      if (this.#isMet(page, first)) page[offset + MET]++
      for (let k = 0; k < classes; k++) page[offset + this.#totals + k] += page[first + k]
    }
  }

  /** Logarithms are taken of products, as long as those stay far from the ends of doubles. */
  #multiply(k: number, factor: number): void {
    const products = this.#products
    const product = products[k] * factor
    if (product > 1e-100 && product < 1e100) {
      products[k] = product
      return
    }
    this.#scores[k] -= 0.5 * log(product)
    products[k] = 1
  }

  #learn(page: Float64Array, offset: number, x: FeatureVector, y: number, weight: number): void {
    const { dense, missing, active, values, activeCount } = x
    for (let j = 0, all = offset + this.#moments(0); j < dense.length; j++, all += this.#stride) {
      if (missing[j] === 1) continue
      addToMoments(page, all, dense[j], weight)
      addToMoments(page, all + MOMENTS * (y + 1), dense[j], weight)
    }
    for (let i = 0; i < activeCount; i++) {
      if (!(values[i] > 0)) continue
      const first = offset + this.#sparse + this.#classes * active[i]
      if (!this.#isMet(page, first)) page[offset + MET]++
      page[first + y] += weight * values[i]
      page[offset + this.#totals + y] += weight * values[i]
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
