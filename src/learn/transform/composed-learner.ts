import { MillraceError } from '../../errors.ts'
import { activeCapacity, type FeatureSpec } from '../../features/feature-spec.ts'
import { FeatureVector } from '../../features/feature-vector.ts'
import type { SlotMap } from '../../features/slot-map.ts'
import {
  checkWeight,
  type Learner,
  type LearnerOptions,
  type LearnerSpec,
  type Merge,
  type SlotWeights,
  type Task,
} from '../learner.ts'
import { checkInputs } from '../usable-inputs.ts'
import { Chain } from './chain.ts'
import { composedLayout, formerChain, moveComposed, moveFromLayout } from './composed-move.ts'
import { Journal } from './journal.ts'
import type { Place, Transformer } from './transformer.ts'
import { transformerKind } from './transformers.ts'

/**
 * Transformers and the learner that sees what they make, as one learner. A row is laid out as `Chain` says.
 *
 * Learning is atomic: what transformers change is kept in a journal until the learner has learned, and undone where it
 * refuses. The transformers of a learner that has stopped have stopped, too. `testThenTrain` transforms twice where a
 * transformer learns, for the prediction as it was before.
 *
 * Merge     as the learner says where no transformer has a state; else 'average' at best, as each model's learner saw
 *           its records by other statistics
 */
export class ComposedLearner implements Learner {
  readonly task: Task
  readonly merge: Merge
  readonly layout: string
  readonly outputs: number
  readonly uncertain: boolean
  readonly numericNames: readonly string[]
  readonly stopped?: NonNullable<Learner['stopped']>
  readonly weights?: NonNullable<Learner['weights']>
  readonly posterior?: NonNullable<Learner['posterior']>
  readonly mergeWith?: NonNullable<Learner['mergeWith']>
  readonly #chain: Chain
  readonly #inner: Learner
  readonly #features: FeatureSpec
  readonly #transformers: readonly Transformer[]
  readonly #learns: boolean
  // Scratch of one record.
  readonly #vectors: readonly FeatureVector[]
  readonly #places: readonly Place[]
  readonly #others: readonly Place[]
  readonly #journal = new Journal()

