import { MillraceError } from '../errors.ts'
import { nearestName } from '../formats/nearest-name.ts'
import type { FieldSpec, RecordSchema } from '../formats/schema.ts'
import { utcOffsetMs } from '../formats/utc-offset.ts'
import {
  type CategorySource,
  type CategoryStorage,
  combinationsOf,
  type FeatureSpec,
  type TokenStorage,
} from './feature-spec.ts'

/** The names of the fields of `T` that hold a `V`, as a union the compiler lists in full. */
export type NamesOf<T, V> = keyof { [P in keyof T as T[P] extends V ? P & string : never]: 1 }

export interface NumericOptions {
  /** Largest magnitude accepted (default 1e15): a record beyond it is rejected, so that one slip cannot drown the rest. */
  readonly max?: number
}

export interface CategoricalOptions {
  /** Categories that get slots of their own (default 100,000); later ones share the slot `<other>`. */
  readonly max?: number
  /** Hash to 2^hashBits slots (1 to 24) instead: a size known beforehand, at the price of collisions. */
  readonly hashBits?: number
}

export interface TextOptions {
  /** Hash words to 2^hashBits slots (1 to 24, default 18): a double or more each, so take fewer in models per key. */
  readonly hashBits?: number
  /** 2: pairs of neighbouring words are inputs, too; 1 by default. */
  readonly ngrams?: 1 | 2
  /** `Free` and `free` are one word; true by default. */
  readonly lowercase?: boolean
  /** Words read of a text (1 to 10,000, default 256); the rest is passed over. A waiting prediction has room for all. */
  readonly maxTokens?: number
  /** The value of a word: how often the text has it (default), or 1. */
  readonly count?: 'count' | 'binary'
}

export interface ClockOptions<A extends string> {
  /** Fixed offset of local time from UTC, such as '-05:00'. Daylight saving is not followed. */
  readonly utcOffset: string
  /** Name of the derived input, for `cross` and for inspection. */
  readonly as?: A
}

/**
 * Starts the list of a model's inputs, for records of this schema. A name that is not a field, or a field of another
 * type, does not compile, and the compiler lists the right ones.
 *
 * @example features(Departure).numeric('distance').categorical('carrier', 'origin').cross('origin', 'carrier')
 */
export function features<T>(schema: RecordSchema<T>): Features<T> {
  return new Features<T>(schema.fields, { version: 1, numeric: [], categorical: [] }, new Map())
}

const DEFAULT_MAX_MAGNITUDE = 1e15
const DEFAULT_MAX_CATEGORIES = 100_000
const MAX_CATEGORIES = 1_000_000
const MAX_HASH_BITS = 24
const MAX_TOKENS = 10_000

/**
 * The inputs of a model, one declaration for learning and scoring. Every method returns a longer list and leaves this
 * one as it is; `D` are the names of derived inputs so far.
 *
 * Cost      a numeric input about 1 ns a record, a categorical one 20 to 40 ns, a word of a text 85 ns; a slot costs a double
 *           or more a model
 * @throws ML_SCHEMA for a name or type that the schema does not have, or a name used twice; ML_RANGE for options
 */
export class Features<T, D extends string = never> {
  /** Plain JSON, as the plan holds it. */
  readonly spec: FeatureSpec<T>
  readonly #fields: readonly FieldSpec[]
  readonly #derived: ReadonlyMap<string, CategorySource>

  constructor(fields: readonly FieldSpec[], spec: FeatureSpec<T>, derived: ReadonlyMap<string, CategorySource>) {
    this.#fields = fields
    this.spec = spec
    this.#derived = derived
  }

