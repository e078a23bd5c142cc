/** Quality of binary predictions, beside the majority, no-change and prior baselines on the same outcomes. */
import { BinaryColumns } from './binary-columns.ts'
import type { BinaryOutcome } from './binary-outcome.ts'
import type { BinaryReport } from './binary-report.ts'
import { BinarySummary, BinaryTally } from './binary-tally.ts'
import { FadedQuality } from './faded-quality.ts'
import { OverallQuality } from './overall-quality.ts'
import type { QualityKind } from './quality.ts'
import type { QualityTask } from './tally.ts'
import { TumblingQuality } from './tumbling-quality.ts'
import { WindowedQuality } from './windowed-quality.ts'

const task: QualityTask<BinaryOutcome, BinaryReport> = {
  tally: () => new BinaryTally(),
  summary: (count) => new BinarySummary(count),
  columns: (size) => new BinaryColumns(size),
}

/**
 * Quality of binary predictions over everything so far (prequential: each outcome was predicted before its label was
 * learned), beside the majority, no-change and prior baselines on the same outcomes.
 *
 * Input     one outcome per update; an outcome of weight 0 is counted in `records` only
 * Empty     every value of the report is null, `records` is 0
 * First     the baselines, knowing nothing, guess false and 0.5
 * Cost      O(1) time per update, 0.1 µs; 256 KB, the sketch of the area under the curve, which is within 5e-5
 * Order     insensitive but for the last bits of sums of weights that are not integers, and of logarithms
 * Snapshot  v1: sums, sketch
 * @throws ML_VALUE ML_LABEL from `update`, before anything is counted
 * @example
 * const quality = new BinaryQuality()
 * quality.update({ probability: 0.8, label: true, weight: 1, prior: 0.5, majority: null, last: null })
 * quality.update({ probability: 0.6, label: false, weight: 1, prior: 2 / 3, majority: true, last: true })
 * quality.report().accuracy // 0.5
 * quality.report().recall // 1
 * @see Gama, Sebastião & Rodrigues 2013, "On evaluating stream learning algorithms". Cohen 1960 (κ). Bifet et al. 2015,
 * "Efficient online evaluation of big data stream classifiers" (κ_M, κ temporal; Žliobaitė et al. 2015). Brier 1950.
 */
export class BinaryQuality extends OverallQuality<BinaryOutcome, BinaryReport> {
  constructor() {
    super(task)
  }
}

/**
 * Quality of the last `size` binary predictions, the area under the curve exact. See WindowedQuality; 25 bytes an
 * outcome kept, O(size log size) per report.
 *
 * @example
 * const quality = new WindowedBinaryQuality(1)
 * quality.update({ probability: 0.8, label: true, weight: 1, prior: 0.5, majority: null, last: null })
 * quality.update({ probability: 0.6, label: false, weight: 1, prior: 2 / 3, majority: true, last: true })
 * quality.report().accuracy // 0
 */
export class WindowedBinaryQuality extends WindowedQuality<BinaryOutcome, BinaryReport> {
  constructor(size: number) {
    super(task, size)
  }
}

/** Quality of binary predictions, faded: see FadedQuality. */
export class FadedBinaryQuality extends FadedQuality<BinaryOutcome, BinaryReport> {
  constructor(halfLife = 1000) {
    super(task, halfLife)
  }
}

/** Quality of binary predictions by windows of event time: see TumblingQuality. 256 KB per open window. */
export class TumblingBinaryQuality extends TumblingQuality<BinaryOutcome, BinaryReport> {
  constructor(sizeMs: number) {
    super(task, sizeMs)
  }
}

export const binaryQuality: QualityKind<BinaryOutcome, BinaryReport> = {
  overall: () => new BinaryQuality(),
  windowed: (size) => new WindowedBinaryQuality(size),
  faded: (halfLife) => new FadedBinaryQuality(halfLife),
  tumbling: (sizeMs) => new TumblingBinaryQuality(sizeMs),
}
