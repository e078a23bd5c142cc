/**
 * Counts that must balance, kept per key group so that they are the same at any parallelism and add up after rescaling.
 *
 * Every operator counts `in`, `processed` and `rejected`; operators with labels count more. They live in the snapshot.
 */
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'

export class Ledger {
  readonly names: readonly string[]
  /** Of each group its counters side by side: a record counts in several. */
  readonly #counts: Float64Array
  readonly #groups: number
  readonly #together: { readonly counters: readonly number[]; readonly counts: Float64Array }[] = []

  constructor(names: readonly string[], keyGroups: number) {
    this.names = names
    this.#groups = keyGroups
    this.#counts = new Float64Array(names.length * keyGroups)
  }

  add(counter: number, group: number): void {
    this.#counts[group * this.names.length + counter] += 1
  }

  /** Adds `by` (may be negative, for gauges such as `waiting`). */
  addBy(counter: number, group: number, by: number): void {
    this.#counts[group * this.names.length + counter] += by
  }

  /** Counts by key group, to be raised, that stand for several counters at once: these are raised when somebody looks. */
  together(counters: readonly number[]): Float64Array {
    const counts = new Float64Array(this.#groups)
    this.#together.push({ counters, counts })
    return counts
  }

  total(counter: number): number {
    this.#settle()
    let sum = 0
    for (let group = 0; group < this.#groups; group++) sum += this.#counts[group * this.names.length + counter]
    return sum
  }

  /** Totals by name, in declared order. */
  totals(): Record<string, number> {
    return Object.fromEntries(this.names.map((name, i) => [name, this.total(i)]))
  }

  /** Returns whether anything was counted in the group. */
  writeGroup(group: number, writer: ByteWriter): boolean {
    this.#settle()
    let used = false
    writer.varint(this.names.length)
    for (let i = 0; i < this.names.length; i++) {
      const count = this.#counts[group * this.names.length + i]
      if (count !== 0) used = true
      writer.string(this.names[i])
      writer.varint(count)
    }
    return used
  }

  /** Adds what was stored; counters that no longer exist are dropped. */
  restoreGroup(group: number, reader: ByteReader): void {
    const count = reader.varint()
    for (let i = 0; i < count; i++) {
      const index = this.names.indexOf(reader.string())
      const value = reader.varint()
      if (index >= 0) this.addBy(index, group, value)
    }
  }

  /** A copy of all counts: what a capture writes while counting goes on. */
  copy(): Ledger {
    this.#settle()
    const copy = new Ledger(this.names, this.#groups)
    copy.#counts.set(this.#counts)
    return copy
  }

  #settle(): void {
    for (const { counters, counts } of this.#together) {
      for (const [group, count] of counts.entries())
        if (count > 0) for (const counter of counters) this.addBy(counter, group, count)
      counts.fill(0)
    }
  }
}

/** The counters every operator starts with, in this order. */
export const IN = 0
export const PROCESSED = 1
export const REJECTED = 2
export const basicCounters = ['in', 'processed', 'rejected'] as const
