import { MillraceError } from '../../errors.ts'
import { inputKey } from '../../features/category-table.ts'
import { type FeatureSpec, firstReservedSlot } from '../../features/feature-spec.ts'
import type { FeatureVector } from '../../features/feature-vector.ts'
import { log } from '../../numeric/log.ts'
import { categoricalOf } from './categorical-of.ts'
import type { Journal } from './journal.ts'
import { isCount, type Place, passActive, passDense, type Transformer, type TransformerKind } from './transformer.ts'

export interface TfIdfOptions {
  /** Each text has length 1 (default), so that long and short ones weigh alike. */
  readonly normalise?: boolean
}

export interface TfIdfSpec {
  readonly kind: 'tfidf'
  readonly input: string
  readonly normalise: boolean
  /** Of the text's slots, and what it is: found by `compose`. */
  readonly bits?: number
  readonly of?: string
}

/**
 * Weighs the words of a text: how often it has the word, over all its words, times ln((1 + n)/(1 + df)) + 1, where df of
 * the n texts so far had it.
 *
 * Input     one text by its name; words that share a slot are one word
 * Cost      about 80 ns a word to test and train; 2^hashBits doubles a model, 2 MB by default: hash to fewer slots in models per key
 * Order     sensitive, by what was seen before a record
 * Breaks    AdaGrad and other learners that find the right rate for rare inputs by themselves gain little from it
 * Merge     exact
 * Snapshot  v1: texts seen, then how many had each slot
 * @see Spärck Jones 1972; River 0.26.1 `feature_extraction.TFIDF`, whose numbers these are where no slots are shared
 */
export function tfidf(input: string, options: TfIdfOptions = {}): TfIdfSpec {
  const { normalise = true } = options
  return { kind: 'tfidf', input, normalise }
}

class TfIdf implements Transformer {
  readonly #normalise: boolean
  /** The text's slots as they reach this transformer. */
  readonly #first: number
  readonly #end: number

  constructor({ input, normalise, bits = 0 }: TfIdfSpec, features: FeatureSpec, inputs: number) {
    this.#normalise = normalise
    const index = features.categorical.findIndex(({ name }) => name === input)
    this.#first = firstReservedSlot(features, index) + inputs - features.numeric.length
    this.#end = this.#first + (1 << bits)
  }

  transform({ page, at }: Place, x: FeatureVector, out: FeatureVector): void {
    passDense(x, out)
    passActive(x, out, 0)
    const { active, values, activeCount } = x
    let words = 0
    for (let i = 0; i < activeCount; i++) if (this.#has(active[i])) words += values[i]
    if (words === 0) return
    const texts = 1 + page[at]
    let square = 0
    for (let i = 0; i < activeCount; i++) {
      if (!this.#has(active[i])) continue
      const had = 1 + page[at + 1 + active[i] - this.#first]
      const value = (values[i] / words) * (log(texts / had) + 1)
      out.values[i] = value
      square += value * value
    }
    if (!this.#normalise || square === 0) return
    const length = Math.sqrt(square)
    for (let i = 0; i < activeCount; i++) if (this.#has(active[i])) out.values[i] /= length
  }

  learn({ page, at }: Place, { active, activeCount }: FeatureVector, journal: Journal): void {
    journal.keep(page, at)
    page[at]++
    for (let i = 0; i < activeCount; i++) {
      if (!this.#has(active[i])) continue
      const place = at + 1 + active[i] - this.#first
      journal.keep(page, place)
      page[place]++
    }
  }

  flaw({ page, at }: Place): string | undefined {
    const texts = page[at]
    if (!isCount(texts)) return 'the number of texts is no count'
    for (let i = 1; i <= this.#end - this.#first; i++) {
      if (!(isCount(page[at + i]) && page[at + i] <= texts)) return 'more texts have a word than there were'
    }
    return undefined
  }

  mergeWith({ page, at }: Place, other: Place): void {
    for (let i = 0; i <= this.#end - this.#first; i++) page[at + i] += other.page[other.at + i]
  }

  #has(slot: number): boolean {
    return slot >= this.#first && slot < this.#end
  }
}

export const tfidfKind: TransformerKind<TfIdfSpec> = {
  resolve(options, features) {
    const input = categoricalOf(features, options.input, 'tfidf')
    const { storage } = input
    if (storage.by === 'tokens') return { ...options, bits: storage.bits, of: inputKey(input) }
    throw new MillraceError('ML_PLAN', {
      what: 'it weighs the words of a text',
      got: storage.by,
      where: `tfidf('${options.input}')`,
      remedy: `Declare it as one: text('${options.input}')`,
    })
  },
  shape: ({ bits = 0 }, inputs) => ({ header: 1 + (1 << bits), inputDoubles: 0, slotDoubles: 0, outputs: inputs }),
  create: (options, { features, inputs }) => new TfIdf(options, features, inputs.length),
}
