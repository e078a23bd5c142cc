/** From the categories of a record to one slot, in three ways: reserved, by a dictionary, by hashing. */
import { utf8Write } from '../bytes/utf8.ts'
import { murmur3 } from '../numeric/murmur3.ts'
import { type CategoricalInput, type CategorySource, categoriesOf } from './feature-spec.ts'
import { HashedNames } from './hashed-names.ts'
import type { TextIndex } from './text-index.ts'
import { TupleIndex } from './tuple-index.ts'

/** What the sources of a record hold. Codes of texts are numbers of a `TextIndex`; negative ones say why there is none. */
export interface Categories {
  readonly codes: Int32Array
  readonly texts: readonly string[]
}

/** The category is new, and nothing may be added. */
export const UNKNOWN = -2
/** The category is new, and its dictionary is full. */
export const OVERFLOWED = -3
/** In place of a slot: the input has none in this record. */
export const NO_SLOT = -1

/** How one categorical input finds its slot. */
export interface CategorySlots {
  readonly input: CategoricalInput
  /** Records whose category was new when the dictionary was full. */
  overflowed: number
  /** The slot, or NO_SLOT. With `grow` a new category may be given one. */
  slotOf(categories: Categories, grow: boolean): number
}

/** All combinations have slots from the start. */
export class ReservedSlots implements CategorySlots {
  readonly input: CategoricalInput
  readonly base: number
  overflowed = 0
  readonly #sources: readonly number[]
  readonly #radices: readonly number[]

  constructor(input: CategoricalInput, base: number, sources: readonly number[]) {
    this.input = input
    this.base = base
    this.#sources = sources
    this.#radices = input.of.map((source) => categoriesOf(source) as number)
  }

