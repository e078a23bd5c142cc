/**
 * Plain gradient descent on the log loss by code that was made for the number of inputs, without loops over them: the operations
 * of `logDescentAt` and of `standardisedLogDescent` behind `updateAndStandardiseOneCount`, in their order, so that the bits
 * are the same. Engines ask again in each round of a loop what an array is and whether the index lies in it; 20 inputs take
 * 41 ns instead of 54, with a standardiser 147 instead of 190 to 213.
 */
import { MAX_WEIGHT, MIN_WEIGHT } from '../learner.ts'
import type { LearningRows } from '../learning-rows.ts'
import { LARGEST_SQUARE } from '../usable-inputs.ts'
import { ONE_COUNT_DOUBLES } from './one-count-standardiser.ts'
import { INTERCEPT, STEPS } from './optimizer.ts'
import { probabilityOf } from './probability.ts'
import type { Schedule } from './schedule.ts'
import { ACTIVE, LABEL, RATE, SQUARE, STEP, WEIGHT } from './step.ts'

/**
 * Tests one record and moves the weights of its numeric inputs and the intercept; step[STEP] is how far those of its active slots
 * have to go still. Returns false when an input is not usable; nothing has changed then.
 *
 * @param first where the weights of the numeric inputs begin in the page
 * @param scaler where the standardiser does, if there is one
 * @param step holds RATE, ACTIVE and SQUARE of the active slots, LABEL and WEIGHT
 */
export type DescentStep = (
  page: Float64Array,
  offset: number,
  first: number,
  scaler: number,
  input: Float64Array,
  step: Float64Array,
  out: Float64Array,
) => boolean

/**
 * Learns rows `from` to before `to`, whose inputs are known to be usable and none of which has active slots. Returns the first
 * row that cannot be learned from, or `to`.
 *
 * @param weights where a model has those of its inputs
 */
export type DescentRows = (rows: LearningRows, from: number, to: number, weights: number, schedule: Schedule) => number

/** More inputs than this, and engines would not optimise the code. */
const MOST_INPUTS = 64

/** Undefined where there are too many inputs, or code generation is not allowed. */
export function descentStep(inputs: number): DescentStep | undefined {
  return made(
    inputs,
    `(page, offset, first, scaler, input, step, out) {
  ${each(inputs, (j) => `const x${j} = input[${j}], w${j} = page[(first + ${j}) | 0]`)}
  const score = ${scoreOf(inputs)} + step[${ACTIVE}] + page[offset + ${INTERCEPT}]
  const square = ${sums(2, inputs, (j) => `x${j} * x${j}`)} + step[${SQUARE}]
  if (!(square <= ${LARGEST_SQUARE} && score - score === 0)) return false
  const probability = probabilityOf(score)
  out[0] = probability
  const amount = step[${RATE}] * (step[${WEIGHT}] * (probability - step[${LABEL}]))
  step[${STEP}] = amount
  page[offset + ${STEPS}]++
  page[offset + ${INTERCEPT}] -= amount
  ${each(inputs, (j) => `page[(first + ${j}) | 0] = w${j} - amount * x${j}`)}
  return true
}`,
  )
}

