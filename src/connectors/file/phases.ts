import type { Split } from '../../stream/ports.ts'

/** Numbers splits in the order in which they are to be read: one at a time, later ones after those that were seen before. */
export class Phases {
  readonly #phases = new Map<string, number>()
  #next = 0

  /** The splits of a listing, in order, with their phases; those that are not in it any more are forgotten. */
  of(listed: readonly Split[]): Split[] {
    const ids = new Set(listed.map(({ id }) => id))
    for (const id of this.#phases.keys()) if (!ids.has(id)) this.#phases.delete(id)
    return listed.map((split) => ({ ...split, phase: this.#phaseOf(split.id) }))
  }

  #phaseOf(id: string): number {
    const phase = this.#phases.get(id) ?? this.#next++
    this.#phases.set(id, phase)
    return phase
  }
}
