import type { OptimizerSpec } from './optimizer.ts'
import { checkDecay, checkRate } from './rate.ts'
import type { Merging, Rule } from './rule.ts'

export interface MomentumOptions {
  /** Share of its speed that a weight keeps at each record; 0.9 by default. */
  readonly rho?: number
  /** The weights are those one step ahead: Nesterov's momentum. False by default. */
  readonly nesterov?: boolean
}

/**
 * Gradient descent with momentum: speed = rho · speed + rate · gradient; weight −= speed. Steady slopes are followed
 * up to 1/(1 − rho) times as fast, so take a rate as much smaller. Only inputs that a record has move, as in River.
 *
 * With `nesterov` the model holds the weights one step ahead, where the next slope is taken: weight −= rho · speed +
 * rate · gradient. River predicts with the weights behind.
 *
 * Of losses whose slope has no bound, steps are held back so that what a record sets in motion ends at the least point;
 * inputs far outside of their past can still carry a model away, where `sgd` keeps it.
 *
 * State: a double more per weight.
 * @param rate > 0, up to 1e6
 * @throws ML_RANGE
 * @see Polyak 1964; Sutskever et al. 2013; River 0.26.1 `optim.Momentum`
 */
export function momentum(rate: number, { rho = 0.9, nesterov = false }: MomentumOptions = {}): OptimizerSpec {
  checkRate(rate, 'momentum')
  checkDecay('rho', rho, 'momentum')
  return { kind: 'momentum', rate, rho, nesterov }
}

/** Finite: a speed is at most rate · gradient / (1 − rho), 1e44, and adds up. */
export class MomentumRule implements Rule {
  readonly header = 0
  readonly accumulators = 1
  readonly signed = [true]
  readonly merging: readonly Merging[] = ['mean']
  readonly lasting: number
  readonly unpenalised = this
  readonly #rate: number
  readonly #rho: number
  readonly #nesterov: boolean

  constructor(rate: number, rho: number, nesterov: boolean) {
    this.#rate = rate
    this.#rho = rho
    this.#nesterov = nesterov
    this.lasting = 1 / (1 - rho)
  }

  rateAt(): number {
    return this.#rate
  }

  begin(): void {}

  update(page: Float64Array, at: number, apart: number, gradients: Float64Array, from: number, count: number): void {
    const rate = this.#rate
    const rho = this.#rho
    const end = from + count
    for (let i = from, k = at + from; i < end; i++, k++) {
      const step = rate * gradients[i]
      const speed = rho * page[k + apart] + step
      page[k + apart] = speed
      page[k] -= this.#nesterov ? rho * speed + step : speed
    }
  }
}
