/**
 * The inner loop of logistic regression by plain gradient descent, in one function and with one index for weights and
 * inputs: for a model that is trained again and again at the same place. 100 inputs take a quarter less time than by
 * `dense-sums.ts`, whose sums these are, in the same order. Up to 64 have code of their own: `descent-code.ts`.
 */
import { LARGEST_SQUARE } from '../usable-inputs.ts'
import { dotProduct, subtractScaled } from './dense-sums.ts'
import { INTERCEPT, STEPS } from './optimizer.ts'
import { probabilityOf } from './probability.ts'
import { ACTIVE, LABEL, RATE, SCORE, SCORE_BEFORE, SQUARE, STEP, WEIGHT } from './step.ts'

/**
 * Tests the record and moves the weights of its numeric inputs and the intercept; step[STEP] is how far the weights of its
 * active slots have to go still.
 *
 * @param weights those of the numeric inputs, a view of the page
 * @param step holds RATE, ACTIVE and SQUARE of the active slots, LABEL and WEIGHT
 * @returns false when an input is not usable; nothing has changed then
 */
export function logDescent(
  page: Float64Array,
  offset: number,
  weights: Float64Array,
  input: Float64Array,
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
  for (; j < rounds; j = (j + 4) | 0) {
    const x0 = input[j]
    const x1 = input[(j + 1) | 0]
    const x2 = input[(j + 2) | 0]
    const x3 = input[(j + 3) | 0]
    s0 += weights[j] * x0
    s1 += weights[(j + 1) | 0] * x1
    s2 += weights[(j + 2) | 0] * x2
    s3 += weights[(j + 3) | 0] * x3
    q0 += x0 * x0
    q1 += x1 * x1
    q0 += x2 * x2
    q1 += x3 * x3
  }
  // What is left of a round, without a loop, whose end would be guessed wrong.
  if ((count & 2) !== 0) {
    const x0 = input[j]
    const x1 = input[(j + 1) | 0]
    s0 += weights[j] * x0
    s0 += weights[(j + 1) | 0] * x1
    q0 += x0 * x0
    q0 += x1 * x1
    j = (j + 2) | 0
  }
  if ((count & 1) !== 0) {
    s0 += weights[j] * input[j]
    q0 += input[j] * input[j]
  }
  const score = s0 + s1 + (s2 + s3) + step[ACTIVE] + page[offset + INTERCEPT]
  if (!(q0 + q1 + step[SQUARE] <= LARGEST_SQUARE && score - score === 0)) return false
  const probability = probabilityOf(score)
  out[0] = probability
  const amount = step[RATE] * (step[WEIGHT] * (probability - step[LABEL]))
  step[STEP] = amount
  page[offset + STEPS]++
  page[offset + INTERCEPT] -= amount
  for (j = 0; j < rounds; j = (j + 4) | 0) {
    const w0 = weights[j] - amount * input[j]
    const w1 = weights[(j + 1) | 0] - amount * input[(j + 1) | 0]
    const w2 = weights[(j + 2) | 0] - amount * input[(j + 2) | 0]
    const w3 = weights[(j + 3) | 0] - amount * input[(j + 3) | 0]
    weights[j] = w0
    weights[(j + 1) | 0] = w1
    weights[(j + 2) | 0] = w2
    weights[(j + 3) | 0] = w3
  }
  if ((count & 2) !== 0) {
    weights[j] -= amount * input[j]
    weights[(j + 1) | 0] -= amount * input[(j + 1) | 0]
    j = (j + 2) | 0
  }
  if ((count & 1) !== 0) weights[j] -= amount * input[j]
  return true
}

/** The same for models that take turns, whose weights begin at `first` of the page: the inputs come twice, without a view. */
export function logDescentAt(
  page: Float64Array,
  offset: number,
  first: number,
  input: Float64Array,
  step: Float64Array,
  out: Float64Array,
): boolean {
  const activeSquare = step[SQUARE]
  dotProduct(page, first, input, step)
  const score = step[SCORE] + step[ACTIVE] + page[offset + INTERCEPT]
  if (!(step[SQUARE] + activeSquare <= LARGEST_SQUARE && score - score === 0)) return false
  const probability = probabilityOf(score)
  out[0] = probability
  const amount = step[RATE] * (step[WEIGHT] * (probability - step[LABEL]))
  step[STEP] = amount
  page[offset + STEPS]++
  page[offset + INTERCEPT] -= amount
  subtractScaled(page, first, input, step)
  return true
}

/** The same for models with a scaler, which has learned from the record already: `scaled` is what it made of the inputs. */
export function standardisedLogDescent(
  page: Float64Array,
  offset: number,
  first: number,
  scaled: Float64Array,
  step: Float64Array,
  out: Float64Array,
): void {
  const intercept = page[offset + INTERCEPT]
  out[0] = probabilityOf(step[SCORE_BEFORE] + step[ACTIVE] + intercept)
  const amount = step[RATE] * (step[WEIGHT] * (probabilityOf(step[SCORE] + step[ACTIVE] + intercept) - step[LABEL]))
  step[STEP] = amount
  page[offset + STEPS]++
  page[offset + INTERCEPT] = intercept - amount
  subtractScaled(page, first, scaled, step)
}
