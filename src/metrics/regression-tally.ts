import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { CompensatedSums } from '../stats/compensated-sums.ts'
import { Welford } from '../stats/welford.ts'
import { orNull, ratio } from './ratio.ts'
import { checkRegressionOutcome, type RegressionOutcome } from './regression-outcome.ts'
import type { ErrorSizes, RegressionReport } from './regression-report.ts'
import type { Tally } from './tally.ts'

const weights = 0
const below = 1
const above = 2
const squares = 3
const sizesOfMean = 4
const squaresOfMean = 5
const sizesOfLast = 6
const squaresOfLast = 7
const withInterval = 8
const covered = 9
const widths = 10
const sumCount = 11

/**
 * The weighted sums from which every value of a regression report follows. Errors below and above the label are summed
 * apart, so that the level of the quantile loss is no part of the state.
 *
 * Snapshot  records, the eleven sums, the labels' mean and squared deviations; within that of whoever owns the tally
 */
export class RegressionTally implements Tally<RegressionOutcome, RegressionReport> {
  records = 0
  readonly #sums = new CompensatedSums(sumCount)
  readonly #labels = new Welford()
  readonly #alpha: number

  constructor(alpha: number) {
    this.#alpha = alpha
  }

  check(outcome: RegressionOutcome): void {
    checkRegressionOutcome(outcome)
  }

  add({ value, label, weight: own, mean, last, low, high }: RegressionOutcome, gain: number): void {
    this.records++
    const sums = this.#sums
    const weight = own * gain
    sums.add(weights, weight)
    const error = value - label
    if (error < 0) sums.add(below, -error * weight)
    else sums.add(above, error * weight)
    sums.add(squares, error * error * weight)
    const offMean = Math.abs((mean ?? 0) - label)
    sums.add(sizesOfMean, offMean * weight)
    sums.add(squaresOfMean, offMean * offMean * weight)
    const offLast = Math.abs((last ?? 0) - label)
    sums.add(sizesOfLast, offLast * weight)
    sums.add(squaresOfLast, offLast * offLast * weight)
    this.#labels.update(label, weight)
    if (low == null || high == null) return
    sums.add(withInterval, weight)
    if (low <= label && label <= high) sums.add(covered, weight)
    sums.add(widths, (high - low) * weight)
  }

  scale(factor: number): void {
    this.#sums.scale(factor)
    this.#labels.scale(factor)
  }

  report(): RegressionReport {
    const sums = this.#sums
    const weight = sums.value(weights)
    const sizes = (absolute: number, squared: number): ErrorSizes => ({
      mae: ratio(absolute, weight),
      rmse: orNull(Math.sqrt(squared / weight)),
    })
    const [low, high, squared] = [sums.value(below), sums.value(above), sums.value(squares)]
    const intervals = sums.value(withInterval)
    return {
      records: this.records,
      ...sizes(low + high, squared),
      r2: orNull(1 - squared / this.#labels.squares),
      quantileLoss: ratio(this.#alpha * low + (1 - this.#alpha) * high, weight),
      coverage: ratio(sums.value(covered), intervals),
      meanIntervalWidth: ratio(sums.value(widths), intervals),
      baselines: {
        mean: sizes(sums.value(sizesOfMean), sums.value(squaresOfMean)),
        noChange: sizes(sums.value(sizesOfLast), sums.value(squaresOfLast)),
      },
    }
  }

  snapshot(writer: ByteWriter): void {
    writer.varint(this.records)
    this.#sums.snapshot(writer)
    this.#labels.snapshot(writer)
  }

  /** @throws ML_CORRUPT ML_VERSION */
  restore(reader: ByteReader): void {
    this.records = reader.varint()
    this.#sums.restore(reader)
    this.#labels.restore(reader)
  }
}
