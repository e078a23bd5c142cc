import { MillraceError } from '../errors.ts'

/** @throws ML_VALUE unless it lies in [0, 1], which NaN does not */
export function checkProbability(what: string, probability: number): void {
  if (typeof probability === 'number' && probability >= 0 && probability <= 1) return
  throw new MillraceError('ML_VALUE', { what: `${what} must lie in [0, 1]`, got: probability, where: 'a metric' })
}

/** The same of predicted probabilities that lie `stride` apart. */
export function checkProbabilities(probabilities: Float64Array, stride: number, count: number): void {
  for (let i = 0; i < count; i++) checkProbability('the predicted probability', probabilities[stride * i])
}

/** @throws ML_LABEL unless it lies in [0, 1e100]: no sum of weights overflows then */
export function checkOutcomeWeight(weight: number): void {
  if (typeof weight === 'number' && weight >= 0 && weight <= 1e100) return
  throw new MillraceError('ML_LABEL', { what: 'a weight must lie in [0, 1e100]', got: weight, where: 'a metric' })
}
