import { MillraceError } from '../../errors.ts'
import { inputKey } from '../../features/category-table.ts'
import { firstGivenSlot, firstReservedSlot, reservedSlots } from '../../features/feature-spec.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import { categoricalOf } from './categorical-of.ts'
import {
  type Place,
  passDense,
  type Transformer,
  type TransformerContext,
  type TransformerKind,
} from './transformer.ts'

export interface TargetEncodingOptions {
  /** Records' worth of the prior in each mean (default 10): so much must be seen of a category until it counts half. */
  readonly weight?: number
  /** What is expected of a category never seen; by default the mean of all labels so far, 0 before any. */
  readonly prior?: number
  /** True: the category stays an input, too. False by default: the mean is put in its place. */
  readonly keep?: boolean
}

export interface TargetEncodingSpec {
  readonly kind: 'targetEncoding'
  readonly input: string
  readonly weight: number
  readonly prior: number | null
  readonly keep: boolean
  /** Slots reserved for the input, 0 where a dictionary gives them, and what it is: found by `compose`. */
  readonly reserved?: number
  readonly of?: string
}

/**
 * A categorical input as one number: the mean of the labels that its category had before, drawn towards a prior:
 * (n · mean + weight · prior) / (n + weight). For inputs with many categories, of which most are rare.
 *
 * Nothing leaks: a record is encoded, in learning as in predicting, by the labels learned before it; its own is added
 * after the learner has learned. A record without the category has the prior. Weights of records count in the means.
 *
 * Input     one categorical input or cross by its name; labels true or false, or numbers; not several classes
 * Cost      about 150 ns a record to test and train; two doubles for each slot of the input; of a dictionary for each slot that any dictionary
 *           of the model gave. The slots stay in the learner's row, unused
 * Order     sensitive, as labels come
 * Breaks    where categories change their meaning: means are over all time
 * Merge     exact
 * Snapshot  v1: weight and mean of all labels, then of each reserved slot; of given slots with them
 * @throws ML_RANGE for a weight that is not from 1e-9 to 1e9, or a prior that is no number up to 1e15; ML_PLAN for several classes
 * @see Micci-Barreca 2001, "A preprocessing scheme for high-cardinality categorical attributes"; River 0.26.1
 *   `feature_extraction.TargetAgg` with `stats.BayesianMean`, whose numbers these are with `prior`
 */
export function targetEncoding(input: string, options: TargetEncodingOptions = {}): TargetEncodingSpec {
  const { weight = 10, prior = null, keep = false } = options
  const wrong = (what: string, got: unknown): never => {
    throw new MillraceError('ML_RANGE', { what, got, where: `targetEncoding('${input}')` })
  }
  if (!(weight >= 1e-9 && weight <= 1e9)) wrong('weight must be from 1e-9 to 1e9', weight)
  if (prior !== null && !(Math.abs(prior) <= 1e15)) wrong('prior must be a number up to 1e15', prior)
  return { kind: 'targetEncoding', input, weight, prior, keep }
}

const WEIGHT = 0
const MEAN = 1
const DOUBLES = 2

class TargetEncoding implements Transformer {
  readonly #weight: number
  readonly #prior: number | null
  readonly #keep: boolean
  /** Numeric inputs before and after those of the encoder: slots have moved up by this. */
  readonly #moved: number
  readonly #index: number
  /** Of a reserved input: its slots. */
  readonly #first: number
  readonly #end: number
  readonly #given: number
  readonly #inputOf: (slot: number) => number

  constructor({ input, weight, prior, keep, reserved = 0 }: TargetEncodingSpec, context: TransformerContext) {
    const { features, inputs, task } = context
    const where = `targetEncoding('${input}')`
    if (task === 'multiclass') {
      throw new MillraceError('ML_PLAN', {
        what: 'classes have no mean',
        where,
        remedy: 'Leave the categorical input as it is, or learn one class against the rest',
      })
    }
    if (reserved === 0 && context.inputOf === undefined) {
      throw new MillraceError('ML_PLAN', { what: 'whose slots are which knows the encoder, and there is none', where })
    }
    this.#weight = weight
    this.#prior = prior
    this.#keep = keep
    this.#moved = inputs.length - features.numeric.length
    this.#index = features.categorical.findIndex(({ name }) => name === input)
    this.#first = firstReservedSlot(features, this.#index)
    this.#end = this.#first + reserved
    this.#given = firstGivenSlot(features)
    this.#inputOf = context.inputOf ?? (() => -1)
  }