  /** Numbers as they are. A null is left out of the record's sum: it counts as the running mean. */
  numeric(...inputs: (NamesOf<T, number | null> | NumericOptions)[]): Features<T, D> {
    const [names, { max = DEFAULT_MAX_MAGNITUDE }] = splitOptions<NumericOptions>(inputs, 'numeric')
    if (!(max > 0 && max <= DEFAULT_MAX_MAGNITUDE)) throw outOfRange('max', max, `> 0 and <= ${DEFAULT_MAX_MAGNITUDE}`)
    const added = names.map((name) => {
      const { nullable } = this.#field(name, ['number', 'integer'], 'numeric')
      return { name, nullable, max }
    })
    return this.#with({ ...this.spec, numeric: [...this.spec.numeric, ...added] })
  }

  /** One slot for each text, two for a boolean. A null has no slot. */
  categorical(...inputs: (NamesOf<T, string | boolean | null> | CategoricalOptions)[]): Features<T, D> {
    const [names, options] = splitOptions<CategoricalOptions>(inputs, 'categorical')
    const added = names.map((name) => {
      const of = [this.#categorySource(name, 'categorical')]
      return { name, of, storage: storageFor(of, options) }
    })
    return this.#with({ ...this.spec, categorical: [...this.spec.categorical, ...added] })
  }

  /**
   * The words of a text, hashed to slots; without a dictionary, so models per key can have them. A null has no words.
   * What a word is says `Tokenizer`: letters and digits of all scripts, the same in every engine.
   */
  text(name: NamesOf<T, string | null>, options: TextOptions = {}): Features<T, D> {
    const { nullable } = this.#field(name as string, ['string'], 'text')
    const of = [{ from: 'text', field: name as string, nullable } as const]
    const input = { name: name as string, of, storage: tokenStorage(options) }
    return this.#with({ ...this.spec, categorical: [...this.spec.categorical, input] })
  }

  /** One slot for each combination of categorical fields or derived inputs; they need not be inputs on their own. */
  cross(...inputs: (NamesOf<T, string | boolean | null> | D | CategoricalOptions)[]): Features<T, D> {
    const [names, options] = splitOptions<CategoricalOptions>(inputs, 'cross')
    if (names.length < 2) {
      throw new MillraceError('ML_SCHEMA', { what: 'a cross needs two inputs or more', got: names, where: 'features' })
    }
    const of = names.map((name) => this.#derived.get(name) ?? this.#categorySource(name, 'cross'))
    const input = { name: names.join('×'), of, storage: storageFor(of, options) }
    return this.#with({ ...this.spec, categorical: [...this.spec.categorical, input] })
  }

  /** 24 slots, one for each hour of the local day. */
  hourOfDay<N extends NamesOf<T, number | null>, A extends string = `hourOfDay(${N & string})`>(
    name: N,
    options: ClockOptions<A>,
  ): Features<T, D | A> {
    return this.#clock('hourOfDay', name as string, options)
  }

  /** 7 slots; Monday is 0, Sunday 6. */
  dayOfWeek<N extends NamesOf<T, number | null>, A extends string = `dayOfWeek(${N & string})`>(
    name: N,
    options: ClockOptions<A>,
  ): Features<T, D | A> {
    return this.#clock('dayOfWeek', name as string, options)
  }

  #clock<A extends string>(
    from: 'hourOfDay' | 'dayOfWeek',
    field: string,
    options: ClockOptions<A>,
  ): Features<T, D | A> {
    const { nullable } = this.#field(field, ['time'], from)
    const name = options.as ?? `${from}(${field})`
    if (options.as !== undefined && (options.as === '' || this.#fields.some((other) => other.name === options.as))) {
      throw new MillraceError('ML_SCHEMA', {
        what: 'a derived name must be new',
        got: options.as,
        where: `${from}('${field}')`,
      })
    }
    const source = { from, field, nullable, offsetMs: utcOffsetMs(options.utcOffset, `${from}('${field}')`) }
    const input = { name, of: [source], storage: { by: 'fixed' } as const }
    const derived = new Map(this.#derived).set(name, source)
    return this.#with<D | A>({ ...this.spec, categorical: [...this.spec.categorical, input] }, derived)
  }

  #with<E extends string = D>(spec: FeatureSpec<T>, derived = this.#derived): Features<T, E> {
    const names = new Set<string>()
    for (const { name } of [...spec.numeric, ...spec.categorical]) {
      if (names.has(name))
        throw new MillraceError('ML_SCHEMA', { what: `"${name}" is declared twice`, where: 'features' })
      names.add(name)
    }
    return new Features<T, E>(this.#fields, spec, derived)
  }

  #categorySource(field: string, where: string): CategorySource {
    const { type, nullable } = this.#field(field, ['string', 'boolean'], where)
    return { from: type === 'boolean' ? 'boolean' : 'text', field, nullable }
  }

  #field(name: string, types: readonly FieldSpec['type'][], where: string): FieldSpec {
    const field = this.#fields.find((each) => each.name === name)
    if (field !== undefined && types.includes(field.type)) return field
    const right = this.#fields.filter((each) => types.includes(each.type)).map((each) => each.name)
    if (where === 'cross') right.push(...this.#derived.keys())
    const near = nearestName(name, right)
    throw new MillraceError('ML_SCHEMA', {
      what:
        field === undefined
          ? `there is no field "${name}"`
          : `field "${name}" is ${field.type}, not ${types.join(' or ')}`,
      where: `features ${where}`,
      remedy: `${near === undefined ? '' : `Did you mean "${near}"? `}Possible are: ${right.join(', ') || 'none'}`,
    })
  }
}

/** Options come last, after the names. */
function splitOptions<O>(inputs: readonly (string | O)[], where: string): [names: string[], options: Partial<O>] {
  const last = inputs[inputs.length - 1]
  const named = typeof last === 'object' && last !== null
  const names = named ? inputs.slice(0, -1) : inputs
  for (const name of names) {
    if (typeof name !== 'string') {
      throw new MillraceError('ML_SCHEMA', {
        what: 'names come first, then options',
        got: name,
        where: `features ${where}`,
      })
    }
  }
  return [names as string[], named ? (last as O) : {}]
}

function storageFor(of: readonly CategorySource[], { max, hashBits }: CategoricalOptions): CategoryStorage {
  if (max !== undefined && hashBits !== undefined) {
    const remedy = 'max bounds a dictionary; hashing has no dictionary'
    throw new MillraceError('ML_RANGE', { what: 'max and hashBits exclude each other', where: 'features', remedy })
  }
  if (hashBits !== undefined) {
    checkInteger('hashBits', hashBits, MAX_HASH_BITS)
    return { by: 'hashing', bits: hashBits }
  }
  if (max !== undefined) checkInteger('max', max, MAX_CATEGORIES)
  return combinationsOf(of) === undefined ? { by: 'dictionary', max: max ?? DEFAULT_MAX_CATEGORIES } : { by: 'fixed' }
}

function tokenStorage(options: TextOptions): TokenStorage {
  const { hashBits = 18, ngrams = 1, lowercase = true, maxTokens = 256, count = 'count' } = options
  checkInteger('hashBits', hashBits, MAX_HASH_BITS)
  checkInteger('maxTokens', maxTokens, MAX_TOKENS)
  if (ngrams !== 1 && ngrams !== 2) throw outOfRange('ngrams', ngrams, '1 or 2')
  if (typeof lowercase !== 'boolean') throw outOfRange('lowercase', lowercase, 'true or false')
  if (count !== 'count' && count !== 'binary') throw outOfRange('count', count, "'count' or 'binary'")
  return { by: 'tokens', bits: hashBits, ngrams, lowercase, max: maxTokens, count }
}

function checkInteger(option: string, got: number, most: number): void {
  if (!(Number.isInteger(got) && got >= 1 && got <= most)) throw outOfRange(option, got, `an integer from 1 to ${most}`)
}

function outOfRange(option: string, got: unknown, range: string): MillraceError {
  return new MillraceError('ML_RANGE', { what: `${option} must be ${range}`, got, where: 'features' })
}
