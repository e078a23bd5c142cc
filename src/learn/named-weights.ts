/** A model's weights by the names of its inputs, as plain data. */
import type { SlotWeights } from './learner.ts'
import type { SlotNames } from './slot-names.ts'

/** Weights by feature name, in slot order. */
export interface NamedWeights {
  readonly intercept: number
  readonly weights: { readonly [feature: string]: number }
  /** Posterior standard deviations, from learners that know them. */
  readonly deviations?: { readonly [feature: string]: number }
}

/** What a model has learned of its inputs: one set, or one for each class, or nothing of the kind. */
export interface ModelWeights extends Partial<NamedWeights> {
  readonly classes?: { readonly [name: string]: NamedWeights }
}

export function namedWeights(
  names: SlotNames,
  sets: readonly SlotWeights[],
  classes: readonly string[] = [],
): ModelWeights {
  if (sets.length === 0) return {}
  const [first] = sets
  if (first.class === undefined) return named(names, first)
  return { classes: Object.fromEntries(sets.map((set) => [classes[set.class ?? 0] ?? '', named(names, set)])) }
}

function named(names: SlotNames, set: SlotWeights): NamedWeights {
  const { intercept, weights, deviations } = set
  const shown = names.shown(set)
  const byName = (values: Float64Array) => Object.fromEntries(shown.map(({ slot, name }) => [name, values[slot]]))
  const all = { intercept, weights: byName(weights) }
  return deviations === undefined ? all : { ...all, deviations: byName(deviations) }
}
