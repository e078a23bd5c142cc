import type { FeatureVector } from '../../features/feature-vector.ts'
import type { Loss } from './loss.ts'
import { INTERCEPT, type Optimizer, type OptimizerSpec, type Places } from './optimizer.ts'
import { checkRate } from './rate.ts'
import { ERROR, LABEL, SCORE, WEIGHT } from './step.ts'

/**
 * Gradient descent that ends each record where infinitely many infinitely small steps would: it never passes the least
 * point of the loss, whatever the rate, and a record of weight 2 moves the model as two of weight 1 do.
 *
 * State: nothing beside the weights.
 * @param rate > 0, up to 1e6
 * @throws ML_RANGE
 * @see Karampatziakis, Langford 2011, "Online importance weight aware updates"; Vowpal Wabbit `--invariant`
 */
export function importanceAware(rate: number): OptimizerSpec {
  checkRate(rate, 'importanceAware')
  return { kind: 'importanceAware', rate }
}

/** Inputs whose squares sum to less would overflow when divided by. */
const SMALLEST_SQUARE = 1e-100

/** Finite: a record moves the score towards its label, never past it, so by 1e15 and what the score was at most. */
export class ImportanceAware implements Optimizer {
  readonly header = 0
  readonly headerMerging = []
  readonly headerSigned = []
  readonly accumulators = 0
  readonly merging = []
  readonly signed = []
  readonly #rate: number
  readonly #loss: Loss

  constructor(rate: number, loss: Loss) {
    this.#rate = rate
    this.#loss = loss
  }

  learn(
    page: Float64Array,
    offset: number,
    { dense, weights, sparse, stride, intercept }: Places,
    input: Float64Array,
    { active, values, activeCount }: FeatureVector,
    step: Float64Array,
  ): void {
    if (step[ERROR] === 0) return
    let reach = intercept ? 1 : 0
    for (let j = 0; j < dense; j++) reach += input[j] * input[j]
    for (let i = 0; i < activeCount; i++) reach += values[i] * values[i]
    if (reach < SMALLEST_SQUARE) return
    const move = this.#loss.change(step[SCORE], step[LABEL], this.#rate * step[WEIGHT] * reach) / reach
    for (let j = 0, k = offset + weights; j < dense; j++, k++) page[k] += move * input[j]
    for (let i = 0; i < activeCount; i++) page[offset + sparse + stride * active[i]] += move * values[i]
    if (intercept) page[offset + INTERCEPT] += move
  }
}
