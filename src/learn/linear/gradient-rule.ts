import type { Rule } from './rule.ts'
import type { Schedule } from './schedule.ts'

/** weight −= rate · gradient: `sgd` and `invScaling` where weights are updated one by one. */
export class GradientRule implements Rule {
  readonly header = 0
  readonly accumulators = 0
  readonly signed = []
  readonly merging = []
  readonly lasting = 1
  readonly unpenalised = this
  readonly #schedule: Schedule
  #rate = 0

  constructor(schedule: Schedule) {
    this.#schedule = schedule
  }

  rateAt(steps: number): number {
    return this.#schedule.rateAt(steps)
  }

  begin(_page: Float64Array, _header: number, steps: number): void {
    this.#rate = this.#schedule.rateAt(steps)
  }

  update(page: Float64Array, at: number, _apart: number, gradients: Float64Array, from: number, count: number): void {
    const rate = this.#rate
    const end = from + count
    for (let i = from, k = at + from; i < end; i++, k++) page[k] -= rate * gradients[i]
  }
}
