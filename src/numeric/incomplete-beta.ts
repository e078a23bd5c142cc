import { exp } from './exp.ts'
import { log, log1p } from './log.ts'
import { logBeta } from './log-gamma.ts'

/**
 * The regularised incomplete beta function Iₓ(a, b) for a, b > 0 and x in [0, 1], with the same bits on every engine.
 *
 * A continued fraction by Lentz' method, on the side where it converges fast; the other side is 1 less.
 * Error     relative, at most 1e-14 · (1 + |ln Iₓ|) where a and b are at most 1e3; 1e-11 up to 1e6
 * Edges     0 and 1 at 0 and 1; NaN for arguments out of range
 * @param complement 1 − x, where the caller knows it better than the difference
 * @see DLMF 8.17.22
 */
export function incompleteBeta(a: number, b: number, x: number, complement: number = 1 - x): number {
  if (!(a > 0 && b > 0 && x >= 0 && complement >= 0)) return Number.NaN
  if (x === 0) return 0
  if (complement === 0) return 1
  if (x <= (a + 1) / (a + b + 2)) return powers(a, b, x, complement) / (a * fraction(a, b, x))
  return 1 - powers(b, a, complement, x) / (b * fraction(b, a, complement))
}

/** x^a (1 − x)^b / B(a, b); of x and its complement the smaller is exact. */
function powers(a: number, b: number, x: number, complement: number): number {
  const logX = x < 0.5 ? log(x) : log1p(-complement)
  const logRest = complement < 0.5 ? log(complement) : log1p(-x)
  return exp(a * logX + b * logRest - logBeta(a, b))
}

const TINY = 1e-300

/** The denominator 1 + d₁x / (1 + d₂x / (1 + ..)) of the continued fraction. */
function fraction(a: number, b: number, x: number): number {
  let value = 1
  let above = 1
  let below = 0
  for (let n = 1; n < 100_000; n++) {
    const m = Math.floor(n / 2)
    const coefficient =
      n % 2 === 0
        ? ((m * (b - m)) / ((a + n - 1) * (a + n))) * x
        : -(((a + m) * (a + b + m)) / ((a + n - 1) * (a + n))) * x
    below = 1 + coefficient * below
    below = 1 / (Math.abs(below) < TINY ? TINY : below)
    above = 1 + coefficient / above
    if (Math.abs(above) < TINY) above = TINY
    const factor = above * below
    value *= factor
    if (Math.abs(factor - 1) < 1e-16) break
  }
  return value
}
