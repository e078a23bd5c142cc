/**
 * As `logDescentAt` of many records, each with a model of its own: the same operations in the same order, by code that was made
 * for the number of inputs, without loops over them. 20 inputs take 41 ns instead of 54: engines ask again in each round of a
 * loop what an array is.
 */
import { MAX_WEIGHT, MIN_WEIGHT } from '../learner.ts'
import type { LearningRows } from '../learning-rows.ts'
import { INTERCEPT, STEPS } from './optimizer.ts'
import { probabilityOf } from './probability.ts'
import type { Schedule } from './schedule.ts'

/**
 * Learns rows `from` to before `to`, none of which has active slots; `weights` is where a model has those of its inputs. Returns
 * the first row that cannot be learned from, or `to`.
 */
export type LogDescentRows = (
  rows: LearningRows,
  from: number,
  to: number,
  weights: number,
  schedule: Schedule,
) => number

/** More inputs than this, and engines would not optimise the code. */
const MOST_INPUTS = 64

/** Undefined where there are too many inputs, or code generation is not allowed. */
export function logDescentRows(inputs: number): LogDescentRows | undefined {
  if (inputs > MOST_INPUTS) return undefined
  const each = Array.from({ length: inputs }, (_unused, j) => j)
  const whole = inputs - (inputs % 4)
  // As `dotProduct`: input j in sum j mod 4, what is left of the last round in the first.
  const sums = [0, 1, 2, 3].map((sum) => {
    const terms = each.filter((j) => (j < whole ? j % 4 : 0) === sum).map((j) => `w${j} * x${j}`)
    return `(${terms.length === 0 ? '0' : terms.join(' + ')})`
  })
  const code = `'use strict'
return function (rows, from, to, weights, schedule) {
  const { pages, offsets, dense, labels, weights: counts, outputs } = rows
  for (let i = from | 0; i < to; i = (i + 1) | 0) {
    const page = pages[i], offset = offsets[i], count = counts[i]
    if (!(count >= ${MIN_WEIGHT} && count <= ${MAX_WEIGHT})) return i
    const first = (offset + weights) | 0, input = Math.imul(i, ${inputs})
${each.map((j) => `    const x${j} = dense[(input + ${j}) | 0], w${j} = page[(first + ${j}) | 0]`).join('\n')}
    const score = ${sums[0]} + ${sums[1]} + (${sums[2]} + ${sums[3]}) + page[offset + ${INTERCEPT}]
    if (score - score !== 0) return i
    const probability = probabilityOf(score)
    outputs[i] = probability
    const amount = schedule.rateAt(page[offset + ${STEPS}]) * (count * (probability - labels[i]))
    page[offset + ${STEPS}]++
    page[offset + ${INTERCEPT}] -= amount
${each.map((j) => `    page[(first + ${j}) | 0] = w${j} - amount * x${j}`).join('\n')}
  }
  return to
}`
  try {
    return new Function('probabilityOf', code)(probabilityOf) as LogDescentRows
  } catch (error) {
    if (error instanceof SyntaxError) throw error
    return undefined
  }
}
