/** Quality of predicted classes, beside the majority and no-change baselines on the same outcomes. */
import { FadedQuality } from './faded-quality.ts'
import { MulticlassColumns } from './multiclass-columns.ts'
import type { MulticlassOutcome } from './multiclass-outcome.ts'
import type { MulticlassReport } from './multiclass-report.ts'
import { MulticlassTally } from './multiclass-tally.ts'
import { OverallQuality } from './overall-quality.ts'
import type { QualityKind } from './quality.ts'
import type { QualityTask } from './tally.ts'
import { TumblingQuality } from './tumbling-quality.ts'
import { WindowedQuality } from './windowed-quality.ts'

const task: QualityTask<MulticlassOutcome, MulticlassReport> = {
  tally: () => new MulticlassTally(),
  summary: () => new MulticlassTally(),
  columns: (size) => new MulticlassColumns(size),
}

/**
 * Quality of predicted classes over everything so far (prequential: each outcome was predicted before its label was
 * learned), beside the majority and no-change baselines on the same outcomes.
 *
 * Input     one outcome per update; an outcome of weight 0 is counted in `records` only
 * Empty     every value of the report is null, `records` is 0, there are no classes
 * First     a model or baseline that knows no class yet is wrong
 * Cost      O(1) time per update, O(classes log classes) per report; 200 bytes a class, at most 1,000 of them
 * Order     insensitive but for the last bits of sums of weights that are not integers, of logarithms and squares
 * Snapshot  v1: records, sums, then the classes by name
 * @throws ML_VALUE ML_LABEL ML_STATE_LIMIT from `update`, before anything is counted
 * @example
 * const quality = new MulticlassQuality()
 * const cat = { label: 'cat', probability: 0.5, brier: 0.38, confidence: 0.5, weight: 1, majority: null, last: null }
 * quality.update({ ...cat, predicted: 'cat' })
 * quality.update({ ...cat, predicted: 'dog', probability: 0.3, brier: 0.78 })
 * quality.report().accuracy // 0.5
 * quality.report().macroF1 // 1/3: 2/3 of the cat, 0 of the dog
 * @see Gama, Sebastião & Rodrigues 2013, "On evaluating stream learning algorithms". Cohen 1960 (κ). Bifet et al. 2015,
 * "Efficient online evaluation of big data stream classifiers" (κ_M, κ temporal). Brier 1950.
 */
export class MulticlassQuality extends OverallQuality<MulticlassOutcome, MulticlassReport> {
  constructor() {
    super(task)
  }
}

/**
 * Quality of the last `size` predicted classes: see WindowedQuality. 64 bytes an outcome kept, beside the texts of
 * the classes. At most 1,000 classes at a time.
 */
export class WindowedMulticlassQuality extends WindowedQuality<MulticlassOutcome, MulticlassReport> {
  constructor(size: number) {
    super(task, size)
  }
}

/** Quality of predicted classes, faded: see FadedQuality. A class keeps its place however much it has faded. */
export class FadedMulticlassQuality extends FadedQuality<MulticlassOutcome, MulticlassReport> {
  constructor(halfLife = 1000) {
    super(task, halfLife)
  }
}

/** Quality of predicted classes by windows of event time: see TumblingQuality. */
export class TumblingMulticlassQuality extends TumblingQuality<MulticlassOutcome, MulticlassReport> {
  constructor(sizeMs: number) {
    super(task, sizeMs)
  }
}

export const multiclassQuality: QualityKind<MulticlassOutcome, MulticlassReport> = {
  overall: () => new MulticlassQuality(),
  windowed: (size) => new WindowedMulticlassQuality(size),
  faded: (halfLife) => new FadedMulticlassQuality(halfLife),
  tumbling: (sizeMs) => new TumblingMulticlassQuality(sizeMs),
}
