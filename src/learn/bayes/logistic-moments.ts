import { scaledErfc } from '../../numeric/error-function.ts'
import { exp } from '../../numeric/exp.ts'
import { sigmoid } from '../../numeric/sigmoid.ts'

/** moments[SLOPE] = ∂ ln Z/∂m, moments[CURVATURE] = −∂² ln Z/∂m²: with them the new moments are m + v · SLOPE, v (1 − v · CURVATURE). */
export const SLOPE = 0
export const CURVATURE = 1

/**
 * What the label "true" says of a score that was normal with mean m and variance v: slope and curvature of
 * ln Z = ln ∫ σ(t) N(t; m, v) dt.
 *
 * They are means over the distribution after the label, by the trapezoidal rule about its mode: for functions without
 * poles near the axis that converges faster than any power of its step. Of a score as uncertain as
 * v > 400 the logistic function is told from the normal distribution's, of the same variance, by no more than 1 / v²,
 * and that has a closed form.
 * Error     2e-3 of the step of the mean and 2e-2 of the new variance at most, by the closed form where v is little above
 *           400 and the label a surprise; a hundredth of that elsewhere
 * Cost      0.5 µs, 5 µs where v is near 400
 * @see Opper 1998, "A Bayesian approach to on-line learning" (the update by derivatives of ln Z); Trefethen & Weideman
 *      2014 (the trapezoidal rule)
 */
export function logisticMoments(mean: number, variance: number, moments: Float64Array): void {
  if (variance > 400) ofStep(mean, variance, moments)
  else ofIntegral(mean, variance, moments)
}

/** Half the range, in standard deviations of the score, which are the longest steps; the integrand is never wider. */
const RANGE = 5
/** The longest step by the width of the logistic function. */
const BY_WIDTH = 1
/** A score below this, and whatever the variance makes of it, is drawn by all of the variance: σ(t) is e^t. */
const FAR = -600

function ofIntegral(mean: number, variance: number, moments: Float64Array): void {
  if (mean + variance < FAR) {
    moments[SLOPE] = 1
    moments[CURVATURE] = 0
    return
  }
  const centre = modeOf(mean, variance)
  const deviation = Math.sqrt(variance)
  const side = Math.max(RANGE, Math.ceil((RANGE * deviation) / BY_WIDTH))
  const step = (RANGE * deviation) / side
  // Weights of the normal distribution from the centre outwards, each from the one before: e^(−(a k + b k²)).
  const square = exp((-step * step) / (2 * variance + 1e-300))
  const slant = exp((-step * (centre - mean)) / (variance + 1e-300))
  const below = centre < 0
  let total = 0
  let wrong = 0
  let both = 0
  let first = 0
  let second = 0
  for (let sign = -1; sign <= 1; sign += 2) {
    let weight = sign < 0 ? 1 : square * slant
    let ratio = sign < 0 ? square / slant : square * square * weight
    for (let k = sign < 0 ? 0 : 1; k <= side; k++) {
      const p = sigmoid(centre + sign * k * step)
      const mass = weight * p
      const smaller = below ? p : 1 - p
      total += mass
      wrong += mass * (1 - p)
      both += mass * (p * (1 - p))
      first += mass * smaller
      second += mass * (smaller * smaller)
      weight *= ratio
      ratio *= square * square
    }
  }
  // With l = ln σ: ∂ ln Z = E l′, ∂² ln Z = E l″ + Var l′, over the new distribution; the variance by the smaller part.
  moments[SLOPE] = wrong / total
  moments[CURVATURE] = Math.max(0, (both - (second - (first * first) / total)) / total)
}

/** Where σ(t) N(t; m, v) is largest, to 0.1: t = m + v (1 − σ(t)), by Newton's method within a shrinking bracket. */
function modeOf(mean: number, variance: number): number {
  let low = mean
  let high = mean + variance
  let t = mean + variance * sigmoid(-mean) * (1 / (1 + 0.25 * variance))
  for (let i = 0; i < 40; i++) {
    const wrong = sigmoid(-t)
    const value = t - mean - variance * wrong
    if (value > 0) high = t
    else low = t
    const newton = t - value / (1 + variance * wrong * (1 - wrong))
    const next = newton > low && newton < high ? newton : low + 0.5 * (high - low)
    const change = Math.abs(next - t)
    t = next
    if (change < 0.125) break
  }
  return t
}

/** π²/3, the variance of the logistic distribution. */
const LOGISTIC_VARIANCE = 3.289868133696453
const ROOT_2_BY_PI = 0.7978845608028654

function ofStep(mean: number, variance: number, moments: Float64Array): void {
  const scale = Math.sqrt(variance + LOGISTIC_VARIANCE)
  const z = mean / scale
  // λ = φ(z) / Φ(z); below 0 without the bell, which underflows.
  const bell = z < 0 ? 1 : exp(-0.5 * Math.min(z * z, 1400))
  const whole = z < 0 ? scaledErfc(-z * Math.SQRT1_2) : 2 - bell * scaledErfc(z * Math.SQRT1_2)
  const ratio = (ROOT_2_BY_PI * bell) / whole
  const slope = ratio / scale
  // One label draws the score no further than v, as where the logistic function is an exponential.
  moments[SLOPE] = Math.min(1, slope)
  moments[CURVATURE] = slope < 1 ? (ratio * Math.max(0, ratio + z)) / (scale * scale) : 0
}
