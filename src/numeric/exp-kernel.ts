/**
 * What exp, expm1, pow, tanh and the logistic function share: reduction by ln 2 and the series.
 *
 * x = k ln 2 + r with |r| <= ln 2 / 2. k·ln2High is exact (33 bits times 11), so r is known as a double and its tail.
 */

export const perLn2 = Math.LOG2E
export const ln2High = 0.6931471804855391
export const ln2Low = 7.440617110012397e-11

/** The nearest integer, for |x| < 2^51: adding 1.5·2^52 leaves no place for a fraction. */
export function nearestInteger(x: number): number {
  return x + 6755399441055744 - 6755399441055744
}

/**
 * e^(r + tail) - 1 - r for |r| <= 0.347 and a tail far below it.
 *
 * Minimax coefficients by Remez' exchange (error 2^-62.8); summed as a tree, so that its parts run side by side.
 */
export function expRest(r: number, tail: number): number {
  const r2 = r * r
  const r4 = r2 * r2
  const low = 0.16666666666666674 + 0.04166666666666667 * r + (0.008333333333322207 + 0.0013888888888880944 * r) * r2
  const middle = 0.00019841269886591 + 2.4801587333953088e-5 * r
  const high = 2.755724233668038e-6 + 2.755726431433642e-7 * r + (2.5110049895852194e-8 + 2.091813816945801e-9 * r) * r2
  return tail + r2 * (0.5 + r * (low + (middle + high * r2) * r4))
}