  constructor(
    spec: LearnerSpec,
    options: LearnerOptions,
    create: (spec: LearnerSpec, options: LearnerOptions) => Learner,
  ) {
    const chain = new Chain(spec.inputs)
    const inner = create({ ...spec, inputs: chain.learned }, options)
    this.#chain = chain
    this.#inner = inner
    this.#features = spec.inputs
    this.#transformers = chain.transformers.map((transformer, i) =>
      transformerKind(transformer).create(transformer, {
        features: spec.inputs,
        inputs: chain.streams[i],
        task: spec.task,
        inputOf: options.inputOf,
      }),
    )
    this.#learns = this.#transformers.some((each) => each.learn !== undefined || each.learnLabel !== undefined)
    const active = activeCapacity(spec.inputs)
    this.#vectors = chain.streams.slice(1).map(({ length }) => new FeatureVector(length, active))
    const place = (): Place => ({ page: new Float64Array(0), at: 0, slots: 0 })
    this.#places = this.#transformers.map(place)
    this.#others = this.#transformers.map(place)
    this.task = inner.task
    this.outputs = inner.outputs
    this.uncertain = inner.uncertain
    this.layout = composedLayout(inner.layout, chain)
    this.numericNames = chain.outputs.map(({ name }) => name)
    this.merge = this.#mergeOf(inner.merge)
    if (inner.stopped !== undefined) {
      this.stopped = (page, offset) => inner.stopped?.(page, offset + chain.learnerAt(page[offset])) === true
    }
    if (inner.weights !== undefined) this.weights = (page, offset, slots) => this.#weights(page, offset, slots)
    const posterior = inner.posterior?.bind(inner)
    if (posterior !== undefined) {
      this.posterior = (page, offset, slots) =>
        posterior(page, offset + chain.learnerAt(page[offset]), slots + chain.shift)
    }
    if (this.merge !== 'none') {
      this.mergeWith = (page, offset, other, otherOffset, slots) => this.#merge(page, offset, other, otherOffset, slots)
    }
  }

  size(slots: number): number {
    return this.#chain.learnerAt(this.#chain.given(slots)) + this.#inner.size(slots + this.#chain.shift)
  }

  init(page: Float64Array, offset: number, slots: number): void {
    const given = this.#chain.given(slots)
    const at = this.#chain.learnerAt(given)
    page.fill(0, offset, offset + at)
    page[offset] = given
    this.#inner.init(page, offset + at, slots + this.#chain.shift)
  }

  predictOne(page: Float64Array, offset: number, x: FeatureVector, out: Float64Array): void {
    const at = this.#open(page, offset)
    this.#inner.predictOne(page, at, this.#transformed(x), out)
  }

  learnOne(page: Float64Array, offset: number, x: FeatureVector, y: number, weight: number): void {
    checkWeight(weight)
    checkInputs(x, this.#features, 'compose')
    const at = this.#open(page, offset)
    if (this.#inner.stopped?.(page, at)) {
      this.#inner.learnOne(page, at, this.#transformed(x), y, weight)
      return
    }
    const transformers = this.#transformers
    const journal = this.#journal
    journal.clear()
    try {
      let input = x
      for (let i = 0; i < transformers.length; i++) {
        transformers[i].learn?.(this.#places[i], input, journal)
        transformers[i].transform(this.#places[i], input, this.#vectors[i])
        input = this.#vectors[i]
      }
      this.#inner.learnOne(page, at, input, y, weight)
    } catch (error) {
      journal.undo(page)
      throw error
    }
    for (let i = 0; i < transformers.length; i++) {
      transformers[i].learnLabel?.(this.#places[i], i === 0 ? x : this.#vectors[i - 1], y, weight)
    }
  }

  testThenTrain(
    page: Float64Array,
    offset: number,
    x: FeatureVector,
    y: number,
    weight: number,
    out: Float64Array,
  ): void {
    if (this.#learns) {
      this.predictOne(page, offset, x, out)
      this.learnOne(page, offset, x, y, weight)
      return
    }
    checkInputs(x, this.#features, 'compose')
    const at = this.#open(page, offset)
    this.#inner.testThenTrain(page, at, this.#transformed(x), y, weight, out)
  }

  steps(page: Float64Array, offset: number): number {
    return this.#inner.steps(page, offset + this.#chain.learnerAt(page[offset]))
  }

  resize(
    from: Float64Array,
    fromOffset: number,
    fromSlots: number,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    const chain = this.#chain
    const [had, has] = [chain.given(fromSlots), chain.given(toSlots)]
    to.fill(0, toOffset, toOffset + chain.learnerAt(has))
    to[toOffset] = has
    for (let i = chain.starts[0]; i < chain.slotsAt(0, 0); i++) to[toOffset + i] = from[fromOffset + i]
    for (const [i, { slotDoubles }] of chain.shapes.entries()) {
      const [source, target] = [fromOffset + chain.slotsAt(i, had), toOffset + chain.slotsAt(i, has)]
      for (let k = 0; k < slotDoubles * Math.min(had, has); k++) to[target + k] = from[source + k]
    }
    const { shift } = chain
    const [source, target] = [fromOffset + chain.learnerAt(had), toOffset + chain.learnerAt(has)]
    this.#inner.resize(from, source, fromSlots + shift, to, target, toSlots + shift)
  }

  move(
    from: Float64Array,
    fromOffset: number,
    map: SlotMap,
    to: Float64Array,
    toOffset: number,
    toSlots: number,
  ): void {
    const old = formerChain(this.#chain, map, this.#chain.transformers)
    moveComposed({ chain: old, page: from, offset: fromOffset }, map, this.#inner, {
      chain: this.#chain,
      page: to,
      offset: toOffset,
      slots: toSlots,
    })
  }

  /** How a model of another layout is moved here, where it differs in its transformers alone. */
  moveFrom(layout: string): Learner['move'] | undefined {
    return moveFromLayout(layout, this.#inner, this.#chain)
  }

  check(page: Float64Array, offset: number, slots: number): void {
    const given = this.#chain.given(slots)
    const wrong = (what: string, got?: unknown): never => {
      throw new MillraceError('ML_CORRUPT', { what, got, where: `${this.layout} model` })
    }
    if (page[offset] !== given) wrong('a model has room for another number of slots', page[offset])
    const at = this.#open(page, offset)
    for (let i = offset; i < at; i++) {
      if (page[i] - page[i] !== 0) wrong('a model holds a number that is not finite', page[i])
    }
    for (const [i, transformer] of this.#transformers.entries()) {
      const flaw = transformer.flaw?.(this.#places[i], given)
      if (flaw !== undefined) wrong(flaw)
    }
    this.#inner.check(page, at, slots + this.#chain.shift)
  }

  /** Points the places at a row, and tells where the learner's state begins. */
  #open(page: Float64Array, offset: number, places: readonly Place[] = this.#places): number {
    const { starts, shapes } = this.#chain
    const given = page[offset]
    let slots = offset + starts[places.length]
    for (let i = 0; i < places.length; i++) {
      const place = places[i]
      place.page = page
      place.at = offset + starts[i]
      place.slots = slots
      slots += shapes[i].slotDoubles * given
    }
    return slots
  }

  #transformed(x: FeatureVector): FeatureVector {
    let input = x
    for (let i = 0; i < this.#transformers.length; i++) {
      this.#transformers[i].transform(this.#places[i], input, this.#vectors[i])
      input = this.#vectors[i]
    }
    return input
  }

  #weights(page: Float64Array, offset: number, slots: number): readonly SlotWeights[] {
    const at = offset + this.#chain.learnerAt(page[offset])
    return this.#inner.weights?.(page, at, slots + this.#chain.shift) ?? []
  }

  #mergeOf(inner: Merge): Merge {
    if (!this.#learns || inner === 'none') return inner
    const parts = this.#transformers.filter((each) => each.learn !== undefined || each.learnLabel !== undefined)
    return parts.every(({ mergeWith }) => mergeWith !== undefined) ? 'average' : 'none'
  }

  #merge(page: Float64Array, offset: number, other: Float64Array, otherOffset: number, slots: number): void {
    const [at, otherAt] = [this.#open(page, offset), this.#open(other, otherOffset, this.#others)]
    for (const [i, transformer] of this.#transformers.entries()) {
      transformer.mergeWith?.(this.#places[i], this.#others[i], page[offset])
    }
    this.#inner.mergeWith?.(page, at, other, otherAt, slots + this.#chain.shift)
  }
}

/** How a model that was made by another list of transformers, or by none, is taken over; undefined: not at all. */
export function formerMove(layout: string, learner: Learner, features: FeatureSpec): Learner['move'] | undefined {
  if (learner instanceof ComposedLearner) return learner.moveFrom(layout)
  return moveFromLayout(layout, learner, new Chain(features))
}
