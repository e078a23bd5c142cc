import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { readVersion } from '../stats/snapshot-version.ts'

/**
 * What can be guessed without a model: read it when a prediction is made, keep it with the prediction, and count it in
 * when the label has come. A label that comes days later then judges model and baselines by the same knowledge.
 *
 * Input     each label once, when it is learned, with its weight
 * Empty     prior 0.5, majority and last null
 * Cost      O(1) time and state per label
 * Order     `last` is sensitive; sums of weights that are not integers are, in their last bits
 * Snapshot  v1: weight of true, weight of false, last
 * @example
 * const known = new Baselines()
 * known.learn(true, 1)
 * known.prior // 2/3
 * @see Laplace 1774, the rule of succession. Bifet et al. 2015, "Efficient online evaluation of big data stream
 * classifiers", on the majority and no-change classifiers.
 */
export class Baselines {
  #positive = 0
  #negative = 0
  /** The label that was learned last. */
  last: boolean | null = null

  /**
   * Probability that the next label is true: (true + 1) / (all + 2), by weight. One label is no certainty, so the log loss
   * of the prior is finite from the first event.
   */
  get prior(): number {
    return (this.#positive + 1) / (this.#positive + this.#negative + 2)
  }

  /** The label of more weight so far; false when both have the same. */
  get majority(): boolean | null {
    return this.last === null ? null : this.#positive > this.#negative
  }

  /** @throws ML_LABEL when the weight is negative or not finite; nothing has changed then */
  learn(label: boolean, weight: number): void {
    const sum = (label ? this.#positive : this.#negative) + weight
    if (!(weight >= 0 && sum < Number.POSITIVE_INFINITY)) {
      throw new MillraceError('ML_LABEL', { what: 'a weight must be finite and at least 0', got: weight })
    }
    if (label) this.#positive = sum
    else this.#negative = sum
    this.last = label
  }

  snapshot(writer: ByteWriter): void {
    writer.u8(1)
    writer.f64(this.#positive)
    writer.f64(this.#negative)
    writer.u8(this.last === null ? 0 : this.last ? 2 : 1)
  }

  /** @throws ML_CORRUPT ML_VERSION */
  restore(reader: ByteReader): void {
    readVersion(reader, 1, 'the baselines')
    this.#positive = reader.f64()
    this.#negative = reader.f64()
    const last = reader.u8()
    const sum = this.#positive + this.#negative
    if (!(last <= 2 && this.#positive >= 0 && this.#negative >= 0 && sum < Number.POSITIVE_INFINITY)) {
      reader.fail('the baselines hold no counts')
    }
    this.last = last === 0 ? null : last === 2
  }
}
