import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { exactAuc } from '../stats/exact-auc.ts'
import { readVersion } from '../stats/snapshot-version.ts'
import { type BinaryOutcome, checkOutcome } from './binary-outcome.ts'
import type { BinaryReport } from './binary-report.ts'
import { BinaryTally } from './binary-tally.ts'

const labelBit = 1
const majorityBit = 2
const lastBit = 4

/**
 * Quality over the last `size` outcomes. The outcomes themselves are kept, and a report is computed from them afresh:
 * nothing is ever subtracted, so no error builds up, and the area under the curve is exact.
 *
 * Input     one outcome per update
 * First     a report covers what has come until the window is full
 * Cost      25 bytes an outcome kept; O(1) per update, O(size log size) per report
 * Order     sensitive: which outcomes are the last
 * Snapshot  v1: how many, then each from the oldest on. Restored into a smaller window, the newest stay
 * @param size how many outcomes, an integer from 1 to 10,000,000
 * @throws ML_RANGE for another size; ML_VALUE ML_LABEL from `update`
 */
export class WindowedQuality {
  readonly size: number
  readonly #probability: Float64Array
  readonly #prior: Float64Array
  readonly #weight: Float64Array
  readonly #flags: Uint8Array
  #count = 0
  /** Where the next outcome goes; the oldest one's place once the ring is full. */
  #next = 0

  constructor(size: number) {
    if (!(Number.isInteger(size) && size >= 1 && size <= 10_000_000)) {
      throw new MillraceError('ML_RANGE', {
        what: 'the window must be a whole number of outcomes from 1 to 10,000,000',
        got: size,
        where: 'WindowedQuality',
      })
    }
    this.size = size
    this.#probability = new Float64Array(size)
    this.#prior = new Float64Array(size)
    this.#weight = new Float64Array(size)
    this.#flags = new Uint8Array(size)
  }

  update(outcome: BinaryOutcome): void {
    checkOutcome(outcome)
    const { probability, label, weight, prior, majority, last } = outcome
    const flags = (label ? labelBit : 0) | (majority ? majorityBit : 0) | (last ? lastBit : 0)
    this.#push(probability, prior ?? 0.5, weight, flags)
  }

  report(): BinaryReport {
    const tally = new BinaryTally()
    const scores = new Float64Array(this.#count)
    const weights = new Float64Array(this.#count)
    const labels = new Uint8Array(this.#count)
    for (let age = 0; age < this.#count; age++) {
      const at = this.#place(age)
      scores[age] = this.#probability[at]
      weights[age] = this.#weight[at]
      labels[age] = this.#flags[at] & labelBit
      tally.add({
        probability: scores[age],
        label: labels[age] === 1,
        weight: weights[age],
        prior: this.#prior[at],
        majority: (this.#flags[at] & majorityBit) !== 0,
        last: (this.#flags[at] & lastBit) !== 0,
      })
    }
    return tally.report(exactAuc(scores, weights, labels, this.#count))
  }

  snapshot(writer: ByteWriter): void {
    writer.u8(1)
    writer.varint(this.#count)
    for (let age = 0; age < this.#count; age++) {
      const at = this.#place(age)
      writer.f64(this.#probability[at])
      writer.f64(this.#prior[at])
      writer.f64(this.#weight[at])
      writer.u8(this.#flags[at])
    }
  }

  /** @throws ML_CORRUPT ML_VERSION */
  restore(reader: ByteReader): void {
    readVersion(reader, 1, 'a metric')
    this.#count = 0
    this.#next = 0
    for (let left = reader.varint(); left > 0; left--) {
      const [probability, prior, weight, flags] = [reader.f64(), reader.f64(), reader.f64(), reader.u8()]
      const known = flags <= (labelBit | majorityBit | lastBit)
      const inRange = probability >= 0 && probability <= 1 && prior >= 0 && prior <= 1
      if (!(known && inRange && weight >= 0 && weight <= 1e100)) reader.fail('this is no outcome')
      this.#push(probability, prior, weight, flags)
    }
  }

  #push(probability: number, prior: number, weight: number, flags: number): void {
    const at = this.#next
    this.#probability[at] = probability
    this.#prior[at] = prior
    this.#weight[at] = weight
    this.#flags[at] = flags
    this.#next = at + 1 === this.size ? 0 : at + 1
    if (this.#count < this.size) this.#count++
  }

  /** The place of the outcome that is `age` after the oldest. */
  #place(age: number): number {
    return this.#count < this.size ? age : (this.#next + age) % this.size
  }
}
