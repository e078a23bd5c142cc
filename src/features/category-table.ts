import { type Allocate, DictionarySlots, HashedSlots, OVERFLOWED, ReservedSlots, UNKNOWN } from './category-slots.ts'
import { type CategoricalInput, type CategorySource, type FeatureSpec, reservedSlots } from './feature-spec.ts'
import { HashedNames } from './hashed-names.ts'
import { ABSENT, type RecordValues } from './record-reader.ts'
import { TextIndex } from './text-index.ts'
import { TokenSlots } from './token-slots.ts'

/** How a categorical input finds its slots: one, or one for each word. */
export type InputSlots = ReservedSlots | HashedSlots | DictionarySlots | TokenSlots

/** What an encoder has learned: the categories seen and the slots they were given. */
export class CategoryTable {
  /** Distinct sources of all inputs. */
  readonly sources: readonly CategorySource[]
  /** The dictionary of a text source, where a dictionary input uses it. */
  readonly indexes: readonly (TextIndex | undefined)[]
  readonly inputs: readonly InputSlots[]
  /** First slot that is given to a category when it appears. */
  readonly firstGiven: number
  /** For every given slot: whose it is, and which entry. */
  readonly owners: DictionarySlots[] = []
  readonly entries: number[] = []

  constructor(spec: FeatureSpec, named: boolean) {
    const keys: string[] = []
    const sources: CategorySource[] = []
    const place = (source: CategorySource): number => {
      const key = sourceKey(source)
      if (!keys.includes(key)) {
        keys.push(key)
        sources.push(source)
      }
      return keys.indexOf(key)
    }
    const used = spec.categorical.map((input) => input.of.map(place))
    this.sources = sources
    const bounds = sources.map(() => 0)
    spec.categorical.forEach(({ of, storage }, i) => {
      if (storage.by !== 'dictionary') return
      for (const [j, source] of used[i].entries()) {
        if (of[j].from === 'text') bounds[source] = Math.max(bounds[source], storage.max)
      }
    })
    this.indexes = bounds.map((bound) => (bound === 0 ? undefined : new TextIndex(bound)))
    const allocate: Allocate = (owner, entry) => this.#give(owner, entry)
    let next = spec.numeric.length
    this.inputs = spec.categorical.map((input, i) => {
      const base = next
      next += reservedSlots(input)
      if (input.storage.by === 'fixed') return new ReservedSlots(input, base, used[i])
      if (input.storage.by === 'tokens') return new TokenSlots(input, base, used[i][0], named)
      if (input.storage.by === 'hashing') return new HashedSlots(input, base, used[i], named)
      return new DictionarySlots(
        input,
        used[i],
        used[i].map((source) => this.indexes[source]),
        allocate,
      )
    })
    this.firstGiven = next
  }

  get slots(): number {
    return this.firstGiven + this.owners.length
  }

  /** Turns the texts of a record into codes. */
  look({ texts, codes }: RecordValues, grow: boolean): void {
    const { indexes } = this
    for (let i = 0; i < indexes.length; i++) {
      const index = indexes[i]
      if (index === undefined || codes[i] === ABSENT) continue
      const id = grow ? index.findOrAdd(texts[i]) : index.find(texts[i])
      codes[i] = id >= 0 ? id : index.full ? OVERFLOWED : UNKNOWN
    }
  }

  /** Index of the categorical input that a slot belongs to; -1 of no such slot. */
  inputOf(slot: number): number {
    if (slot >= this.firstGiven) return this.inputs.indexOf(this.owners[slot - this.firstGiven])
    return this.inputs.findIndex((input) => {
      if (input instanceof DictionarySlots) return false
      return slot >= input.base && slot < input.base + reservedSlots(input.input)
    })
  }

  nameOf(slot: number): string | undefined {
    const input = this.inputs[this.inputOf(slot)]
    if (input instanceof DictionarySlots) return input.nameOf(this.entries[slot - this.firstGiven])
    return input?.nameOf(slot)
  }

  /** A slot of hashed categories, of which most may never be used. */
  isHashed(slot: number): boolean {
    return slot < this.firstGiven && this.inputs[this.inputOf(slot)] instanceof HashedNames
  }

  #give(owner: DictionarySlots, entry: number): number {
    const slot = this.slots
    this.owners.push(owner)
    this.entries.push(entry)
    return slot
  }
}

/** Two sources with the same key have the same categories; whether nulls are allowed does not matter. */
export function sourceKey(source: CategorySource): string {
  return `${source.from} ${'offsetMs' in source ? source.offsetMs : ''} ${source.field}`
}

/** Two inputs with the same key use their slots for the same categories; a dictionary's bound does not matter. */
export function inputKey({ name, of, storage }: CategoricalInput): string {
  return JSON.stringify([name, of.map(sourceKey), storage.by, 'bits' in storage ? storage.bits : 0])
}
