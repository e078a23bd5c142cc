/** A model's weights by the names of its inputs, as plain data. */
import type { FeatureEncoder } from '../features/feature-encoder.ts'
import type { SlotWeights } from './learner.ts'

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
  encoder: FeatureEncoder,
  sets: readonly SlotWeights[],
  classes: readonly string[] = [],
): ModelWeights {
  if (sets.length === 0) return {}
  const [first] = sets
  if (first.class === undefined) return named(encoder, first)
  return { classes: Object.fromEntries(sets.map((set) => [classes[set.class ?? 0] ?? '', named(encoder, set)])) }
}

function named(encoder: FeatureEncoder, { intercept, weights, deviations }: SlotWeights): NamedWeights {
  const byName = (values: Float64Array) =>
    Object.fromEntries(Array.from(values, (value, slot) => [encoder.slotName(slot), value]))
  const all = { intercept, weights: byName(weights) }
  return deviations === undefined ? all : { ...all, deviations: byName(deviations) }
}
