import { log, log1p } from './log.ts'

/**
 * ln Γ(x) for x > 0, with the same bits on every engine.
 *
 * Stirling's series from 10 on; below by Γ(x) = Γ(x + n) / (x (x+1) .. (x+n−1)).
 * Error     at most 4e-15 of the larger of 1 and the value, so the zeros at 1 and 2 are no better than that
 * Edges     Infinity at 0 and Infinity; NaN below 0
 */
export function logGamma(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return x === 0 ? Number.POSITIVE_INFINITY : x > 0 ? x : Number.NaN
  let product = 1
  let shifted = x
  for (; shifted < 10; shifted++) product *= shifted
  const value = (shifted - 0.5) * log(shifted) - shifted + HALF_LOG_2_PI + stirlingRest(shifted)
  return shifted === x ? value : value - log(product)
}

/**
 * ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b) for a, b > 0, without the cancellation of that difference where one of
 * them is large: its leading terms are combined first.
 *
 * Error     at most 5e-15 of the larger of 1 and the value
 */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b)
  const large = Math.max(a, b)
  if (large < 10) return logGamma(small) + logGamma(large) - logGamma(small + large)
  const sum = small + large
  if (small < 10) {
    const rest = stirlingRest(large) - stirlingRest(sum)
    return logGamma(small) - (large - 0.5) * log1p(small / large) - small * (log(sum) - 1) + rest
  }
  const rest = stirlingRest(small) + stirlingRest(large) - stirlingRest(sum)
  return HALF_LOG_2_PI - 0.5 * log(large) + (small - 0.5) * log(small / sum) - large * log1p(small / large) + rest
}

const HALF_LOG_2_PI = 0.9189385332046728

/** ln Γ(x) less the leading terms of Stirling's series, for x ≥ 10: Σ B₂ₖ / (2k (2k−1) x^(2k−1)). */
function stirlingRest(x: number): number {
  const z = 1 / (x * x)
  const high = 1 / 1188 - z * (691 / 360360 - z * (1 / 156))
  return (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * high)))) / x
}
