import type { OptimizerSpec } from './optimizer.ts'
import { checkOption, checkRate } from './rate.ts'

/**
 * Stochastic gradient descent whose rate falls as rate / t^power at the t-th record: it settles, and so follows slow
 * change only. Like `sgd` otherwise.
 *
 * @param rate of the first record, > 0, up to 1e6
 * @param power 0 to 1; 0.5 by default
 * @throws ML_RANGE
 * @see River 0.26.1 `optim.schedulers.InverseScaling`
 */
export function invScaling(rate: number, power = 0.5): OptimizerSpec {
  checkRate(rate, 'invScaling')
  checkOption('power', power, power >= 0 && power <= 1, '0 to 1', 'invScaling')
  return { kind: 'invScaling', rate, power }
}
