import { scaledErfc } from './error-function.ts'
import { exp } from './exp.ts'
import { log } from './log.ts'
import { clearLowWord } from './words.ts'

/**
 * The standard normal distribution, accurate in the tails too, with the same bits on every engine.
 *
 * Error     relative, at most 2e-15 for the distribution function wherever it is a normal double (Φ(−12) = 1.8e-33, not 0);
 *           at most 1e-15 · (1 + |x|) for quantiles x
 * Edges     Φ is 0 and 1 far out; the quantiles of 0 and 1 are infinite, outside it is NaN
 * @see Abramowitz & Stegun 26.2.23 (the first guess of a quantile)
 */
export function normalCdf(x: number): number {
  if (x !== x) return x
  const size = Math.abs(x)
  const tail = size > 39 ? 0 : 0.5 * bell(size) * scaledErfc(size * Math.SQRT1_2)
  return x > 0 ? 1 - tail : tail
}

/** The x below which a normal variable lies with probability p. Two steps of Halley's method from a rough guess. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? Number.NEGATIVE_INFINITY : p === 1 ? Number.POSITIVE_INFINITY : Number.NaN
  if (p > 0.5) return -normalQuantile(1 - p)
  if (p === 0.5) return 0
  const s = Math.sqrt(-2 * log(p))
  let x = (2.515517 + s * (0.802853 + s * 0.010328)) / (1 + s * (1.432788 + s * (0.189269 + s * 0.001308))) - s
  for (let step = 0; step < 3; step++) {
    // (Φ(x) − p) / φ(x), with the bell's e^(−x²/2) divided out so that nothing underflows.
    const error = PER_DENSITY * (0.5 * scaledErfc(-x * Math.SQRT1_2) - p / bell(x))
    const correction = error / (1 + 0.5 * x * error)
    x -= correction
  }
  return x
}

/** √(2π). */
const PER_DENSITY = 2.5066282746310002

/** e^(−x²/2), with the square's rounding error taken into account. */
function bell(x: number): number {
  const head = clearLowWord(x)
  return exp(-0.5 * head * head) * exp(-0.5 * (x - head) * (x + head))
}
