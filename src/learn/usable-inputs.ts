/** What learners learn from: finite inputs that are not so large that their squares would drown everything. */
import { MillraceError } from '../errors.ts'
import type { FeatureSpec } from '../features/feature-spec.ts'
import type { FeatureVector } from '../features/feature-vector.ts'

/** Squares of the inputs of a record may sum to this: each up to 1e20, far beyond what an encoder lets through. */
export const LARGEST_SQUARE = 1e40

/** For learners that do not sum the squares anyway. @throws ML_LEARN, naming the input; before anything is learned */
export function checkInputs(x: FeatureVector, spec: FeatureSpec, learner: string): void {
  let square = 0
  for (let j = 0; j < x.dense.length; j++) square += x.dense[j] * x.dense[j]
  for (let i = 0; i < x.activeCount; i++) square += x.values[i] * x.values[i]
  if (!(square <= LARGEST_SQUARE)) throw unusableInput(x, spec, learner)
}

/** Names the first input that cannot be learned from. */
export function unusableInput({ dense }: FeatureVector, { numeric }: FeatureSpec, learner: string): MillraceError {
  const slot = dense.findIndex((value) => !(value * value <= LARGEST_SQUARE))
  return new MillraceError('ML_LEARN', {
    what: 'an input is not finite, or too large to learn from',
    got: slot < 0 ? 'the sum of their squares' : dense[slot],
    where: slot < 0 ? learner : `${learner}, input "${numeric[slot]?.name ?? slot}"`,
    remedy: 'Encoders refuse such values; bound numeric inputs by their option max',
  })
}
