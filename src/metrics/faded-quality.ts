import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { exp } from '../numeric/exp.ts'
import { AucSketch } from '../stats/auc-sketch.ts'
import { readVersion } from '../stats/snapshot-version.ts'
import { type BinaryOutcome, checkOutcome } from './binary-outcome.ts'
import type { BinaryReport } from './binary-report.ts'
import { BinaryTally } from './binary-tally.ts'

/** Past this, 2^64, the weights are scaled back to one; far from overflow, and rarely reached. */
const largestGain = 18446744073709551616

/**
 * Quality in which an outcome weighs half as much after `halfLife` more: a window without an edge, over about
 * 1.44 half-lives.
 *
 * Input     one outcome per update
 * First     a report covers what has come, faded: the first outcome alone counts fully
 * Cost      O(1) time per update, 0.1 µs; 256 KB, the sketch of the area under the curve
 * Order     sensitive
 * Snapshot  v1: sums, gain, sketch. The half-life is an option: a snapshot may be restored with another one
 * @param halfLife in outcomes, 1 or more; 1000 when not given
 * @throws ML_RANGE for another half-life; ML_VALUE ML_LABEL from `update`
 * @see Gama, Sebastião & Rodrigues 2013, "On evaluating stream learning algorithms": the fading factor, here
 * 0.5 ^ (1 / halfLife). Cormode et al. 2009, "Forward decay": later outcomes are given more weight in place of earlier
 * ones less, which no ratio can tell.
 */
export class FadedQuality {
  readonly halfLife: number
  /** Each outcome weighs this much more than the one before it. */
  readonly #growth: number
  readonly #tally = new BinaryTally()
  readonly #auc = new AucSketch()
  /** What the last outcome's weight was multiplied by. */
  #gain = 1

  constructor(halfLife = 1000) {
    if (!(halfLife >= 1 && halfLife < Number.POSITIVE_INFINITY)) {
      throw new MillraceError('ML_RANGE', {
        what: 'the half-life must be a number of outcomes, 1 or more',
        got: halfLife,
        where: 'FadedQuality',
      })
    }
    this.halfLife = halfLife
    this.#growth = exp(Math.LN2 / halfLife)
  }

  update(outcome: BinaryOutcome): void {
    checkOutcome(outcome)
    this.#gain *= this.#growth
    if (this.#gain > largestGain) {
      this.#tally.scale(1 / this.#gain)
      this.#auc.scale(1 / this.#gain)
      this.#gain = 1
    }
    this.#tally.add(outcome, this.#gain)
    this.#auc.update(outcome.probability, outcome.label, outcome.weight * this.#gain)
  }

  report(): BinaryReport {
    return this.#tally.report(this.#auc.value)
  }

  snapshot(writer: ByteWriter): void {
    writer.u8(1)
    this.#tally.snapshot(writer)
    writer.f64(this.#gain)
    this.#auc.snapshot(writer)
  }

  /** @throws ML_CORRUPT ML_VERSION */
  restore(reader: ByteReader): void {
    readVersion(reader, 1, 'a metric')
    this.#tally.restore(reader)
    this.#gain = reader.f64()
    if (!(this.#gain >= 1 && this.#gain <= largestGain)) reader.fail('the gain of the faded sketch is out of range')
    this.#auc.restore(reader)
  }
}