  slotOf({ codes }: Categories): number {
    let combination = 0
    for (let i = 0; i < this.#sources.length; i++) {
      const code = codes[this.#sources[i]]
      if (code < 0) return NO_SLOT
      combination = combination * this.#radices[i] + code
    }
    return this.base + combination
  }

  nameOf(slot: number): string {
    let rest = slot - this.base
    const codes: number[] = []
    for (let i = this.#radices.length - 1; i >= 0; i--) {
      codes.unshift(rest % this.#radices[i])
      rest = (rest - codes[0]) / this.#radices[i]
    }
    return categoryName(this.input, codes, [])
  }
}

/** Gives out the next free slot of the model and remembers for whom. */
export type Allocate = (owner: DictionarySlots, entry: number) => number

/** Entry of the slot that all categories past the bound share. */
export const OTHER = -1

/** Categories get slots as they first appear, up to `max`; later ones share one. */
export class DictionarySlots implements CategorySlots {
  readonly input: CategoricalInput
  overflowed = 0
  readonly #max: number
  readonly #allocate: Allocate
  readonly #sources: readonly number[]
  readonly #indexes: readonly (TextIndex | undefined)[]
  /** Combinations of a cross; a single text is its own entry. */
  readonly #tuples: TupleIndex | undefined
  readonly #tuple: Int32Array
  /** By entry; NO_SLOT while it has none. */
  #slots: Int32Array = new Int32Array(16).fill(NO_SLOT)
  #used = 0
  #other = NO_SLOT

  constructor(
    input: CategoricalInput,
    sources: readonly number[],
    indexes: readonly (TextIndex | undefined)[],
    allocate: Allocate,
  ) {
    this.input = input
    this.#max = input.storage.by === 'dictionary' ? input.storage.max : 0
    this.#allocate = allocate
    this.#sources = sources
    this.#indexes = indexes
    this.#tuples = sources.length > 1 ? new TupleIndex(sources.length) : undefined
    this.#tuple = new Int32Array(sources.length)
  }

  slotOf({ codes }: Categories, grow: boolean): number {
    const tuple = this.#tuple
    let overflow = false
    for (let i = 0; i < tuple.length; i++) {
      const code = codes[this.#sources[i]]
      if (code < 0) {
        if (code !== OVERFLOWED) return NO_SLOT
        overflow = true
      }
      tuple[i] = code
    }
    if (overflow) return this.#shared(grow)
    const entry = this.#tuples === undefined ? tuple[0] : this.#tuples.find(tuple)
    const slot = entry >= 0 && entry < this.#slots.length ? this.#slots[entry] : NO_SLOT
    if (slot !== NO_SLOT) return slot
    if (this.#used >= this.#max) return this.#shared(grow)
    return grow ? this.give(tuple) : NO_SLOT
  }

  /** Gives a combination that has no slot the next one. */
  give(tuple: Int32Array): number {
    const entry = this.#tuples === undefined ? tuple[0] : this.#tuples.add(tuple)
    while (entry >= this.#slots.length) {
      const slots = new Int32Array(2 * this.#slots.length).fill(NO_SLOT)
      slots.set(this.#slots)
      this.#slots = slots
    }
    this.#used++
    return (this.#slots[entry] = this.#allocate(this, entry))
  }

  /** Gives the shared slot, the first time. */
  giveOther(): number {
    if (this.#other === NO_SLOT) this.#other = this.#allocate(this, OTHER)
    return this.#other
  }

  get hasOther(): boolean {
    return this.#other !== NO_SLOT
  }

  /** Whether the combination has a slot already. */
  has(tuple: Int32Array): boolean {
    const entry = this.#tuples === undefined ? tuple[0] : this.#tuples.find(tuple)
    return entry >= 0 && entry < this.#slots.length && this.#slots[entry] !== NO_SLOT
  }

  get arity(): number {
    return this.#tuple.length
  }

  get indexes(): readonly (TextIndex | undefined)[] {
    return this.#indexes
  }

  /** The code of source `i` in an entry. */
  codeAt(entry: number, i: number): number {
    return this.#tuples === undefined ? entry : this.#tuples.at(entry, i)
  }

  nameOf(entry: number): string {
    if (entry === OTHER) return `${this.input.name}=<other>`
    const codes = this.#sources.map((_source, i) => this.codeAt(entry, i))
    return categoryName(
      this.input,
      codes,
      this.#indexes.map((index, i) => index?.texts[codes[i]] ?? ''),
    )
  }

  #shared(grow: boolean): number {
    if (!grow) return this.#other
    this.overflowed++
    return this.giveOther()
  }
}

/** Categories share 2^bits slots by their hash. */
export class HashedSlots extends HashedNames implements CategorySlots {
  overflowed = 0
  readonly #mask: number
  readonly #sources: readonly number[]
  #bytes: Uint8Array = new Uint8Array(256)

  constructor(input: CategoricalInput, base: number, sources: readonly number[], named: boolean) {
    super(input, base, named)
    this.#mask = input.storage.by === 'hashing' ? (1 << input.storage.bits) - 1 : 0
    this.#sources = sources
  }

  slotOf({ codes, texts }: Categories, grow: boolean): number {
    const { of } = this.input
    let hash = 0
    for (let i = 0; i < of.length; i++) {
      const source = this.#sources[i]
      const code = codes[source]
      if (code === -1) return NO_SLOT
      // Each part seeds the hash of the next, so that no text can pass for two.
      hash = this.#hash(of[i].from === 'text' ? texts[source] : codeName(of[i], code), hash)
    }
    const place = hash & this.#mask
    if (this.unnamed(place, grow)) {
      const known = this.#sources.map((source) => codes[source])
      const named = this.#sources.map((source) => texts[source])
      this.names?.set(place, categoryName(this.input, known, named))
    }
    return this.base + place
  }

  #hash(text: string, seed: number): number {
    if (3 * text.length > this.#bytes.length) this.#bytes = new Uint8Array(6 * text.length)
    return murmur3(this.#bytes, 0, utf8Write(text, this.#bytes, 0), seed)
  }
}

/** `carrier=UA`, `origin×carrier=EWR×UA`. */
function categoryName({ name, of }: CategoricalInput, codes: readonly number[], texts: readonly string[]): string {
  return `${name}=${of.map((source, i) => (source.from === 'text' ? texts[i] : codeName(source, codes[i]))).join('×')}`
}

function codeName(source: CategorySource, code: number): string {
  return source.from === 'boolean' ? (code === 1 ? 'true' : 'false') : String(code)
}
