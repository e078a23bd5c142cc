/** Quality of predicted numbers, beside the mean and no-change baselines on the same outcomes. */
import { MillraceError } from '../errors.ts'
import { FadedQuality } from './faded-quality.ts'
import { OverallQuality } from './overall-quality.ts'
import type { QualityKind } from './quality.ts'
import { RegressionColumns } from './regression-columns.ts'
import type { RegressionOutcome } from './regression-outcome.ts'
import type { RegressionReport } from './regression-report.ts'
import { RegressionTally } from './regression-tally.ts'
import type { QualityTask } from './tally.ts'
import { TumblingQuality } from './tumbling-quality.ts'
import { WindowedQuality } from './windowed-quality.ts'

/** The level whose loss is half the mean size of the error: the median's. */
const MEDIAN = 0.5

function taskOf(alpha: number): QualityTask<RegressionOutcome, RegressionReport> {
  if (!(alpha > 0 && alpha < 1)) {
    throw new MillraceError('ML_RANGE', {
      what: 'the level alpha of the quantile loss must lie between 0 and 1',
      got: alpha,
      where: 'RegressionQuality',
    })
  }
  return {
    tally: () => new RegressionTally(alpha),
    summary: () => new RegressionTally(alpha),
    columns: (size) => new RegressionColumns(size),
  }
}

/**
 * Quality of predicted numbers over everything so far (prequential: each outcome was predicted before its label was
 * learned), beside the mean and no-change baselines on the same outcomes.
 *
 * Input     one outcome per update, numbers within ±1e80; an outcome of weight 0 is counted in `records` only
 * Empty     every value of the report is null, `records` is 0; `r2` is null until labels differ
 * First     the baselines, knowing nothing, guess 0
 * Cost      O(1) time and state: 14 numbers
 * Order     sensitive in the last bits; same outcomes in the same order give identical bits
 * Snapshot  v1: records, sums, mean and squared deviations of the labels. The level is an option: a snapshot may be
 *           restored with another one
 * @param alpha level of the quantile loss, above 0 and below 1; 0.5 when not given
 * @throws ML_RANGE for another level; ML_VALUE ML_LABEL from `update`, before anything is counted
 * @example
 * const quality = new RegressionQuality()
 * quality.update({ value: 2, label: 3, weight: 1, mean: null, last: null })
 * quality.update({ value: 8, label: 5, weight: 1, mean: 3, last: 3 })
 * quality.report().mae // 2
 * quality.report().rmse // √5 = 2.23606797749979
 * quality.report().baselines.noChange.mae // 2.5
 * @see Koenker & Bassett 1978, "Regression quantiles" (quantile loss). Welford 1962 (the denominator of R²).
 */
export class RegressionQuality extends OverallQuality<RegressionOutcome, RegressionReport> {
  constructor(alpha = MEDIAN) {
    super(taskOf(alpha))
  }
}

/** Quality of the last `size` predicted numbers: see WindowedQuality. 56 bytes an outcome kept. */
export class WindowedRegressionQuality extends WindowedQuality<RegressionOutcome, RegressionReport> {
  constructor(size: number, alpha = MEDIAN) {
    super(taskOf(alpha), size)
  }
}

/** Quality of predicted numbers, faded: see FadedQuality. */
export class FadedRegressionQuality extends FadedQuality<RegressionOutcome, RegressionReport> {
  constructor(halfLife = 1000, alpha = MEDIAN) {
    super(taskOf(alpha), halfLife)
  }
}

/** Quality of predicted numbers by windows of event time: see TumblingQuality. */
export class TumblingRegressionQuality extends TumblingQuality<RegressionOutcome, RegressionReport> {
  constructor(sizeMs: number, alpha = MEDIAN) {
    super(taskOf(alpha), sizeMs)
  }
}

/** The metrics of predictions of one quantile. @param alpha its level */
export function quantileQuality(alpha: number): QualityKind<RegressionOutcome, RegressionReport> {
  return {
    overall: () => new RegressionQuality(alpha),
    windowed: (size) => new WindowedRegressionQuality(size, alpha),
    faded: (halfLife) => new FadedRegressionQuality(halfLife, alpha),
    tumbling: (sizeMs) => new TumblingRegressionQuality(sizeMs, alpha),
  }
}

export const regressionQuality: QualityKind<RegressionOutcome, RegressionReport> = quantileQuality(MEDIAN)
