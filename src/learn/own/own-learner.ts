import { MillraceError } from '../../errors.ts'
import type { FeatureSpec } from '../../features/feature-spec.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import { LARGEST_LABEL } from '../label-range.ts'
import { checkWeight, classCapacity, type Learner, type Merge, type SlotWeights, type Task } from '../learner.ts'
import { checkInputs } from '../usable-inputs.ts'
import type { Doubles, LayoutDefinition, OwnOptions, OwnSpec } from './definition.ts'
import { ModelView } from './model-view.ts'
import { checkPrediction } from './own-prediction.ts'
import { allFinite, copyPresent, presentFinite } from './present-doubles.ts'

const STEPS = 0
/** Slots that the row has room for: the contract's calls do not say it, and an own learner may want all of them. */
const SLOTS = 1
/** Records of each class, where labels are classes. */
const COUNTS = 2

/**
 * The learner behind a layout that `defineLearner` was given. A model is, in doubles: steps, slots, records of each class;
 * then what the user declared: header, and `perSlot` doubles for each slot.
 *
 * Learning is atomic by a copy: of the whole model, or of what the record's inputs have where the definition promises to
 * write nothing else.
 */
export class OwnLearner implements Learner {
  readonly task: Task
  readonly merge: Merge
  readonly layout: string
  readonly outputs: number
  readonly uncertain: boolean
  readonly weights: Learner['weights']
  readonly mergeWith: Learner['mergeWith']
  readonly #definition: LayoutDefinition<Task, OwnOptions>
  readonly #inputs: FeatureSpec
  /** Doubles before the user's. */
  readonly #own: number
  readonly #view: ModelView
  readonly #other: ModelView
  #kept = new Float64Array(0)

  constructor(definition: LayoutDefinition<Task, OwnOptions>, spec: OwnSpec) {
    const { task, merge = 'none', uncertain = false } = definition
    const classes = task === 'multiclass' ? classCapacity(spec) : 0
    const about = { options: spec.options, classes }
    const header = doublesOf(definition.header, about, 'header', definition.kind)
    const perSlot = doublesOf(definition.perSlot, about, 'perSlot', definition.kind)
    this.#definition = definition
    this.#inputs = spec.inputs
    this.#own = COUNTS + classes
    this.#view = new ModelView(header, perSlot, classes, spec.options)
    this.#other = new ModelView(header, perSlot, classes, spec.options)
    this.task = task
    this.merge = merge
    this.uncertain = uncertain
    this.outputs = task === 'multiclass' ? classes : !uncertain ? 1 : task === 'binary' ? 3 : 4
    const room = classes === 0 ? '' : `, ${classes} classes`
    this.layout = `${definition.kind} v${spec.version} ${header} + ${perSlot} a slot${room}`
    if (definition.weights !== undefined) this.weights = this.#weights
    if (definition.mergeWith !== undefined) this.mergeWith = this.#mergeWith
  }

  size(slots: number): number {
    return this.#own + this.#view.at(slots)
  }

  init(page: Float64Array, offset: number, slots: number): void {
    page.fill(0, offset, offset + this.size(slots))
    page[offset + SLOTS] = slots
    this.#definition.initHeader?.(this.#open(page, offset))
    this.#initSlots(page, offset, 0, slots)
    const wrong = this.#notFinite(page, offset)
    if (wrong === undefined) return
    throw new MillraceError('ML_PLAN', {
      what: `a new model holds a number that is not finite: ${wrong}`,
      where: this.#where,
    })
  }