  transform(place: Place, x: FeatureVector, out: FeatureVector): void {
    passDense(x, out)
    const { page, at } = place
    const prior = this.#prior ?? page[at + MEAN]
    let value = prior
    out.activeCount = 0
    for (let i = 0; i < x.activeCount; i++) {
      const found = this.#find(place, x.active[i])
      if (found >= 0) {
        const weight = page[found + WEIGHT]
        value = (page[found + MEAN] * weight + prior * this.#weight) / (weight + this.#weight)
      }
      if (found < 0 || this.#keep) out.activate(x.active[i] + 1, x.values[i])
    }
    out.dense[x.dense.length] = value
    out.missing[x.dense.length] = 0
  }

  learnLabel(place: Place, x: FeatureVector, y: number, weight: number): void {
    update(place.page, place.at, y, weight)
    for (let i = 0; i < x.activeCount; i++) {
      const found = this.#find(place, x.active[i])
      if (found >= 0) update(place.page, found, y, weight)
    }
  }

  flaw({ page, at, slots }: Place, given: number): string | undefined {
    const negative = (start: number, count: number): boolean => {
      for (let i = 0; i < count; i++) if (page[start + DOUBLES * i + WEIGHT] < 0) return true
      return false
    }
    const reserved = this.#end - this.#first
    const wrong = negative(at, 1 + reserved) || (reserved === 0 && negative(slots, given))
    return wrong ? 'the weight of labels is negative' : undefined
  }

  mergeWith({ page, at, slots }: Place, other: Place, given: number): void {
    const reserved = this.#end - this.#first
    mergeAll(page, at, other.page, other.at, 1 + reserved)
    if (reserved === 0) mergeAll(page, slots, other.page, other.slots, given)
  }

  /** Where the mean of a slot is; -1 of a slot that is another input's. */
  #find({ at, slots }: Place, active: number): number {
    const slot = active - this.#moved
    if (this.#end > this.#first) {
      return slot >= this.#first && slot < this.#end ? at + DOUBLES * (1 + slot - this.#first) : -1
    }
    return slot >= this.#given && this.#inputOf(slot) === this.#index ? slots + DOUBLES * (slot - this.#given) : -1
  }
}

function update(page: Float64Array, at: number, y: number, weight: number): void {
  const all = page[at + WEIGHT] + weight
  page[at + WEIGHT] = all
  page[at + MEAN] += (weight / all) * (y - page[at + MEAN])
}

function mergeAll(page: Float64Array, at: number, other: Float64Array, otherAt: number, count: number): void {
  for (let i = 0; i < DOUBLES * count; i += DOUBLES) {
    const weight = other[otherAt + i + WEIGHT]
    if (weight > 0) update(page, at + i, other[otherAt + i + MEAN], weight)
  }
}

export const targetEncodingKind: TransformerKind<TargetEncodingSpec> = {
  resolve(options, features) {
    const input = categoricalOf(features, options.input, 'targetEncoding')
    if (input.storage.by === 'tokens') {
      throw new MillraceError('ML_PLAN', {
        what: 'a text has many words, and one mean is none of them',
        where: `targetEncoding('${options.input}')`,
        remedy: 'Weigh words by tfidf',
      })
    }
    return { ...options, reserved: reservedSlots(input), of: inputKey(input) }
  },
  shape({ input, weight, prior, reserved = 0 }, inputs) {
    const mean = { name: `mean(${input})`, key: `mean(${input},${weight},${prior})`, nullable: false }
    return {
      header: DOUBLES * (1 + reserved),
      inputDoubles: 0,
      slotDoubles: reserved === 0 ? DOUBLES : 0,
      outputs: [...inputs, mean],
    }
  },
  create: (options, context) => new TargetEncoding(options, context),
}
