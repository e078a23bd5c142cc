import { type FeatureSpec, firstGivenSlot, type TransformerSpec } from '../../features/feature-spec.ts'
import { expectFewer, type Shape, type Stream } from './transformer.ts'
import { transformerKind } from './transformers.ts'

/**
 * What follows from a list of transformers and the features they begin with, before any is made: where their states lie
 * in a row, and what reaches the learner.
 *
 *     given slots                        one double, where there is a transformer
 *     each transformer                   header, then each of its numeric inputs
 *     each transformer                   each given slot
 *     the learner's own state
 */
export class Chain {
  readonly features: FeatureSpec
  /** Options with what shapes depend on. */
  readonly transformers: readonly TransformerSpec[]
  readonly shapes: readonly Shape[]
  /** What reaches each transformer, and at last the learner. */
  readonly streams: readonly (readonly Stream[])[]
  /** The first double of each transformer, and the end. */
  readonly starts: readonly number[]
  /** Doubles of all transformers for a slot that a dictionary gave. */
  readonly slotDoubles: number
  readonly firstGiven: number

  /** @param resolved the transformers as another chain has them; else those of the features. @throws ML_PLAN, ML_RANGE */
  constructor(features: FeatureSpec, resolved?: readonly TransformerSpec[]) {
    this.features = features
    const declared = features.transformers ?? []
    this.transformers =
      resolved ?? declared.map((options) => transformerKind(options).resolve?.(options, features) ?? options)
    const first = features.numeric.map(({ name, nullable }) => ({ name, key: name, nullable }))
    const streams: (readonly Stream[])[] = [first]
    const starts = [this.transformers.length === 0 ? 0 : 1]
    this.shapes = this.transformers.map((options, i) => {
      const shape = transformerKind(options).shape(options, streams[i])
      starts.push(starts[i] + shape.header + shape.inputDoubles * streams[i].length)
      expectFewer(shape.outputs.length)
      streams.push(shape.outputs)
      return shape
    })
    this.streams = streams
    this.starts = starts
    this.slotDoubles = this.shapes.reduce((sum, { slotDoubles }) => sum + slotDoubles, 0)
    this.firstGiven = firstGivenSlot(features)
  }

  get inputs(): readonly Stream[] {
    return this.streams[0]
  }

  get outputs(): readonly Stream[] {
    return this.streams[this.streams.length - 1]
  }

  /** Numeric inputs more than were encoded: slots move up by as many. */
  get shift(): number {
    return this.outputs.length - this.inputs.length
  }

  /** Slots that dictionaries gave, of so many. */
  given(slots: number): number {
    return Math.max(0, slots - this.firstGiven)
  }

  /** Where the slots' part of a transformer begins, with so many given. */
  slotsAt(transformer: number, given: number): number {
    let at = this.starts[this.starts.length - 1]
    for (let i = 0; i < transformer; i++) at += this.shapes[i].slotDoubles * given
    return at
  }

  /** Where the learner's state begins. */
  learnerAt(given: number): number {
    return this.starts[this.starts.length - 1] + this.slotDoubles * given
  }

  /** The features as the learner sees them. */
  get learned(): FeatureSpec {
    const { transformers, numeric, ...features } = this.features
    return { ...features, numeric: this.outputs.map(({ name, nullable }) => ({ name, nullable, max: 1e15 })) }
  }
}