/** The same of models whose standardiser has one count. */
export function standardisedDescentStep(inputs: number): DescentStep | undefined {
  return made(
    inputs,
    `(page, offset, first, scaler, input, step, out) {
  ${each(inputs, (j) => `const x${j} = input[${j}]`)}
  const square = ${sums(4, inputs, (j) => `x${j} * x${j}`)} + step[${SQUARE}]
  if (!(square <= ${LARGEST_SQUARE})) return false
  const gain = 1 / (page[offset + ${STEPS}] + 1)
  let score = 0, scoreBefore = 0
  ${each(inputs, (j) => {
    const [mean, deviation] = [ONE_COUNT_DOUBLES * j, ONE_COUNT_DOUBLES * j + 1]
    return `const w${j} = page[(first + ${j}) | 0], m${j} = page[(scaler + ${mean}) | 0], s${j} = page[(scaler + ${deviation}) | 0]
  const d${j} = x${j} - m${j}, n${j} = m${j} + d${j} * gain, r${j} = x${j} - n${j}, q${j} = s${j} * s${j}
  const t${j} = Math.sqrt(q${j} + (d${j} * r${j} - q${j}) * gain), v${j} = t${j} > 0 ? r${j} / t${j} : 0
  page[(scaler + ${mean}) | 0] = n${j}
  page[(scaler + ${deviation}) | 0] = t${j}
  if (s${j} > 0) scoreBefore += w${j} * (d${j} / s${j})
  score += w${j} * v${j}`
  })}
  const intercept = page[offset + ${INTERCEPT}]
  out[0] = probabilityOf(scoreBefore + step[${ACTIVE}] + intercept)
  const probability = probabilityOf(score + step[${ACTIVE}] + intercept)
  const amount = step[${RATE}] * (step[${WEIGHT}] * (probability - step[${LABEL}]))
  step[${STEP}] = amount
  page[offset + ${STEPS}]++
  page[offset + ${INTERCEPT}] = intercept - amount
  ${each(inputs, (j) => `page[(first + ${j}) | 0] = w${j} - amount * v${j}`)}
  return true
}`,
  )
}

/** As `descentStep`, of many rows. */
export function descentRows(inputs: number): DescentRows | undefined {
  return made(
    inputs,
    `(rows, from, to, weights, schedule) {
  const { pages, offsets, dense, labels, weights: counts, outputs } = rows
  for (let i = from | 0; i < to; i = (i + 1) | 0) {
    const page = pages[i], offset = offsets[i], count = counts[i]
    if (!(count >= ${MIN_WEIGHT} && count <= ${MAX_WEIGHT})) return i
    const first = (offset + weights) | 0, input = Math.imul(i, ${inputs})
    ${each(inputs, (j) => `const x${j} = dense[(input + ${j}) | 0], w${j} = page[(first + ${j}) | 0]`)}
    const score = ${scoreOf(inputs)} + page[offset + ${INTERCEPT}]
    if (score - score !== 0) return i
    const probability = probabilityOf(score)
    outputs[i] = probability
    const amount = schedule.rateAt(page[offset + ${STEPS}]) * (count * (probability - labels[i]))
    page[offset + ${STEPS}]++
    page[offset + ${INTERCEPT}] -= amount
    ${each(inputs, (j) => `page[(first + ${j}) | 0] = w${j} - amount * x${j}`)}
  }
  return to
}`,
  )
}

function made<F>(inputs: number, code: string): F | undefined {
  if (inputs > MOST_INPUTS) return undefined
  try {
    return new Function('probabilityOf', `'use strict'; return function ${code}`)(probabilityOf) as F
  } catch (error) {
    if (error instanceof SyntaxError) throw error
    return undefined
  }
}

function each(inputs: number, line: (j: number) => string): string {
  return Array.from({ length: inputs }, (_unused, j) => line(j)).join('\n  ')
}

/** As `dotProduct` sums. */
function scoreOf(inputs: number): string {
  return sums(4, inputs, (j) => `w${j} * x${j}`)
}

/**
 * Terms in so many interleaved sums, two or four: term j in sum j mod 2 or 4, what is left of the last round of four in the
 * first; ((s₀+s₁)+(s₂+s₃)).
 */
function sums(count: 2 | 4, inputs: number, term: (j: number) => string): string {
  const whole = inputs - (inputs % 4)
  const lists: string[][] = Array.from({ length: count }, () => ['0'])
  for (let j = 0; j < inputs; j++) lists[j < whole ? j % count : 0].push(term(j))
  const [s0, s1, s2, s3] = lists.map((terms) => `(${terms.join(' + ')})`)
  return count === 2 ? `(${s0} + ${s1})` : `(${s0} + ${s1} + (${s2} + ${s3}))`
}
