import { expOfSum } from './exp.ts'
import { ln2High, ln2Low } from './exp-kernel.ts'
import { exponentOf, twoTo } from './powers-of-two.ts'

/**
 * x^y with the same bits on every engine, with ECMAScript's edge cases (1 to an infinite power is NaN).
 *
 * e^(y ln |x|), with ln |x| and the product each held as two doubles.
 * Error     at most 0.64 ulp, 0.75 where the result is subnormal, on random arguments, 12,000 in each of several
 *           ranges; exact where the result is a double and the power small
 * Cost      about 65 ns
 */
export function pow(x: number, y: number): number {
  if (y === 2) return x * x
  if (y === 1) return x
  if (y === 0) return 1
  const size = Math.abs(x)
  if (!(size > 0 && size < Number.POSITIVE_INFINITY && Math.abs(y) < Number.POSITIVE_INFINITY)) return atTheEdge(x, y)
  if (x < 0 && y !== Math.floor(y)) return Number.NaN
  const result = size < 2.2250738585072014e-308 ? powerOf(size * 18014398509481984, -54, y) : powerOf(size, 0, y)
  return x < 0 && isOdd(y) ? -result : result
}

/** (x · 2^shift)^y for a positive normal x. */
function powerOf(x: number, shift: number, y: number): number {
  const log = logAsSum(x, shift)
  const estimate = y * log
  if (!(estimate > -746)) return 0
  if (estimate > 710) return Number.POSITIVE_INFINITY
  if (estimate > -1e-18 && estimate < 1e-18) return 1
  // The product, exact to 2^-24 of a double's last place: factors of 24 bits and their rests.
  const logHead = Math.fround(log)
  const yHead = Math.fround(y)
  const high = yHead * logHead
  const low = yHead * (log - logHead + logTail) + (y - yHead) * log
  const sum = high + low
  if (sum > 709.782712893385) return Number.POSITIVE_INFINITY
  return sum < -745.1332191019413 ? 0 : expOfSum(sum, high - sum + low)
}

/** What `logAsSum` returned lacks. */
let logTail = 0

/**
 * ln(x · 2^shift) to about 64 bits: returns a double and leaves its tail in `logTail`.
 *
 * 2s + 2/3 s³ + s⁵ P(s²), s = f / (2 + f), as in log; here the first two terms are kept as sums of two doubles, the
 * leading ones of 24 bits so that products are exact. P is a minimax polynomial by Remez' exchange, error 2^-64.5.
 */
function logAsSum(x: number, shift: number): number {
  const exponent = exponentOf(x)
  const f = x * twoTo(-exponent) - 1
  const divisor = 2 + f
  const divisorHead = Math.fround(divisor)
  const divisorRest = divisor - divisorHead + (f - (divisor - 2))
  const s = Math.fround(f / divisor)
  const sLow = (f - s * divisorHead - s * divisorRest) / divisor

  const z = s * s // exact
  const zLow = sLow * (2 * s + sLow)
  const square = z + zLow
  const rest = square * tailSeries(square)
  const factor = 0.6666666666666666 + rest
  const factorLow = 0.6666666666666666 - factor + rest + 3.700743415417188e-17
  // u = s² (2/3 + ...), then v = s u.
  const zHead = Math.fround(z)
  const zRest = z - zHead + zLow
  const factorHead = Math.fround(factor)
  const factorRest = factor - factorHead + factorLow
  const u = zHead * factorHead
  const uLow = zHead * factorRest + zRest * factor
  const uHead = Math.fround(u)
  const uRest = u - uHead + uLow
  const v = s * uHead
  const vLow = s * uRest + sLow * (uHead + uRest)

  const k = exponent + shift
  const whole = k * ln2High // exact: 33 bits times 11
  const first = whole + 2 * s
  const firstLow = whole === 0 ? 0 : whole - first + 2 * s
  const second = first + v
  const secondLow = first - second + v
  const low = secondLow + (firstLow + (2 * sLow + (vLow + k * ln2Low)))
  const log = second + low
  logTail = second - log + low
  return log
}

/** 2/5 + 2/7 z + 2/9 z² + ... */
function tailSeries(z: number): number {
  const w = z * z
  const low = 0.40000000000000385 + 0.2857142857099843 * z + (0.2222222236362635 + 0.1818179746205128 * z) * w
  return low + (0.15386185849380568 + 0.13269342489267358 * z + 0.1308735801999129 * w) * w * w
}

function isOdd(y: number): boolean {
  return Math.abs(y % 2) === 1
}

/** A base or power that is 0, infinite or NaN. */
function atTheEdge(x: number, y: number): number {
  if (x !== x || y !== y) return Number.NaN
  const size = Math.abs(x)
  if (y === Number.POSITIVE_INFINITY || y === Number.NEGATIVE_INFINITY) {
    if (size === 1) return Number.NaN
    return size > 1 === y > 0 ? Number.POSITIVE_INFINITY : 0
  }
  const result = size > 1 === y > 0 ? Number.POSITIVE_INFINITY : 0
  return isOdd(y) && (x < 0 || Object.is(x, -0)) ? -result : result
}
