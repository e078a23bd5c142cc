/** A model's weights by the names of its inputs, as `inspect` shows them. */
import type { FeatureEncoder } from '../features/feature-encoder.ts'
import type { SlotWeights } from '../learn/learner.ts'
import type { ModelDescription, NamedWeight } from './describe.ts'

/** What a model's weights add to its description. */
export function describeWeights(
  encoder: FeatureEncoder,
  sets: readonly SlotWeights[] | undefined,
  classes: readonly string[] = [],
): Pick<ModelDescription, 'intercept' | 'weights' | 'classes'> {
  if (sets === undefined || sets.length === 0) return {}
  const [first] = sets
  if (first.class === undefined) return { intercept: first.intercept, weights: listed(encoder, first) }
  return {
    classes: sets.map((set) => ({
      class: classes[set.class ?? 0] ?? '',
      intercept: set.intercept,
      weights: listed(encoder, set),
    })),
  }
}

function listed(encoder: FeatureEncoder, { weights, deviations }: SlotWeights): NamedWeight[] {
  return Array.from(weights, (weight, slot) => {
    const name = encoder.slotName(slot)
    return deviations === undefined ? { name, weight } : { name, weight, deviation: deviations[slot] }
  })
}
