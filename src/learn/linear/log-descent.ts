/**
 * The inner loop of logistic regression by plain gradient descent, in one function: a call less for each of its parts,
 * and the weights of a record are still in the nearest cache when they are moved.
 *
 * Sums are those of `dense-sums.ts`, in the same order.
 */
import { INTERCEPT, STEPS } from './optimizer.ts'
import { probabilityOf } from './probability.ts'
import { ACTIVE, LABEL, SQUARE, STEP, WEIGHT } from './step.ts'

/** Squares of the inputs of a record may sum to this. */
const LARGEST_SQUARE = 1e40

/**
 * Tests the record and moves the weights of its numeric inputs and the intercept; step[STEP] is how far the weights of its
 * active slots have to go still.
 *
 * @param at first weight
 * @param intercept 1 or 0
 * @param rate of the record
 * @param step holds ACTIVE and SQUARE of the active slots, LABEL and WEIGHT
 * @returns false when an input is not usable; nothing has changed then
 */
export function logDescent(
  page: Float64Array,
  offset: number,
  at: number,
  input: Float64Array,
  intercept: number,
  rate: number,
  step: Float64Array,
  out: Float64Array,
): boolean {
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
    const x0 = input[j]
    const x1 = input[(j + 1) | 0]
    const x2 = input[(j + 2) | 0]
    const x3 = input[(j + 3) | 0]
    s0 += page[k] * x0
    s1 += page[(k + 1) | 0] * x1
    s2 += page[(k + 2) | 0] * x2
    s3 += page[(k + 3) | 0] * x3
    q0 += x0 * x0
    q1 += x1 * x1
    q0 += x2 * x2
    q1 += x3 * x3
  }
  for (; j < count; j = (j + 1) | 0, k = (k + 1) | 0) {
    s0 += page[k] * input[j]
    q0 += input[j] * input[j]
  }
  const score = s0 + s1 + (s2 + s3) + step[ACTIVE] + page[offset + INTERCEPT]
  if (!(q0 + q1 + step[SQUARE] <= LARGEST_SQUARE && score - score === 0)) return false
  const probability = probabilityOf(score)
  out[0] = probability
  const amount = rate * (step[WEIGHT] * (probability - step[LABEL]))
  step[STEP] = amount
  page[offset + STEPS]++
  page[offset + INTERCEPT] -= amount * intercept
  j = 0
  k = at | 0
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
  return true
}
