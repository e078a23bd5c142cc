/**
 * Sums over the numeric inputs, in one fixed order each: adding doubles is not associative, and models must come out
 * the same to the last bit on every engine.
 */

/**
 * Σ weight·input in four interleaved sums, ((s₀+s₁)+(s₂+s₃)), input j in sum j mod 4, a last incomplete round in s₀.
 * One sum would wait for each addition: four take 0.7 times as long at 20 inputs.
 */
export function dotProduct(page: Float64Array, at: number, input: Float64Array): number {
  const count = input.length
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let j = 0
  let k = at
  for (const rounds = count - 3; j < rounds; j += 4, k += 4) {
    s0 += page[k] * input[j]
    s1 += page[k + 1] * input[j + 1]
    s2 += page[k + 2] * input[j + 2]
    s3 += page[k + 3] * input[j + 3]
  }
  for (; j < count; j++, k++) s0 += page[k] * input[j]
  return s0 + s1 + (s2 + s3)
}

/** `dotProduct`, and Σ input² into `square[0]` on the way. */
export function dotProductAndSquare(page: Float64Array, at: number, input: Float64Array, square: Float64Array): number {
  const count = input.length
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let q0 = 0
  let q1 = 0
  let j = 0
  let k = at
  for (const rounds = count - 3; j < rounds; j += 4, k += 4) {
    const x0 = input[j]
    const x1 = input[j + 1]
    const x2 = input[j + 2]
    const x3 = input[j + 3]
    s0 += page[k] * x0
    s1 += page[k + 1] * x1
    s2 += page[k + 2] * x2
    s3 += page[k + 3] * x3
    q0 += x0 * x0
    q1 += x1 * x1
    q0 += x2 * x2
    q1 += x3 * x3
  }
  for (; j < count; j++, k++) {
    s0 += page[k] * input[j]
    q0 += input[j] * input[j]
  }
  square[0] = q0 + q1
  return s0 + s1 + (s2 + s3)
}

/** Σ input²; NaN or too large when an input is not usable. */
export function sumOfSquares(input: Float64Array): number {
  const count = input.length
  let q0 = 0
  let q1 = 0
  let q2 = 0
  let q3 = 0
  let j = 0
  for (const rounds = count - 3; j < rounds; j += 4) {
    const x0 = input[j]
    const x1 = input[j + 1]
    const x2 = input[j + 2]
    const x3 = input[j + 3]
    q0 += x0 * x0
    q1 += x1 * x1
    q2 += x2 * x2
    q3 += x3 * x3
  }
  for (; j < count; j++) q0 += input[j] * input[j]
  return q0 + q1 + (q2 + q3)
}

/** weight_j -= step · input_j. */
export function subtractScaled(page: Float64Array, at: number, input: Float64Array, step: number): void {
  const count = input.length
  let j = 0
  let k = at
  for (const rounds = count - 3; j < rounds; j += 4, k += 4) {
    page[k] -= step * input[j]
    page[k + 1] -= step * input[j + 1]
    page[k + 2] -= step * input[j + 2]
    page[k + 3] -= step * input[j + 3]
  }
  for (; j < count; j++, k++) page[k] -= step * input[j]
}
