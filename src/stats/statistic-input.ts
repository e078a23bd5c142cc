import { MillraceError } from '../errors.ts'

/** Refuses what would leave a statistic not finite for ever. @throws ML_VALUE */
export function checkFinite(x: number, where: string): void {
  if (!(x - x === 0)) throw new MillraceError('ML_VALUE', { what: 'a statistic takes finite numbers', got: x, where })
}

/** @throws ML_LABEL unless the weight is finite and at least 0 */
export function checkWeight(weight: number, where: string): void {
  if (weight >= 0 && weight < Number.POSITIVE_INFINITY) return
  throw new MillraceError('ML_LABEL', { what: 'a weight must be finite and at least 0', got: weight, where })
}
