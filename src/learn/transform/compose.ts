import { MillraceError } from '../../errors.ts'
import type { FeatureSpec, TransformerSpec } from '../../features/feature-spec.ts'
import { Chain } from './chain.ts'
import type { ImputerSpec } from './imputer.ts'
import type { MinMaxSpec } from './min-max.ts'
import type { ProductsSpec } from './products.ts'
import type { RandomFourierSpec } from './random-fourier.ts'
import type { RobustScalerSpec } from './robust-scaler.ts'
import type { StandardScalerSpec } from './standard-scaler.ts'
import type { TargetEncodingSpec } from './target-encoding.ts'
import type { TfIdfSpec } from './tfidf.ts'

/** A transformer as `compose` takes it: plain options. */
export type AnyTransformerSpec =
  | StandardScalerSpec
  | MinMaxSpec
  | RobustScalerSpec
  | ImputerSpec
  | ProductsSpec
  | RandomFourierSpec
  | TargetEncodingSpec
  | TfIdfSpec

/** Inputs that go through transformers before a learner sees them; any learner takes it as its `inputs`. */
export interface Composition<T> {
  readonly spec: FeatureSpec<T>
}

/**
 * Puts transformers between features and a learner, in this order. What they learn is part of the model: learned from
 * labelled records, restored with it, kept for each key where there is a model per key.
 *
 * Features and transformers may be edited while a model runs. Weights stay with what was made of the same inputs in the
 * same way; what is new begins empty. A scaler put in front, for instance, makes numeric inputs new, and leaves the others.
 *
 * @throws ML_PLAN for a transformer that does not fit the features; ML_RANGE where more than 10,000 inputs came out
 * @example compose(features(Trip).numeric('distance', 'fare').categorical('zone'), minMax(), interactions())
 */
export function compose<T>(
  inputs: { readonly spec: FeatureSpec<T> },
  ...transformers: readonly AnyTransformerSpec[]
): Composition<T> {
  const all: readonly TransformerSpec[] = [...(inputs.spec.transformers ?? []), ...transformers]
  const spec = { ...inputs.spec, transformers: all }
  expectDifferent(new Chain(spec).outputs.map(({ name }) => name))
  return { spec }
}

/** Weights are found by what they are of. */
function expectDifferent(names: readonly string[]): void {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) {
      const remedy = 'The same transformer twice, or a field of that name: rename the field, or leave one out'
      throw new MillraceError('ML_PLAN', { what: `two inputs would be called "${name}"`, where: 'compose', remedy })
    }
    seen.add(name)
  }
}
