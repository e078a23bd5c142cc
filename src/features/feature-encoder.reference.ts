import type { CategorySource, FeatureSpec } from './feature-spec.ts'

/** What a record looks like to a model, by name: the plain form of what `FeatureEncoder` does with slots. */
export interface NamedFeatures {
  readonly dense: readonly (number | undefined)[]
  /** Names of active slots, in the order of their features. */
  readonly active: readonly string[]
}

/** Encodes by names and maps alone, dictionaries only. For tests: slow, and easy to see through. */
export class ReferenceEncoder {
  /** Names in the order in which they got their slots. */
  readonly names: string[]
  overflowed = 0
  readonly #spec: FeatureSpec
  /** Texts known, by field; categories with a slot, by input. */
  readonly #texts = new Map<string, Set<string>>()
  readonly #given = new Map<string, Set<string>>()

  constructor(spec: FeatureSpec) {
    this.#spec = spec
    this.names = spec.numeric.map(({ name }) => name)
    for (const { name, of, storage } of spec.categorical) {
      if (storage.by !== 'fixed') continue
      let combinations = ['']
      for (const source of of) {
        const categories = { text: [], boolean: ['false', 'true'], hourOfDay: upTo(24), dayOfWeek: upTo(7) }[
          source.from
        ]
        combinations = combinations.flatMap((start) =>
          categories.map((each) => (start === '' ? each : `${start}×${each}`)),
        )
      }
      this.names.push(...combinations.map((each) => `${name}=${each}`))
    }
  }

  encode(record: Readonly<Record<string, unknown>>, grow: boolean): NamedFeatures {
    const { numeric, categorical } = this.#spec
    const dense = numeric.map(({ name }) => (record[name] ?? undefined) as number | undefined)
    const full = new Map<string, boolean>()
    for (const source of categorical.flatMap(({ of, storage }) => (storage.by === 'dictionary' ? of : []))) {
      if (source.from === 'text' && !full.has(source.field))
        full.set(source.field, this.#learnText(source, record, grow))
    }
    const active: string[] = []
    for (const { name, of, storage } of categorical) {
      const values = of.map((source) => categoryOf(source, record))
      if (values.includes(undefined)) continue
      const category = `${name}=${values.join('×')}`
      if (storage.by !== 'dictionary') {
        active.push(category)
        continue
      }
      const given = this.#given.get(name) ?? new Set()
      this.#given.set(name, given)
      const unknown = of.filter(
        ({ from, field }, i) => from === 'text' && !this.#texts.get(field)?.has(values[i] as string),
      )
      const shared = unknown.length > 0 && unknown.every(({ field }) => full.get(field))
      if (unknown.length > 0 && !shared) continue
      if (given.has(category)) active.push(category)
      else if (shared || given.size >= storage.max) {
        const other = `${name}=<other>`
        if (grow) {
          this.overflowed++
          if (!this.names.includes(other)) this.names.push(other)
        }
        if (this.names.includes(other)) active.push(other)
      } else if (grow) {
        given.add(category)
        this.names.push(category)
        active.push(category)
      }
    }
    return { dense, active }
  }

  /** True when the field's dictionary is full. */
  #learnText({ field }: CategorySource, record: Readonly<Record<string, unknown>>, grow: boolean): boolean {
    const bounds = this.#spec.categorical.map(({ of, storage }) =>
      storage.by === 'dictionary' && of.some((source) => source.from === 'text' && source.field === field)
        ? storage.max
        : 0,
    )
    const known = this.#texts.get(field) ?? new Set()
    this.#texts.set(field, known)
    const value = record[field]
    if (grow && typeof value === 'string' && known.size < Math.max(...bounds)) known.add(value)
    return known.size >= Math.max(...bounds)
  }
}

function categoryOf(source: CategorySource, record: Readonly<Record<string, unknown>>): string | undefined {
  const value = record[source.field]
  if (value === null || value === undefined) return undefined
  if (!('offsetMs' in source)) return String(value)
  const local = new Date((value as number) + source.offsetMs)
  return String(source.from === 'hourOfDay' ? local.getUTCHours() : (local.getUTCDay() + 6) % 7)
}

function upTo(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i))
}
