/** What the linear learners have in common: options as users give them, and as a plan holds them. */
import type { FeatureSpec } from '../../features/feature-spec.ts'
import type { LearnerSpec, Task } from '../learner.ts'
import { type StopOptions, type StopSpec, stopSpec } from '../stop.ts'
import { isInvariant, type OptimizerSpec } from './optimizer.ts'
import { checkOption, checkRate } from './rate.ts'
import { sgd } from './sgd.ts'

export interface LinearOptions<T> {
  /** What the model sees: `features(schema)...`. */
  readonly inputs: { readonly spec: FeatureSpec<T> }
  /**
   * `sgd(0.01)` by default; or `invScaling`, `momentum`, `adagrad`, `rmsProp`, `adam`, `ftrl`, and where there is one
   * score `normalized` and `importanceAware`.
   */
  readonly optimizer?: OptimizerSpec
  /** Numeric inputs by their running mean and deviation; true by default. `normalized` can do without. */
  readonly standardise?: boolean
  /** Shrinks the weights used, by this share of the rate at each record; 0 by default. `ftrl` has its own. */
  readonly l2?: number
  /**
   * Takes rate · l1 off every weight at each record, to 0 and no further, when its input comes (the cumulative penalty of
   * Tsuruoka 2009); 0 by default. `ftrl` has its own.
   */
  readonly l1?: number
  /** Largest slope of the loss that is followed, times the record's weight; 1e12 by default. */
  readonly clipGradient?: number
  /** The most that one record may move a weight; no limit by default. */
  readonly clipStep?: number
  /** True by default. */
  readonly intercept?: boolean
  /** A constant rate by which the intercept goes down its slope, whatever moves the weights: River's is 0.01. As the weights by default. */
  readonly interceptRate?: number
  /** When to stop learning: see `StopOptions`. Never by default. */
  readonly stop?: StopOptions
}

export interface LinearSpec<T = never, K extends Task = Task> extends LearnerSpec<T, K> {
  readonly optimizer: OptimizerSpec
  readonly standardise: boolean
  readonly l2: number
  readonly l1?: number
  readonly clipGradient?: number
  readonly clipStep?: number
  readonly intercept: boolean
  readonly interceptRate?: number
  readonly stop?: StopSpec
}

/** Slopes beyond this are cut: with it models stay finite whatever comes. */
export const LARGEST_SLOPE = 1e12

/** The fields of a spec that the options give. @throws ML_RANGE */
export function linearSpec<T>(options: LinearOptions<T>, kind: string): Omit<LinearSpec<T>, 'kind' | 'task'> {
  const { inputs, optimizer = sgd(0.01), standardise = true, l2 = 0, l1 = 0, intercept = true } = options
  const { clipGradient, clipStep, interceptRate, stop } = options
  const alone = `0 with ${optimizer.kind}${optimizer.kind === 'ftrl' ? ', which has its own' : ', whose rates differ by input'}`
  if (isInvariant(optimizer) || optimizer.kind === 'ftrl') {
    checkOption('l2', l2, l2 === 0, alone, kind)
    checkOption('l1', l1, l1 === 0, alone, kind)
    checkOption('clipStep', clipStep, clipStep === undefined, `left out with ${optimizer.kind}`, kind)
  }
  checkOption('l2', l2, l2 >= 0 && l2 * optimizer.rate <= 1, `0 to 1/rate = ${1 / optimizer.rate}`, kind)
  checkOption('l1', l1, l1 >= 0 && l1 <= 1e6, '0 to 1e6', kind)
  checkLimit('clipGradient', clipGradient, kind)
  checkLimit('clipStep', clipStep, kind)
  if (interceptRate !== undefined) {
    checkOption('interceptRate', interceptRate, !isInvariant(optimizer), `left out with ${optimizer.kind}`, kind)
    checkRate(interceptRate, `${kind}, interceptRate`)
  }
  return {
    inputs: inputs.spec,
    optimizer,
    standardise,
    l2,
    intercept,
    // Left out where they are not asked for: a plan stays what it was.
    ...(l1 === 0 ? {} : { l1 }),
    ...(clipGradient === undefined ? {} : { clipGradient }),
    ...(clipStep === undefined ? {} : { clipStep }),
    ...(interceptRate === undefined ? {} : { interceptRate }),
    ...(stop === undefined ? {} : { stop: stopSpec(stop, kind) }),
  }
}

function checkLimit(option: string, limit: number | undefined, kind: string): void {
  const right = limit === undefined || (limit > 0 && limit <= LARGEST_SLOPE)
  checkOption(option, limit, right, `> 0 and <= ${LARGEST_SLOPE}`, kind)
}