  predictOne(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void {
    out.fill(this.task === 'multiclass' ? 0 : NaN)
    this.#definition.predictOne(this.#open(page, offset), x, out)
    if (this.task === 'multiclass') this.#forgetUnseen(page, offset, out)
    checkPrediction(this, out, this.#definition.kind)
  }

  learnOne(page: Float64Array, offset: number, x: FeatureVector, y: number, weight: number): void {
    checkWeight(weight)
    const { learnOne, kind, writes } = this.#definition
    if (this.task === 'regression' && !(y >= -LARGEST_LABEL && y <= LARGEST_LABEL)) {
      const what = `a label must be a number from -${LARGEST_LABEL} to ${LARGEST_LABEL}`
      throw new MillraceError('ML_LABEL', { what, got: y, where: this.#where })
    }
    checkInputs(x, this.#inputs, kind)
    const view = this.#open(page, offset)
    const present = writes === 'present' ? x : undefined
    this.#keep(view, present)
    try {
      learnOne.call(this.#definition, view, x, y, weight)
      const wrong = this.#notFinite(page, offset, present)
      if (wrong !== undefined) throw this.#exploded(wrong)
    } catch (error) {
      this.#putBack(view, present)
      throw error
    }
    page[offset + STEPS]++
    if (this.task === 'multiclass') page[offset + COUNTS + y]++
  }

  testThenTrain(
    page: Float64Array,
    offset: number,
    x: FeatureVector,
    y: number,
    weight: number,
    out: Float64Array,
  ): void {
    this.predictOne(page, offset, x, out)
    this.learnOne(page, offset, x, y, weight)
  }

  steps(page: Float64Array, offset: number): number {
    return page[offset + STEPS]
  }

  resize(
    from: Float64Array,
    fromOffset: number,
    fromSlots: number,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    const kept = Math.min(fromSlots, toSlots)
    to.fill(0, toOffset, toOffset + this.size(toSlots))
    to.set(from.subarray(fromOffset, fromOffset + this.size(kept)), toOffset)
    to[toOffset + SLOTS] = toSlots
    this.#initSlots(to, toOffset, kept, toSlots)
  }

  move(
    from: Float64Array,
    fromOffset: number,
    { slots }: SlotMap,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    const { header, perSlot } = this.#view
    const first = this.#own + header
    to.fill(0, toOffset, toOffset + this.size(toSlots))
    for (let i = 0; i < first; i++) to[toOffset + i] = from[fromOffset + i]
    to[toOffset + SLOTS] = toSlots
    this.#initSlots(to, toOffset, 0, toSlots)
    for (let slot = 0; slot < slots.length; slot++) {
      if (slots[slot] < 0) continue
      const source = fromOffset + first + perSlot * slot
      const target = toOffset + first + perSlot * slots[slot]
      for (let part = 0; part < perSlot; part++) to[target + part] = from[source + part]
    }
  }

  check(page: Float64Array, offset: number, slots: number): void {
    const corrupt = (what: string, got?: unknown): never => {
      throw new MillraceError('ML_CORRUPT', { what, got, where: `${this.layout} model` })
    }
    const steps = page[offset + STEPS]
    if (!isCount(steps)) corrupt('the steps of a model are no count', steps)
    if (page[offset + SLOTS] !== slots) corrupt('a model has room for another number of slots', page[offset + SLOTS])
    let labels = 0
    for (let i = COUNTS; i < this.#own; i++) {
      if (!isCount(page[offset + i])) corrupt('the records of a class are no count', page[offset + i])
      labels += page[offset + i]
    }
    if (this.task === 'multiclass' && labels !== steps) corrupt('the classes have other records than the model', labels)
    const wrong = this.#notFinite(page, offset)
    if (wrong !== undefined) corrupt(`a model holds a number that is not finite: ${wrong}`)
    const said = this.#definition.check?.(this.#open(page, offset))
    if (said !== undefined) corrupt(said)
  }

  get #where(): string {
    return `learner "${this.#definition.kind}"`
  }

  #open(page: Float64Array, offset: number): ModelView {
    return this.#view.show(page, offset + this.#own, page[offset + SLOTS], page[offset + STEPS])
  }

  #initSlots(page: Float64Array, offset: number, first: number, slots: number): void {
    if (this.#definition.initSlot === undefined) return
    const view = this.#open(page, offset)
    for (let slot = first; slot < slots; slot++) this.#definition.initSlot(view, slot)
  }

  #weights(page: Float64Array, offset: number, slots: number): readonly SlotWeights[] {
    const view = this.#view.show(page, offset + this.#own, slots, page[offset + STEPS])
    const sets = this.#definition.weights?.(view) ?? []
    return Array.isArray(sets) ? sets : [sets as SlotWeights]
  }

  #mergeWith(page: Float64Array, offset: number, other: Float64Array, otherOffset: number, slots: number): void {
    const view = this.#open(page, offset)
    const otherView = this.#other.show(other, otherOffset + this.#own, slots, other[otherOffset + STEPS])
    this.#keep(view, undefined)
    try {
      this.#definition.mergeWith?.(view, otherView)
      const wrong = this.#notFinite(page, offset)
      if (wrong !== undefined) throw this.#exploded(wrong)
    } catch (error) {
      this.#putBack(view, undefined)
      throw error
    }
    page[offset + STEPS] += other[otherOffset + STEPS]
    for (let i = COUNTS; i < this.#own; i++) page[offset + i] += other[otherOffset + i]
  }

  /** Classes that the model has not seen get 0, the others sum to 1. */
  #forgetUnseen(page: Float64Array, offset: number, out: Float64Array): void {
    let sum = 0
    for (let k = 0; k < out.length; k++) {
      if (page[offset + COUNTS + k] === 0) out[k] = 0
      sum += out[k]
    }
    if (sum > 0) for (let k = 0; k < out.length; k++) out[k] /= sum
  }

  /** Copies what learning may write. */
  #keep(view: ModelView, x: FeatureVector | undefined): void {
    const { row } = view
    if (this.#kept.length < row.length) this.#kept = new Float64Array(row.length)
    if (x === undefined) this.#kept.set(row)
    else copyPresent(row, this.#kept, view, x)
  }

  #putBack(view: ModelView, x: FeatureVector | undefined): void {
    const { row } = view
    if (x === undefined) row.set(this.#kept.subarray(0, row.length))
    else copyPresent(this.#kept, row, view, x)
  }

  /** Names the first double that is no finite number, of those that learning may have written. */
  #notFinite(page: Float64Array, offset: number, x?: FeatureVector): string | undefined {
    const view = this.#open(page, offset)
    const { row, header, perSlot } = view
    if (x === undefined ? allFinite(row, row.length) : presentFinite(view, x)) return undefined
    const wrong = row.findIndex((value) => value - value !== 0)
    if (wrong < header) return `${row[wrong]} in double ${wrong} of the header`
    const slot = Math.floor((wrong - header) / perSlot)
    const name = this.#inputs.numeric[slot]?.name
    const place = name === undefined ? `slot ${slot}` : `input "${name}"`
    return `${row[wrong]} in double ${(wrong - header) % perSlot} of ${place}`
  }

  #exploded(wrong: string): MillraceError {
    return new MillraceError('ML_LEARN', {
      what: `learning left a number that is not finite: ${wrong}; the model is as it was`,
      where: this.#where,
      remedy: 'Bound the step, and divide by nothing that may be 0',
    })
  }
}

function doublesOf(
  doubles: Doubles<OwnOptions> | undefined,
  about: { readonly options: OwnOptions; readonly classes: number },
  what: string,
  kind: string,
): number {
  const count = typeof doubles === 'function' ? doubles(about) : (doubles ?? 0)
  if (Number.isInteger(count) && count >= 0) return count
  throw new MillraceError('ML_PLAN', {
    what: `${what} must be a whole number of doubles`,
    got: count,
    where: `learner "${kind}"`,
  })
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
