import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { exp } from '../numeric/exp.ts'
import { readVersion } from '../stats/snapshot-version.ts'
import type { Quality } from './quality.ts'
import type { QualityTask, Tally } from './tally.ts'

/** Past this, 2^64, the weights are scaled back to one; far from overflow, and rarely reached. */
const largestGain = 18446744073709551616

/**
 * Quality in which an outcome weighs half as much after `halfLife` more: a window without an edge, over about
 * 1.44 half-lives.
 *
 * Input     one outcome per update
 * First     a report covers what has come, faded: the first outcome alone counts fully
 * Cost      O(1) time per update, and the state, of the overall quality of the task
 * Order     sensitive
 * Snapshot  v1: sums of the task, gain. The half-life is an option: a snapshot may be restored with another one
 * @param halfLife in outcomes, 1 or more
 * @throws ML_RANGE for another half-life; what the task refuses, from `update`
 * @see Gama, Sebastião & Rodrigues 2013, "On evaluating stream learning algorithms": the fading factor, here
 * 0.5 ^ (1 / halfLife). Cormode et al. 2009, "Forward decay": later outcomes are given more weight in place of earlier
 * ones less, which no ratio can tell.
 */
export class FadedQuality<O, R> implements Quality<O, R> {
  readonly halfLife: number
  /** Each outcome weighs this much more than the one before it. */
  readonly #growth: number
  readonly #tally: Tally<O, R>
  /** What the last outcome's weight was multiplied by. */
  #gain = 1

  constructor(task: QualityTask<O, R>, halfLife: number) {
    if (!(halfLife >= 1 && halfLife < Number.POSITIVE_INFINITY)) {
      throw new MillraceError('ML_RANGE', {
        what: 'the half-life must be a number of outcomes, 1 or more',
        got: halfLife,
        where: 'FadedQuality',
      })
    }
    this.halfLife = halfLife
    this.#growth = exp(Math.LN2 / halfLife)
    this.#tally = task.tally()
  }

  get records(): number {
    return this.#tally.records
  }

  update(outcome: O): void {
    this.#tally.check(outcome)
    this.#gain *= this.#growth
    if (this.#gain > largestGain) {
      this.#tally.scale(1 / this.#gain)
      this.#gain = 1
    }
    this.#tally.add(outcome, this.#gain)
  }

  report(): R {
    return this.#tally.report(this.#gain)
  }

  snapshot(writer: ByteWriter): void {
    writer.u8(1)
    this.#tally.snapshot(writer)
    writer.f64(this.#gain)
  }

  restore(reader: ByteReader): void {
    readVersion(reader, 1, 'a metric')
    this.#tally.restore(reader)
    this.#gain = reader.f64()
    if (!(this.#gain >= 1 && this.#gain <= largestGain)) reader.fail('the gain of a faded metric is out of range')
  }
}
