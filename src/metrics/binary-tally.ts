import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { log } from '../numeric/log.ts'
import type { BinaryOutcome } from './binary-outcome.ts'
import type { BinaryReport } from './binary-report.ts'

const truePositive = 0
const falsePositive = 1
const trueNegative = 2
const falseNegative = 3
const majorityWrong = 4
const noChangeWrong = 5
const lossOfModel = 6
const lossOfPrior = 7
const sumCount = 8

const smallest = 1e-15
const largest = 1 - 1e-15

/**
 * The weighted sums from which every value of a report but the area under the curve follows. Each is kept with the part
 * that rounding cut off, so 10^8 outcomes cost no digits that a report shows.
 *
 * Snapshot  records, then the eight sums as (sum, cut-off part); within the snapshot of whoever owns the tally
 * @see Neumaier 1974, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen"
 */
export class BinaryTally {
  records = 0
  readonly #sums = new Float64Array(sumCount)
  readonly #lost = new Float64Array(sumCount)

  clear(): void {
    this.records = 0
    this.#sums.fill(0)
    this.#lost.fill(0)
  }

  /** Counts a checked outcome, `gain` times its weight. */
  add({ probability, label, weight: own, prior, majority, last }: BinaryOutcome, gain = 1): void {
    this.records++
    const weight = own * gain
    const said = probability > 0.5
    const cell = said ? (label ? truePositive : falsePositive) : label ? falseNegative : trueNegative
    this.#add(cell, weight)
    if ((majority ?? false) !== label) this.#add(majorityWrong, weight)
    if ((last ?? false) !== label) this.#add(noChangeWrong, weight)
    this.#add(lossOfModel, weight * logLoss(probability, label))
    this.#add(lossOfPrior, weight * logLoss(prior ?? 0.5, label))
  }

  /** Lets everything counted so far weigh `factor` times what it did. */
  scale(factor: number): void {
    for (let index = 0; index < sumCount; index++) {
      this.#sums[index] *= factor
      this.#lost[index] *= factor
    }
  }

  /** @param auc the area under the curve of the same outcomes, NaN where there is none */
  report(auc: number): BinaryReport {
    const [hits, alarms, passes, misses] = [truePositive, falsePositive, trueNegative, falseNegative].map(this.#sum)
    const weight = hits + alarms + passes + misses
    const wrong = alarms + misses
    // Weight of disagreement by chance, times all weight: zero exactly, not nearly, where one label is all there is.
    const wrongByChance = (hits + alarms) * (passes + alarms) + (passes + misses) * (hits + misses)
    const unchangedWrong = this.#sum(noChangeWrong)
    return {
      records: this.records,
      accuracy: orNull((hits + passes) / weight),
      logLoss: orNull(this.#sum(lossOfModel) / weight),
      auc: orNull(auc),
      kappa: orNull(1 - (wrong / wrongByChance) * weight),
      kappaT: orNull(1 - wrong / unchangedWrong),
      baselines: {
        majority: { accuracy: orNull(rightShare(this.#sum(majorityWrong), weight)) },
        noChange: { accuracy: orNull(rightShare(unchangedWrong, weight)) },
        prior: { logLoss: orNull(this.#sum(lossOfPrior) / weight) },
      },
    }
  }

  snapshot(writer: ByteWriter): void {
    writer.varint(this.records)
    for (let index = 0; index < sumCount; index++) {
      writer.f64(this.#sums[index])
      writer.f64(this.#lost[index])
    }
  }

  /** @throws ML_CORRUPT */
  restore(reader: ByteReader): void {
    this.records = reader.varint()
    for (let index = 0; index < sumCount; index++) {
      this.#sums[index] = reader.f64()
      this.#lost[index] = reader.f64()
      const sum = this.#sum(index)
      if (!(sum >= 0 && sum < Number.POSITIVE_INFINITY)) reader.fail('a sum of weights is negative or not finite', sum)
    }
  }

  /** Adds a value that is not negative, as no sum is. */
  #add(index: number, value: number): void {
    const sum = this.#sums[index]
    const next = sum + value
    this.#lost[index] += sum >= value ? sum - next + value : value - next + sum
    this.#sums[index] = next
  }

  readonly #sum = (index: number): number => this.#sums[index] + this.#lost[index]
}

/** -ln of the probability that was given to the label. Certain and wrong costs 34.5 nats, not infinitely many. */
function logLoss(probability: number, label: boolean): number {
  const given = label ? probability : 1 - probability
  return -log(Math.min(Math.max(given, smallest), largest))
}

/** What is not wrong, never below zero by rounding. */
function rightShare(wrong: number, weight: number): number {
  return Math.max(weight - wrong, 0) / weight
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
