/** Declared inputs as a plan holds them: plain JSON, and what follows from it without seeing a record. */

/** Where the value of a categorical input comes from. */
export type CategorySource =
  | { readonly from: 'text' | 'boolean'; readonly field: string; readonly nullable: boolean }
  | {
      readonly from: 'hourOfDay' | 'dayOfWeek'
      readonly field: string
      readonly nullable: boolean
      /** Milliseconds to add to UTC to get local time. */
      readonly offsetMs: number
    }

/**
 * How a categorical input gets its slots: all reserved, by a bounded dictionary, or by hashing to 2^bits; the words of a
 * text are hashed too, and several are active at a time.
 */
export type CategoryStorage =
  | { readonly by: 'fixed' }
  | { readonly by: 'dictionary'; readonly max: number }
  | { readonly by: 'hashing'; readonly bits: number }
  | TokenStorage

/** The words of a text as slots. */
export interface TokenStorage {
  readonly by: 'tokens'
  readonly bits: number
  /** 2: pairs of neighbouring words have slots, too. */
  readonly ngrams: 1 | 2
  readonly lowercase: boolean
  /** Words read of a text; what comes after them is not. */
  readonly max: number
  /** What the value of a slot says: how often its words are in the text, or only that they are. */
  readonly count: 'count' | 'binary'
}

export interface NumericInput {
  /** The name of the field. */
  readonly name: string
  readonly nullable: boolean
  /** Largest magnitude accepted; a record beyond it is rejected. */
  readonly max: number
}

export interface CategoricalInput {
  readonly name: string
  /** One source, or several for a cross. */
  readonly of: readonly CategorySource[]
  readonly storage: CategoryStorage
}

/** A transformer as a plan holds it: its kind and options, plain JSON. */
export interface TransformerSpec {
  readonly kind: string
}

/**
 * The inputs of a model. `T` is the type of the records that can be encoded; it exists for the compiler only.
 *
 * Numeric inputs have slots 0, 1, ... in order; categorical inputs with reserved slots follow, in order; then slots are
 * given to categories of dictionaries as they first appear.
 */
export interface FeatureSpec<T = never> {
  readonly version: 1
  readonly numeric: readonly NumericInput[]
  readonly categorical: readonly CategoricalInput[]
  /** What is done to the inputs before a learner sees them, inside the model: see `compose`. Encoders take no notice. */
  readonly transformers?: readonly TransformerSpec[]
  /** For the compiler only; never present. */
  readonly '~takes'?: (record: T) => void
}

/** Slots that a source reserves; undefined for text, whose categories are not known. */
export function categoriesOf(source: CategorySource): number | undefined {
  if (source.from === 'text') return undefined
  if (source.from === 'boolean') return 2
  return source.from === 'hourOfDay' ? 24 : 7
}

/** A cross of reserved sources is reserved as a whole, up to this many slots. */
const MAX_FIXED_CROSS = 4096

/** The number of combinations where every source is reserved and they are few enough; else undefined. */
export function combinationsOf(sources: readonly CategorySource[]): number | undefined {
  let product = 1
  for (const source of sources) product *= categoriesOf(source) ?? Infinity
  return product <= MAX_FIXED_CROSS ? product : undefined
}

/** Slots that an input has from the start; 0 for a dictionary. */
export function reservedSlots({ of, storage }: CategoricalInput): number {
  if (storage.by === 'hashing' || storage.by === 'tokens') return 1 << storage.bits
  return storage.by === 'fixed' ? (combinationsOf(of) as number) : 0
}

/** The first slot that is given to a category when it appears: all numeric inputs and all reserved slots come before. */
export function firstGivenSlot({ numeric, categorical }: FeatureSpec): number {
  return categorical.reduce((slots, input) => slots + reservedSlots(input), numeric.length)
}

/** The first slot of a categorical input that is reserved or hashed. */
export function firstReservedSlot({ numeric, categorical }: FeatureSpec, input: number): number {
  return categorical.slice(0, input).reduce((slots, before) => slots + reservedSlots(before), numeric.length)
}

/**
 * The number of slots, where it is known before any record: every categorical input is reserved or hashed.
 * Models per key need this, so that a model's size is known from the plan.
 */
export function fixedSlots(spec: FeatureSpec): number | undefined {
  return spec.categorical.some(({ storage }) => storage.by === 'dictionary') ? undefined : firstGivenSlot(spec)
}

/** Categorical slots that can be active in one record: one an input, and of a text one a word, or nearly two with pairs. */
export function activeCapacity({ categorical }: FeatureSpec): number {
  return categorical.reduce((slots, { storage }) => {
    if (storage.by !== 'tokens') return slots + 1
    return slots + (storage.ngrams === 2 ? 2 * storage.max - 1 : storage.max)
  }, 0)
}

/** Active slots have values other than 1. */
export function hasValues({ categorical }: FeatureSpec): boolean {
  return categorical.some(({ storage }) => storage.by === 'tokens' && storage.count === 'count')
}
