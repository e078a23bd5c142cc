/** A model's weights by the names of its inputs, as `inspect` shows them. */
import type { SlotWeights } from '../learn/learner.ts'
import type { SlotNames } from '../learn/slot-names.ts'
import type { ModelDescription, NamedWeight } from './describe.ts'

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

function listed(names: SlotNames, set: SlotWeights): NamedWeight[] {
  const { weights, deviations } = set
  return names.shown(set).map(({ slot, name }) => {
    const weight = weights[slot]
    return deviations === undefined ? { name, weight } : { name, weight, deviation: deviations[slot] }
  })
}
