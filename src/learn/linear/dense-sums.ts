/**
 * Sums over the numeric inputs, in one fixed order each: adding doubles is not associative, and models must come out
 * the same to the last bit on every engine.
 *
 * Numbers go in and out by a small array: a double that crosses a call which is not inlined would be put on the heap.
 * `| 0` says that an index is an int32, which saves an overflow check for each.
 */
import { SCORE, SQUARE, STEP } from './step.ts'

/**
 * step[SCORE] = Σ weight·input in four interleaved sums, ((s₀+s₁)+(s₂+s₃)), input j in sum j mod 4, a last incomplete
 * round in s₀; step[SQUARE] = Σ input², in two sums likewise. One sum would wait for each addition.
 */
export function dotProduct(page: Float64Array, at: number, input: Float64Array, step: Float64Array): void {
  const count = input.length
  const rounds = (count - 3) | 0
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let q0 = 0
  let q1 = 0
  let j = 0
  let k = at | 0
  for (; j < rounds; j = (j + 4) | 0, k = (k + 4) | 0) {
    const w0 = page[k]
    const w1 = page[(k + 1) | 0]
    const w2 = page[(k + 2) | 0]
    const w3 = page[(k + 3) | 0]
    const x0 = input[j]
    const x1 = input[(j + 1) | 0]
    const x2 = input[(j + 2) | 0]
    const x3 = input[(j + 3) | 0]
    s0 += w0 * x0
    s1 += w1 * x1
    s2 += w2 * x2
    s3 += w3 * x3
    q0 += x0 * x0
    q1 += x1 * x1
    q0 += x2 * x2
    q1 += x3 * x3
  }
  for (; j < count; j = (j + 1) | 0, k = (k + 1) | 0) {
    s0 += page[k] * input[j]
    q0 += input[j] * input[j]
  }
  step[SCORE] = s0 + s1 + (s2 + s3)
  step[SQUARE] = q0 + q1
}

/** step[SQUARE] = Σ input²; NaN or too large when an input is not usable. */
export function sumOfSquares(input: Float64Array, step: Float64Array): void {
  const count = input.length
  const rounds = (count - 3) | 0
  let q0 = 0
  let q1 = 0
  let q2 = 0
  let q3 = 0
  let j = 0
  for (; j < rounds; j = (j + 4) | 0) {
    const x0 = input[j]
    const x1 = input[(j + 1) | 0]
    const x2 = input[(j + 2) | 0]
    const x3 = input[(j + 3) | 0]
    q0 += x0 * x0
    q1 += x1 * x1
    q2 += x2 * x2
    q3 += x3 * x3
  }
  for (; j < count; j = (j + 1) | 0) q0 += input[j] * input[j]
  step[SQUARE] = q0 + q1 + (q2 + q3)
}

/** weight_j -= step[STEP] · input_j. */
export function subtractScaled(page: Float64Array, at: number, input: Float64Array, step: Float64Array): void {
  const amount = step[STEP]
  const count = input.length
  const rounds = (count - 3) | 0
  let j = 0
  let k = at | 0
  for (; j < rounds; j = (j + 4) | 0, k = (k + 4) | 0) {
    const w0 = page[k] - amount * input[j]
    const w1 = page[(k + 1) | 0] - amount * input[(j + 1) | 0]
    const w2 = page[(k + 2) | 0] - amount * input[(j + 2) | 0]
    const w3 = page[(k + 3) | 0] - amount * input[(j + 3) | 0]
    page[k] = w0
    page[(k + 1) | 0] = w1
    page[(k + 2) | 0] = w2
    page[(k + 3) | 0] = w3
  }
  for (; j < count; j = (j + 1) | 0, k = (k + 1) | 0) page[k] -= amount * input[j]
}
