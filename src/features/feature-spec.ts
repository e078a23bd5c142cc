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

/** How a categorical input gets its slots: all reserved, by a bounded dictionary, or by hashing to 2^bits. */
export type CategoryStorage =
  | { readonly by: 'fixed' }
  | { readonly by: 'dictionary'; readonly max: number }
  | { readonly by: 'hashing'; readonly bits: number }

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
  if (storage.by === 'hashing') return 1 << storage.bits
  return storage.by === 'fixed' ? (combinationsOf(of) as number) : 0
}

/**
 * The number of slots, where it is known before any record: every categorical input is reserved or hashed.
 * Models per key need this, so that a model's size is known from the plan.
 */
export function fixedSlots(spec: FeatureSpec): number | undefined {
  let slots = spec.numeric.length
  for (const input of spec.categorical) {
    if (input.storage.by === 'dictionary') return undefined
    slots += reservedSlots(input)
  }
  return slots
}
