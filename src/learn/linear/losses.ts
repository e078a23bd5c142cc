/** The losses of linear models as a plan holds them. */
import { checkOption } from './rate.ts'

/** What a number is predicted by. */
export type RegressionLoss =
  | { readonly kind: 'squared' }
  | { readonly kind: 'huber'; readonly delta: number }
  | { readonly kind: 'quantile'; readonly tau: number }
  | { readonly kind: 'poisson' }

/** What a margin between true and false is learned by. */
export type MarginLoss = { readonly kind: 'hinge' } | { readonly kind: 'squaredHinge' }

export type LossSpec = { readonly kind: 'log' } | RegressionLoss | MarginLoss

/** (value − label)²: the mean. As in River and Vowpal Wabbit without the half, so its slope is 2 (value − label). */
export function squared(): RegressionLoss {
  return { kind: 'squared' }
}

/**
 * Half the square of errors up to `delta`, beyond that delta · (|error| − delta/2): a mean that outliers pull by `delta`
 * at most.
 * @param delta in the unit of the label, > 0, up to 1e12
 * @throws ML_RANGE
 * @see Huber 1964; River 0.26.1 `optim.losses.Huber`
 */
export function huber(delta: number): RegressionLoss {
  checkOption('delta', delta, delta > 0 && delta <= 1e12, '> 0 and <= 1e12', 'huber')
  return { kind: 'huber', delta }
}

/**
 * tau · error where the label is above the value, (1 − tau) · −error below: the quantile that a share `tau` of the labels
 * lies under. 0.5 is the median, by half the absolute error.
 * @param tau > 0 and < 1
 * @throws ML_RANGE
 * @see Koenker, Bassett 1978; River 0.26.1 `optim.losses.Quantile`
 */
export function quantile(tau: number): RegressionLoss {
  checkOption('tau', tau, tau > 0 && tau < 1, '> 0 and < 1', 'quantile')
  return { kind: 'quantile', tau }
}

/**
 * Counts: labels ≥ 0 whose mean is e^score, by e^score − label · score. Scores above ln 1e15 count as that.
 * @see River 0.26.1 `optim.losses.Poisson`
 */
export function poisson(): RegressionLoss {
  return { kind: 'poisson' }
}

/** max(0, 1 − margin), where the margin is the score, for false its negative. */
export function hinge(): MarginLoss {
  return { kind: 'hinge' }
}

/** max(0, 1 − margin)²: presses harder on what is far on the wrong side. */
export function squaredHinge(): MarginLoss {
  return { kind: 'squaredHinge' }
}
