import { ln2High, ln2Low } from './exp-kernel.ts'
import { exponentOf, twoTo } from './powers-of-two.ts'

/**
 * Logarithms with the same bits on every engine.
 *
 * x = 2^k (1 + f) with 1 + f between the square roots of 1/2 and 2. With s = f / (2 + f), ln(1 + f) = 2 atanh(s) is
 * f - (f²/2 - s (f²/2 + R(s²))): the series R is small, so f, known exactly, decides. R is a minimax polynomial found
 * by Remez' exchange (error 2^-57.6). Each leading sum keeps its rounding error.
 *
 * Error     at most 0.84 ulp on random arguments, 20,000 in each of several ranges; exact at powers of the base
 * Cost      about 11 ns
 * Edges     as Math's: -Infinity at 0, NaN below
 * @see Tang 1990, "Table-driven implementation of the logarithm function"; Muller, Elementary Functions, 3rd ed., 11.2
 */
export function log(x: number): number {
  if (!(x >= 2.2250738585072014e-308 && x < Number.POSITIVE_INFINITY)) return atTheEdge(x, 1, log)
  const k = exponentOf(x)
  return logOf(x * twoTo(-k) - 1, k, 0)
}

/** ln(x (1 + small)) for a small below 2^-50 and a normal x. */
export function logWith(x: number, small: number): number {
  const k = exponentOf(x)
  return logOf(x * twoTo(-k) - 1, k, small)
}

/** ln(1 + x), accurate near 0. */
export function log1p(x: number): number {
  if (x > -0.29289 && x < 0.41421) return x > -1e-16 && x < 1e-16 ? x : logOf(x, 0, 0)
  if (!(x > -1 && x < Number.POSITIVE_INFINITY)) return atTheEdge(1 + x, 1, log)
  const sum = 1 + x
  const lost = x < 1 ? x - (sum - 1) : 1 - (sum - x)
  const k = exponentOf(sum)
  return logOf(sum * twoTo(-k) - 1, k, lost / sum)
}

export function log2(x: number): number {
  if (!(x >= 2.2250738585072014e-308 && x < Number.POSITIVE_INFINITY)) return atTheEdge(x, Math.LOG2E, log2)
  const k = exponentOf(x)
  const f = x * twoTo(-k) - 1
  const high = Math.fround(f - 0.5 * f * f)
  const low = lowOfLog(f, high)
  // 1 / ln 2 as 24 bits, whose product with the 24 bits of `high` is exact, and the rest.
  const product = high * 1.4426950216293335
  const sum = k + product
  return sum + (k - sum + product + (low * Math.LOG2E + high * 1.9259629911266175e-8))
}

export function log10(x: number): number {
  if (!(x >= 2.2250738585072014e-308 && x < Number.POSITIVE_INFINITY)) return atTheEdge(x, Math.LOG10E, log10)
  const k = exponentOf(x)
  const f = x * twoTo(-k) - 1
  const high = Math.fround(f - 0.5 * f * f)
  const low = lowOfLog(f, high)
  const product = high * 0.4342944622039795 // 24 bits of 1 / ln 10
  const whole = k * 0.30102999560767785 // 33 bits of log10(2)
  const sum = whole + product
  const rest = low * Math.LOG10E + high * 1.9699272335463627e-8 + k * 5.630334806675098e-11
  return sum + (whole - sum + product + rest)
}

/** k ln 2 + ln(1 + f) + small. */
function logOf(f: number, k: number, small: number): number {
  const half = 0.5 * f * f
  const s = f / (2 + f)
  const whole = k * ln2High // exact: 33 bits times 11
  const sum = whole + f
  return sum + (whole - sum + f - (half - (s * (half + series(s * s)) + (k * ln2Low + small))))
}

/** ln(1 + f) - high, where high is the first 24 bits of f - f²/2. */
function lowOfLog(f: number, high: number): number {
  const half = 0.5 * f * f
  const s = f / (2 + f)
  return f - high - half + s * (half + series(s * s))
}

/** (ln((1 + s) / (1 - s)) - 2s) / s for z = s². */
function series(z: number): number {
  const w = z * z
  const odd = 0.666666666666671 + w * (0.28571428729284665 + w * (0.18183571540525664 + w * 0.1481051983237321))
  const even = 0.39999999999519825 + w * (0.22222199090906056 + w * 0.15313164391224282)
  return z * odd + w * even
}

/** What is no positive normal number. A subnormal is scaled by 2^54; `perUnit` is the logarithm of e. */
function atTheEdge(x: number, perUnit: number, logarithm: (x: number) => number): number {
  if (x === 0) return Number.NEGATIVE_INFINITY
  if (!(x > 0)) return Number.NaN
  if (x === Number.POSITIVE_INFINITY) return x
  return logarithm(x * 18014398509481984) - perUnit * 37.42994775023705
}
