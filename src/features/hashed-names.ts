import type { CategoricalInput } from './feature-spec.ts'

/** Names kept of the first category in each slot; more slots than this go without. */
const MAX_NAMES = 100_000

/** The slots of an input whose categories are hashed, with the name of the first category seen in each, for inspection. */
export class HashedNames {
  readonly input: CategoricalInput
  /** The first slot. */
  readonly base: number
  /** By place, which is the slot less `base`; undefined where none are kept. */
  readonly names: Map<number, string> | undefined

  constructor(input: CategoricalInput, base: number, named: boolean) {
    this.input = input
    this.base = base
    this.names = named ? new Map() : undefined
  }

  /** The place is to be given the name of the category at hand, by `names.set`. */
  unnamed(place: number, grow: boolean): boolean {
    const { names } = this
    return grow && names !== undefined && !names.has(place) && names.size < MAX_NAMES
  }

  nameOf(slot: number): string {
    const place = slot - this.base
    return this.names?.get(place) ?? `${this.input.name}#${place}`
  }
}
