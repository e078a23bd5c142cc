import { exp } from './exp.ts'
import { incompleteBeta } from './incomplete-beta.ts'
import { log, log1p } from './log.ts'
import { logBeta } from './log-gamma.ts'
import { normalQuantile } from './normal.ts'

/**
 * Student's t distribution with any number of degrees of freedom > 0, with the same bits on every engine.
 *
 * Error     of the distribution function as of `incompleteBeta`, relative in both tails; of quantiles 1e-12 relative
 * Edges     NaN for arguments out of range; the quantiles of 0 and 1 are infinite
 */
export function studentTCdf(t: number, degreesOfFreedom: number): number {
  if (!(degreesOfFreedom > 0) || t !== t) return Number.NaN
  const tail = upperTail(Math.abs(t), degreesOfFreedom)
  return t > 0 ? 1 - tail : tail
}

export function studentTQuantile(p: number, degreesOfFreedom: number): number {
  if (!(degreesOfFreedom > 0)) return Number.NaN
  if (!(p > 0 && p < 1)) return normalQuantile(p)
  if (p === 0.5) return 0
  return p < 0.5 ? -upperQuantile(p, degreesOfFreedom) : upperQuantile(1 - p, degreesOfFreedom)
}

/** Probability above t ≥ 0. */
function upperTail(t: number, nu: number): number {
  const square = t * t
  if (!(square < Number.POSITIVE_INFINITY)) return 0
  return 0.5 * incompleteBeta(0.5 * nu, 0.5, nu / (nu + square), square / (nu + square))
}

function density(t: number, nu: number): number {
  return exp(-0.5 * (nu + 1) * log1p((t * t) / nu) - logBeta(0.5, 0.5 * nu)) / Math.sqrt(nu)
}

/** The t > 0 above which the probability is q < 1/2, by Newton's method. */
function upperQuantile(q: number, nu: number): number {
  if (q > 0.2) {
    // The tail is convex in t: steps from 0 come from below, always nearer.
    let t = 0
    for (let step = 0; step < 50; step++) {
      const next = t + (upperTail(t, nu) - q) / density(t, nu)
      if (!(next > t * (1 + 4e-16))) return next
      t = next
    }
    return t
  }
  // The tail is a falling concave curve on logarithmic axes: after the first step all others come from above.
  let t = -normalQuantile(q)
  for (let step = 0; step < 100; step++) {
    const tail = upperTail(t, nu)
    const change = ((log(tail) - log(q)) * tail) / (density(t, nu) * t)
    const next = t * exp(change)
    if (Math.abs(change) < 1e-15 || (step > 0 && next >= t)) return next
    t = next
  }
  return t
}

/**
 * The quantile of one probability for changing degrees of freedom: what an interval of a fixed level needs. From 200
 * degrees on by the expansion about the normal quantile (relative error below 1e-12); below exactly, keeping the last
 * one.
 *
 * @see Fisher & Cornish 1960; Abramowitz & Stegun 26.7.5 (the first four terms)
 */
export class StudentTLevel {
  readonly #p: number
  readonly #terms: Float64Array
  #degrees = Number.NaN
  #quantile = Number.NaN

  constructor(p: number) {
    this.#p = p
    const z = normalQuantile(p)
    const s = z * z
    this.#terms = Float64Array.of(
      z,
      (z * (s + 1)) / 4,
      (z * (3 + s * (16 + s * 5))) / 96,
      (z * (-15 + s * (17 + s * (19 + s * 3)))) / 384,
      (z * (-945 + s * (-1920 + s * (1482 + s * (776 + s * 79))))) / 92160,
      (z * (17955 + s * (-765 + s * (-1782 + s * (930 + s * (339 + s * 27)))))) / 368640,
    )
  }

  quantile(degreesOfFreedom: number): number {
    if (degreesOfFreedom >= 200) {
      const [z, a, b, c, d, e] = this.#terms
      const r = 1 / degreesOfFreedom
      return z + r * (a + r * (b + r * (c + r * (d + r * e))))
    }
    if (degreesOfFreedom !== this.#degrees) {
      this.#degrees = degreesOfFreedom
      this.#quantile = studentTQuantile(this.#p, degreesOfFreedom)
    }
    return this.#quantile
  }
}
