import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { CALIBRATION_BINS, calibrationBin, calibrationError } from '../stats/calibration-bins.ts'
import { CompensatedSums } from '../stats/compensated-sums.ts'
import { LogProducts } from '../stats/log-products.ts'
import type { BinaryOutcome } from './binary-outcome.ts'
import type { BinaryReport } from './binary-report.ts'
import { cut, logLoss } from './log-loss.ts'
import type { OutcomeBlock } from './outcome-block.ts'
import { orNull, ratio, rightShare } from './ratio.ts'

const truePositive = 0
const falsePositive = 1
const trueNegative = 2
const falseNegative = 3
const majorityWrong = 4
const noChangeWrong = 5
const lossOfModel = 6
const lossOfPrior = 7
const squares = 8
const firstBin = 9

/** Of `#cells`, beside those by prediction and label. */
const MAJORITY = 4
const NO_CHANGE = 5

/** Of `#losses`. */
const MODEL = 0
const PRIOR = 1

/**
 * The weighted sums from which every value of a binary report but the area under the curve follows.
 *
 * Snapshot  records, the nineteen sums, the losses of outcomes of weight 1; within the snapshot of whoever owns them
 */
export class BinarySums {
  records = 0
  readonly #sums = new CompensatedSums(firstBin + CALIBRATION_BINS)
  /** Losses of outcomes of weight 1, which are most: no logarithm each. */
  readonly #losses = new LogProducts(2)
  /** What an outcome adds to the sums from `majorityWrong` to `squares`. */
  readonly #terms = new Float64Array(firstBin - majorityWrong)
  /** How often each thing happened among outcomes that are counted at once. */
  readonly #cells = new Int32Array(6)

  /** Counts a checked outcome, `gain` times its weight. */
  add({ probability, label, weight: own, prior, majority, last }: BinaryOutcome, gain: number): void {
    this.records++
    const weight = own * gain
    const said = probability > 0.5
    const miss = label ? probability - 1 : probability
    const known = prior ?? 0.5
    const cell = said ? (label ? truePositive : falsePositive) : label ? falseNegative : trueNegative
    if (weight === 1) {
      this.#addOne(cell, probability, label, known, miss)
      if ((majority ?? false) !== label) this.#sums.count(majorityWrong, 1)
      if ((last ?? false) !== label) this.#sums.count(noChangeWrong, 1)
      return
    }
    const terms = this.#terms
    terms[0] = (majority ?? false) === label ? 0 : weight
    terms[1] = (last ?? false) === label ? 0 : weight
    terms[2] = weight * logLoss(label ? probability : 1 - probability)
    terms[3] = weight * logLoss(label ? known : 1 - known)
    terms[4] = weight * (miss * miss)
    this.#sums.addEach(majorityWrong, terms)
    this.#sums.add(cell, weight)
    this.#sums.add(firstBin + calibrationBin(probability), weight * miss)
  }

  /**
   * Counts outcomes of weight 1 that lie side by side, to the bits of `add`; the majority is what has a prior above 0.5. No
   * branch depends on a label, which no processor foresees.
   */
  addOnes({ outs, outputs, labels, typical, last, count }: OutcomeBlock): void {
    const sums = this.#sums
    const losses = this.#losses
    const cells = this.#cells
    cells.fill(0)
    for (let i = 0, at = 0; i < count; i++, at += outputs) {
      const probability = outs[at]
      const label = labels[i]
      const known = typical[i]
      const miss = probability - label
      const isTrue = label | 0
      cells[(probability > 0.5 ? 2 : 0) + isTrue]++
      cells[MAJORITY] += (known > 0.5 ? 1 : 0) ^ isTrue
      cells[NO_CHANGE] += last[i] ^ isTrue
      losses.add(MODEL, cut(Math.abs(1 - label - probability)))
      losses.add(PRIOR, cut(Math.abs(1 - label - known)))
      sums.add(squares, miss * miss)
      sums.add(firstBin + calibrationBin(probability), miss)
    }
    this.records += count
    sums.count(trueNegative, cells[0])
    sums.count(falseNegative, cells[1])
    sums.count(falsePositive, cells[2])
    sums.count(truePositive, cells[3])
    sums.count(majorityWrong, cells[MAJORITY])
    sums.count(noChangeWrong, cells[NO_CHANGE])
  }

  /** An outcome of weight 1, as most are: no logarithm, and counts that are exact. */
  #addOne(cell: number, probability: number, label: boolean, known: number, miss: number): void {
    this.#sums.count(cell, 1)
    this.#losses.add(MODEL, cut(label ? probability : 1 - probability))
    this.#losses.add(PRIOR, cut(label ? known : 1 - known))
    this.#sums.add(squares, miss * miss)
    this.#sums.add(firstBin + calibrationBin(probability), miss)
  }

  /** Lets everything counted so far weigh `factor` times what it did. */
  scale(factor: number): void {
    this.#sums.scale(factor)
    this.#losses.scale(factor)
  }

  /** @param auc the area under the curve of the same outcomes, NaN where there is none */
  report(auc: number): BinaryReport {
    const sums = this.#sums
    const hits = sums.value(truePositive)
    const alarms = sums.value(falsePositive)
    const passes = sums.value(trueNegative)
    const misses = sums.value(falseNegative)
    const weight = hits + alarms + passes + misses
    const wrong = alarms + misses
    // Weight of disagreement by chance, times all weight: zero exactly, not nearly, where one label is all there is.
    const wrongByChance = (hits + alarms) * (passes + alarms) + (passes + misses) * (hits + misses)
    const recall = ratio(hits, hits + misses)
    const passed = ratio(passes, passes + alarms)
    const unchangedWrong = sums.value(noChangeWrong)
    return {
      records: this.records,
      accuracy: ratio(hits + passes, weight),
      balancedAccuracy: recall === null ? passed : passed === null ? recall : (recall + passed) / 2,
      precision: ratio(hits, hits + alarms),
      recall,
      f1: ratio(2 * hits, 2 * hits + wrong),
      kappa: orNull(1 - (wrong / wrongByChance) * weight),
      kappaT: orNull(1 - wrong / unchangedWrong),
      kappaM: orNull(1 - wrong / sums.value(majorityWrong)),
      logLoss: ratio(sums.value(lossOfModel) + this.#losses.value(MODEL), weight),
      brier: ratio(sums.value(squares), weight),
      auc: orNull(auc),
      calibrationError: orNull(calibrationError(sums, firstBin, weight)),
      baselines: {
        majority: { accuracy: rightShare(sums.value(majorityWrong), weight) },
        noChange: { accuracy: rightShare(unchangedWrong, weight) },
        prior: { logLoss: ratio(sums.value(lossOfPrior) + this.#losses.value(PRIOR), weight) },
      },
    }
  }

  snapshot(writer: ByteWriter): void {
    writer.varint(this.records)
    this.#sums.snapshot(writer)
    this.#losses.snapshot(writer)
  }

  /** @throws ML_CORRUPT */
  restore(reader: ByteReader): void {
    this.records = reader.varint()
    this.#sums.restore(reader, firstBin)
    this.#losses.restore(reader)
  }
}
