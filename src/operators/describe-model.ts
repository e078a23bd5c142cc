/** A model's weights by the names of its inputs: as `inspect` shows them, and as the `models` output carries them. */
import type { SlotWeights } from '../learn/learner.ts'
import type { SlotNames } from '../learn/slot-names.ts'
import type { ModelDescription, NamedWeight } from './describe.ts'
import type { ModelUpdate, NamedWeights } from './prediction.ts'

/** What a model's weights add to its description. */
export function describeWeights(
  names: SlotNames,
  sets: readonly SlotWeights[] | undefined,
  classes: readonly string[] = [],
): Pick<ModelDescription, 'intercept' | 'weights' | 'classes'> {
  if (sets === undefined || sets.length === 0) return {}
  const [first] = sets
  if (first.class === undefined) return { intercept: first.intercept, weights: listed(names, first) }
  return {
    classes: sets.map((set) => ({
      class: classes[set.class ?? 0] ?? '',
      intercept: set.intercept,
      weights: listed(names, set),
    })),
  }
}

/** What a model's weights add to an update. */
export function updateWeights(
  names: SlotNames,
  sets: readonly SlotWeights[],
  classes: readonly string[] = [],
): Partial<NamedWeights> & Pick<ModelUpdate, 'classes'> {
  if (sets.length === 0) return {}
  const [first] = sets
  if (first.class === undefined) return named(names, first)
  return { classes: Object.fromEntries(sets.map((set) => [classes[set.class ?? 0] ?? '', named(names, set)])) }
}

function listed(names: SlotNames, set: SlotWeights): NamedWeight[] {
  const { weights, deviations } = set
  return names.shown(set).map(({ slot, name }) => {
    const weight = weights[slot]
    return deviations === undefined ? { name, weight } : { name, weight, deviation: deviations[slot] }
  })
}

function named(names: SlotNames, set: SlotWeights): NamedWeights {
  const { intercept, weights, deviations } = set
  const shown = names.shown(set)
  const byName = (values: Float64Array) => Object.fromEntries(shown.map(({ slot, name }) => [name, values[slot]]))
  const all = { intercept, weights: byName(weights) }
  return deviations === undefined ? all : { ...all, deviations: byName(deviations) }
}
