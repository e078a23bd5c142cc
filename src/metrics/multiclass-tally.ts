import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { CALIBRATION_BINS, calibrationBin, calibrationError } from '../stats/calibration-bins.ts'
import { CompensatedSums } from '../stats/compensated-sums.ts'
import { ClassTable, type ClassWeights } from './class-table.ts'
import { logLoss } from './log-loss.ts'
import { checkMulticlassOutcome, type MulticlassOutcome } from './multiclass-outcome.ts'
import type { MulticlassReport } from './multiclass-report.ts'
import { orNull, ratio, rightShare } from './ratio.ts'
import type { Tally } from './tally.ts'

const rights = 0
const wrongs = 1
const majorityWrong = 2
const noChangeWrong = 3
const lossOfModel = 4
const squares = 5
const firstBin = 6

/**
 * The weighted sums from which every value of a multiclass report follows.
 *
 * Snapshot  records, the sixteen sums, the classes; within the snapshot of whoever owns the tally
 */
export class MulticlassTally implements Tally<MulticlassOutcome, MulticlassReport> {
  records = 0
  readonly #sums = new CompensatedSums(firstBin + CALIBRATION_BINS)
  readonly #classes = new ClassTable()

  check(outcome: MulticlassOutcome): void {
    checkMulticlassOutcome(outcome, this.#classes.byName)
  }

  add(outcome: MulticlassOutcome, gain: number): void {
    const { label, predicted, probability, brier, confidence, majority, last } = outcome
    this.records++
    const sums = this.#sums
    const weight = outcome.weight * gain
    const right = predicted === label
    sums.add(right ? rights : wrongs, weight)
    if (majority !== label) sums.add(majorityWrong, weight)
    if (last !== label) sums.add(noChangeWrong, weight)
    sums.add(lossOfModel, weight * logLoss(probability))
    sums.add(squares, weight * brier)
    sums.add(firstBin + calibrationBin(confidence), weight * (right ? confidence - 1 : confidence))
    this.#classes.add(label, predicted, weight)
  }

  scale(factor: number): void {
    this.#sums.scale(factor)
    this.#classes.scale(factor)
  }

  report(gain: number): MulticlassReport {
    const sums = this.#sums
    const classes = this.#classes.report()
    const right = sums.value(rights)
    const wrong = sums.value(wrongs)
    const weight = right + wrong
    const labels = classes.filter(({ support }) => support > 0)
    const unchangedWrong = sums.value(noChangeWrong)
    return {
      records: this.records,
      accuracy: ratio(right, weight),
      balancedAccuracy: mean(labels, ({ recall }) => recall ?? 0),
      macroPrecision: mean(classes, ({ precision }) => precision ?? 0),
      macroRecall: mean(classes, ({ recall }) => recall ?? 0),
      macroF1: mean(classes, ({ f1 }) => f1),
      weightedF1: ratio(
        labels.reduce((sum, { f1, support }) => sum + f1 * support, 0),
        weight,
      ),
      kappa: orNull(1 - (wrong / wrongByChance(classes, weight)) * weight),
      kappaT: orNull(1 - wrong / unchangedWrong),
      kappaM: orNull(1 - wrong / sums.value(majorityWrong)),
      logLoss: ratio(sums.value(lossOfModel), weight),
      brier: ratio(sums.value(squares), weight),
      calibrationError: orNull(calibrationError(sums, firstBin, weight)),
      baselines: {
        majority: { accuracy: rightShare(sums.value(majorityWrong), weight) },
        noChange: { accuracy: rightShare(unchangedWrong, weight) },
      },
      classes: classes.map(({ predicted, ...shown }) => ({ ...shown, support: shown.support / gain })),
    }
  }

  snapshot(writer: ByteWriter): void {
    writer.varint(this.records)
    this.#sums.snapshot(writer)
    this.#classes.snapshot(writer)
  }

  /** @throws ML_CORRUPT */
  restore(reader: ByteReader): void {
    this.records = reader.varint()
    this.#sums.restore(reader, firstBin)
    this.#classes.restore(reader)
  }
}

/** Weight of disagreement by chance, times all weight: zero exactly, not nearly, where one label is all there is. */
function wrongByChance(classes: readonly ClassWeights[], weight: number): number {
  return classes.reduce((sum, { support, predicted }) => sum + support * Math.max(weight - predicted, 0), 0)
}

function mean(classes: readonly ClassWeights[], value: (of: ClassWeights) => number): number | null {
  return ratio(
    classes.reduce((sum, of) => sum + value(of), 0),
    classes.length,
  )
}
