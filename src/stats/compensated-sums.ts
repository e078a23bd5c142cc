import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'

/**
 * A fixed number of sums side by side, each kept with the part that rounding cut off, so 10^8 terms cost no digits that
 * anyone reads. One array for the sums and one for what they lost: adding to one is a handful of operations.
 *
 * Order     sensitive in the last place only; same terms in the same order give identical bits
 * Snapshot  each sum as (sum, cut-off part), by index; within the snapshot of whoever owns the sums
 * @see Neumaier 1974, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen"
 */
export class CompensatedSums {
  readonly #sums: Float64Array
  readonly #lost: Float64Array

  constructor(count: number) {
    this.#sums = new Float64Array(count)
    this.#lost = new Float64Array(count)
  }

  add(index: number, x: number): void {
    const sum = this.#sums[index]
    const next = sum + x
    const added = next - sum
    this.#lost[index] += sum - (next - added) + (x - added)
    this.#sums[index] = next
  }

  /** Adds an integer: exact, so nothing is cut off, for sums of integers below 2^53. */
  count(index: number, times: number): void {
    this.#sums[index] += times
  }

  /** Adds each of some terms to a sum of its own, from the sum `first` on: one call where several would be too many. */
  addEach(first: number, terms: Float64Array): void {
    const sums = this.#sums
    const lost = this.#lost
    for (let i = 0, at = first; i < terms.length; i++, at++) {
      const x = terms[i]
      const sum = sums[at]
      const next = sum + x
      const added = next - sum
      lost[at] += sum - (next - added) + (x - added)
      sums[at] = next
    }
  }

  value(index: number): number {
    return this.#sums[index] + this.#lost[index]
  }

  /** Multiplies every sum: for terms that fade. */
  scale(factor: number): void {
    for (let index = 0; index < this.#sums.length; index++) {
      this.#sums[index] *= factor
      this.#lost[index] *= factor
    }
  }

  snapshot(writer: ByteWriter): void {
    for (let index = 0; index < this.#sums.length; index++) {
      writer.f64(this.#sums[index])
      writer.f64(this.#lost[index])
    }
  }

  /**
   * @param signedFrom the first sum that may be negative; those before it are sums of what never is
   * @throws ML_CORRUPT
   */
  restore(reader: ByteReader, signedFrom = this.#sums.length): void {
    for (let index = 0; index < this.#sums.length; index++) {
      this.#sums[index] = reader.f64()
      this.#lost[index] = reader.f64()
      const sum = this.value(index)
      if (!(sum - sum === 0)) reader.fail('a sum is not finite', sum)
      if (index < signedFrom && sum < 0) reader.fail('a sum of what is never negative is negative', sum)
    }
  }
}
