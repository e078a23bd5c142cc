import { expRest, ln2High, ln2Low, nearestInteger, perLn2 } from './exp-kernel.ts'
import { twoTo } from './powers-of-two.ts'
import { quotientOfSums } from './quotient.ts'

/**
 * The hyperbolic tangent with the same bits on every engine.
 *
 * (e^2x - 1) / (e^2x + 1), both scaled by 2^-k and held as a leading sum and its error.
 * Error     at most 0.76 ulp on random arguments, 20,000 in each of several ranges
 * Cost      about 19 ns
 */
export function tanh(x: number): number {
  const size = Math.abs(x)
  if (!(size < 22)) return size !== size ? x : Math.sign(x)
  if (size < 7.450580596923828e-9) return x
  const k = nearestInteger(2 * size * perLn2)
  const near = 2 * size - k * ln2High
  const far = k * ln2Low
  const r = near - far
  const part = twoTo(-k)
  // (e^2x - 1) / 2^k = (1 - 2^-k) + (e^r - 1); the divisor is 2 / 2^k more.
  const offset = 1 - part
  const high = offset + r
  const low = (k === 0 ? 0 : offset - high + r + (1 - offset - part)) + expRest(r, near - r - far)
  const divisor = high + 2 * part
  const divisorLow = (high > 2 * part ? high - divisor + 2 * part : 2 * part - divisor + high) + low
  const result = quotientOfSums(high, low, divisor, divisorLow)
  return x < 0 ? -result : result
}
