import type { FeatureVector } from '../../features/feature-vector.ts'
import { HEADER, INTERCEPT, type Optimizer, type Places, STEPS } from './optimizer.ts'
import type { Merging, Rule } from './rule.ts'
import { GAP, NORM, SLOPE } from './step.ts'

/**
 * Applies a rule to the weights of one record. The gradient of a weight is slope · input + l2 · weight; the intercept is
 * an input that is always 1, without penalties, whose accumulators come right after it; or it goes by plain descent at a
 * rate of its own.
 *
 * Where the rule's steps can pass the least point of the loss, the slope is cut so that the step ends there.
 */
export class RuleOptimizer implements Optimizer {
  readonly header: number
  readonly headerMerging: readonly Merging[]
  readonly headerSigned: readonly boolean[]
  readonly accumulators: number
  readonly merging: readonly Merging[]
  readonly signed: readonly boolean[]
  readonly settle = (page: Float64Array, at: number, apart: number, penalised: boolean): void => {
    const rule = penalised ? this.#rule : this.#rule.unpenalised
    rule.settle?.(page, at, apart)
  }
  readonly #rule: Rule
  readonly #l2: number
  readonly #interceptRate: number | undefined
  readonly #gradients: Float64Array
  readonly #one = new Float64Array(1)

  constructor(rule: Rule, l2: number, dense: number, interceptRate?: number) {
    this.#rule = rule
    this.#l2 = l2
    this.#interceptRate = interceptRate
    this.#gradients = new Float64Array(dense)
    this.accumulators = rule.accumulators
    this.merging = rule.merging
    this.signed = rule.signed
    this.header = rule.accumulators + rule.header
    // What a rule keeps once a model says how far it has come: of two models, the further one.
    this.headerMerging = [...rule.merging, ...Array.from({ length: rule.header }, () => 'largest' as const)]
    this.headerSigned = [...rule.signed, ...Array.from({ length: rule.header }, () => false)]
  }

  learn(
    page: Float64Array,
    offset: number,
    { dense, weights, sparse, stride, intercept }: Places,
    input: Float64Array,
    { missing, missingCount, active, values, activeCount }: FeatureVector,
    step: Float64Array,
  ): void {
    const rule = this.#rule
    const l2 = this.#l2
    const gradients = this.#gradients
    const one = this.#one
    const steps = page[offset + STEPS]
    const slope = this.#slope(step, steps)
    rule.begin(page, offset + HEADER + rule.accumulators, steps)
    const first = offset + weights
    for (let j = 0; j < dense; j++) gradients[j] = slope * input[j] + l2 * page[first + j]
    if (missingCount === 0) rule.update(page, first, dense, gradients, 0, dense)
    else for (let j = 0; j < dense; j++) if (missing[j] === 0) rule.update(page, first, dense, gradients, j, 1)
    for (let i = 0; i < activeCount; i++) {
      const k = offset + sparse + stride * active[i]
      one[0] = slope * values[i] + l2 * page[k]
      rule.update(page, k, 1, one, 0, 1)
    }
    if (!intercept) return
    if (this.#interceptRate !== undefined) {
      page[offset + INTERCEPT] -= this.#interceptRate * slope
      return
    }
    one[0] = slope
    rule.unpenalised.update(page, offset + INTERCEPT, 1, one, 0, 1)
  }

  #slope(step: Float64Array, steps: number): number {
    const slope = step[SLOPE]
    const { lasting } = this.#rule
    if (step[NORM] === 0 || lasting === 0) return slope
    const most = step[GAP] / (lasting * this.#rule.rateAt(steps) * step[NORM])
    return slope > most ? most : slope < -most ? -most : slope
  }
}
