import { exp } from './exp.ts'
import { clearLowWord } from './words.ts'

/**
 * The error function and its complement, with the same bits on every engine.
 *
 * erfc(x) = e^(−x²) (1 + 2x)⁻¹ C(t) for x ≥ 0, t = (x − 3.75) / (x + 3.75); C is a Chebyshev series on [−1, 1], its
 * coefficients computed with mpmath 1.4.1 at 60 digits, cut off below 1e-19. Near 0 erf is its Taylor series.
 * Error     relative, at most 1e-15 for erf, 2e-15 for erfc over the whole range of doubles, subnormal results aside
 * Edges     ±1, 0 and 2 far out; NaN stays NaN
 * @see Shepherd & Laframboise 1981, "Chebyshev approximation of (1+2x)exp(x²)erfc x in 0 ≤ x < ∞" (the form)
 */
export function erf(x: number): number {
  if (x < 0) return -erf(-x)
  if (x > 6) return 1
  return x < 0.75 ? nearZero(x) : 1 - erfc(x)
}

export function erfc(x: number): number {
  if (x < 0.75) return x < -6 ? 2 : 1 - erf(x)
  if (x > 27.3) return 0
  return exponentOfSquare(x) * scaledErfc(x)
}

/** e^(x²) erfc(x) for x ≥ 0: has no tail to lose digits in. */
export function scaledErfc(x: number): number {
  return seriesOf(x > 1e18 ? 1 : (x - 3.75) / (x + 3.75)) / (1 + 2 * x)
}

/** e^(−x²), with the square's rounding error taken into account. */
function exponentOfSquare(x: number): number {
  const head = clearLowWord(x)
  return exp(-head * head) * exp(-(x - head) * (x + head))
}

/** 2/√π Σ (−1)ⁿ x^(2n+1) / (n! (2n+1)), for x up to 0.75. */
function nearZero(x: number): number {
  const square = x * x
  let term = x
  let sum = 0
  for (let n = 1; n < 22; n++) {
    term *= -square / n
    sum += term / (2 * n + 1)
  }
  return 1.1283791670955126 * (x + sum)
}

const coefficients = Float64Array.of(
  1.1775789345674017,
  -0.0045900545806464773,
  -0.084249133366517916,
  0.05920993999819189,
  -0.026658668435305752,
  0.0090749976707052651,
  -0.0024131635404176082,
  4.9077583652580863e-4,
  -6.9169733025012064e-5,
  4.1390279860730102e-6,
  7.7403830661984907e-7,
  -2.1886401049234395e-7,
  1.0764999465670911e-8,
  4.5219598112182869e-9,
  -7.7544002088313511e-10,
  -6.318088340886684e-11,
  2.8687950109306699e-11,
  1.9455868545777347e-13,
  -9.6546967484334389e-13,
  3.2525481481487398e-14,
  3.3478119482868054e-14,
  -1.8645628804193131e-15,
  -1.2507950530688647e-15,
  7.4182352566240435e-17,
  5.0681489047961113e-17,
  -2.2370566594359996e-18,
  -2.187342944303018e-18,
)

/** Clenshaw's recurrence. */
function seriesOf(t: number): number {
  let b = 0
  let c = 0
  for (let k = coefficients.length - 1; k > 0; k--) {
    const next = 2 * t * b - c + coefficients[k]
    c = b
    b = next
  }
  return t * b - c + coefficients[0]
}
