import { checkOption } from '../linear/rate.ts'
import type { MarginOptions, MarginSpec } from './margin-learner.ts'
import { LONGEST_STEP, type MarginPlaces, type MarginRecord, type MarginRule, move, squareOf } from './margin-rule.ts'

/** How a record that cannot be had right without a large change is met: `hard` makes the change, I bounds it, II softens it. */
export type PassiveAggressiveVariant = 'I' | 'II' | 'hard'

export interface PassiveAggressiveOptions<T> extends MarginOptions<T> {
  /** I by default. */
  readonly variant?: PassiveAggressiveVariant
  /** C of the paper, > 0 and up to 1e6; 1 by default. Higher follows single records more. `hard` has none. */
  readonly aggressiveness?: number
  /** True by default. */
  readonly intercept?: boolean
}

export interface PassiveAggressiveRegressionOptions<T> extends PassiveAggressiveOptions<T> {
  /** Errors up to this are none, in the unit of the label; 0.1 by default. */
  readonly epsilon?: number
}

export interface PassiveAggressiveSpec<T = never> extends MarginSpec<T, 'binary'> {
  readonly kind: 'passiveAggressive'
  readonly variant: PassiveAggressiveVariant
  readonly aggressiveness: number
}

export interface PassiveAggressiveRegressionSpec<T = never> extends MarginSpec<T, 'regression'> {
  readonly kind: 'passiveAggressiveRegression'
  readonly variant: PassiveAggressiveVariant
  readonly aggressiveness: number
  readonly epsilon: number
}

/**
 * Passive-aggressive classification: leaves the weights alone while a record is right by a margin of 1, else makes the
 * smallest change that puts it right, step = loss / |x|² along the inputs: in full (`hard`), up to C (I), or as
 * loss / (|x|² + 1/(2C)) (II).
 *
 * Input     as `logistic`; the probability is 1/(1 + e^−score), a monotone reading of the score that is not calibrated
 * Weight    multiplies C: a heavier record may pull further. `hard` has no C: a weight says nothing there
 * Cost      one double an input, 3 more if standardised
 * Order     sensitive; same records give identical bits
 * Snapshot  v1: the model's doubles, see weight-rows.ts
 * @throws ML_RANGE
 * @see Crammer, Dekel, Keshet, Shalev-Shwartz, Singer 2006. As in River 0.26.1 and scikit-learn, and other than in the paper,
 * where it would be one more input, the intercept takes the same step and has no part in |x|².
 */
export function passiveAggressive<T>(options: PassiveAggressiveOptions<T>): PassiveAggressiveSpec<T> {
  return { kind: 'passiveAggressive', task: 'binary', ...shared(options, 'passiveAggressive') }
}

/**
 * Passive-aggressive regression: leaves the weights alone while the error is `epsilon` at most, else makes the smallest
 * change that brings it there. Variants, weights and cost as `passiveAggressive`; step lengths are in the unit of the label, so
 * under I a C well below the spread of the labels makes a robust, slow learner.
 *
 * @throws ML_RANGE
 * @see Crammer et al. 2006, section 5. River 0.26.1 takes the loss of 2y − 1 instead of y here; this follows the paper.
 */
export function passiveAggressiveRegression<T>(
  options: PassiveAggressiveRegressionOptions<T>,
): PassiveAggressiveRegressionSpec<T> {
  const kind = 'passiveAggressiveRegression'
  const { epsilon = 0.1 } = options
  checkOption('epsilon', epsilon, typeof epsilon === 'number' && epsilon >= 0 && epsilon <= 1e15, '0 to 1e15', kind)
  return { kind, task: 'regression', ...shared(options, kind), epsilon }
}

function shared<T>(options: PassiveAggressiveOptions<T>, where: string) {
  const { inputs, variant = 'I', aggressiveness = 1, standardise = true, intercept = true } = options
  checkOption(
    'variant',
    variant,
    variant === 'I' || variant === 'II' || variant === 'hard',
    "'I', 'II' or 'hard'",
    where,
  )
  const right = typeof aggressiveness === 'number' && aggressiveness > 0 && aggressiveness <= 1e6
  checkOption('aggressiveness', aggressiveness, right, '> 0 and <= 1000000', where)
  if (variant === 'hard')
    checkOption('aggressiveness', aggressiveness, aggressiveness === 1, 'left out with hard', where)
  return { inputs: inputs.spec, variant, aggressiveness, standardise, intercept }
}

/** Finite: no step is longer than `LONGEST_STEP`. */
export class PassiveAggressive implements MarginRule {
  readonly name: string
  readonly header = []
  readonly #variant: PassiveAggressiveVariant
  readonly #aggressiveness: number
  /** Undefined: classification. */
  readonly #epsilon: number | undefined

  constructor(spec: PassiveAggressiveSpec | PassiveAggressiveRegressionSpec) {
    this.name = spec.kind
    this.#variant = spec.variant
    this.#aggressiveness = spec.aggressiveness
    this.#epsilon = spec.kind === 'passiveAggressive' ? undefined : spec.epsilon
  }

  learn(page: Float64Array, offset: number, places: MarginPlaces, record: MarginRecord): void {
    const { score, y, weight } = record
    const epsilon = this.#epsilon
    const loss = epsilon === undefined ? 1 - y * score : Math.abs(y - score) - epsilon
    if (!(loss > 0)) return
    const step = this.#length(loss, squareOf(record), this.#aggressiveness * weight)
    const up = epsilon === undefined ? y > 0 : y > score
    if (step > 0) move(page, offset, places, record, up ? step : -step)
  }

  /** A record without inputs, whose square is 0, moves nothing but under II, as in River. */
  #length(loss: number, square: number, aggressiveness: number): number {
    if (this.#variant === 'II') return Math.min(LONGEST_STEP, loss / (square + 0.5 / aggressiveness))
    if (square === 0) return 0
    return Math.min(this.#variant === 'I' ? aggressiveness : LONGEST_STEP, loss / square)
  }
}
