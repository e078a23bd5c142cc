import {
  type Allocate,
  type CategorySlots,
  DictionarySlots,
  HashedSlots,
  OVERFLOWED,
  ReservedSlots,
  UNKNOWN,
} from './category-slots.ts'
import { type CategoricalInput, type CategorySource, type FeatureSpec, reservedSlots } from './feature-spec.ts'
import { ABSENT, type RecordValues } from './record-reader.ts'
import { TextIndex } from './text-index.ts'

/** What an encoder has learned: the categories seen and the slots they were given. */
export class CategoryTable {
  /** Distinct sources of all inputs. */
  readonly sources: readonly CategorySource[]
  /** The dictionary of a text source, where a dictionary input uses it. */
  readonly indexes: readonly (TextIndex | undefined)[]
  readonly inputs: readonly CategorySlots[]
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

  nameOf(slot: number): string | undefined {
    if (slot >= this.firstGiven)
      return this.owners[slot - this.firstGiven]?.nameOf(this.entries[slot - this.firstGiven])
    for (const input of this.inputs) {
      if (input instanceof DictionarySlots) continue
      const { base } = input as ReservedSlots | HashedSlots
      if (slot >= base && slot < base + reservedSlots(input.input))
        return (input as ReservedSlots | HashedSlots).nameOf(slot)
    }
    return undefined
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
  return JSON.stringify([name, of.map(sourceKey), storage.by, storage.by === 'hashing' ? storage.bits : 0])
}
