import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { readVersion } from './snapshot-version.ts'
import { checkFinite, checkWeight } from './statistic-input.ts'

/**
 * Running mean and variance. Deviations are summed about the mean as it moves, never as a difference of sums, so the
 * variance is never negative and keeps its digits at any offset.
 *
 * Input     a finite number, a weight (how often it counts)
 * Empty     mean 0, variance 0; first: mean x, variance 0
 * Cost      O(1) time, three numbers
 * Order     sensitive in the last bits; same records give identical bits
 * Snapshot  v1: weight, mean, sum of squared deviations
 * @throws ML_VALUE for a number that is not finite, or so large that its square is not; ML_LABEL for a bad weight
 * @example
 * const height = new Welford()
 * for (const x of [2, 4, 4, 4, 5, 5, 7, 9]) height.update(x)
 * height.mean // 5
 * height.variance() // 4
 * @see Welford 1962; West 1979 (weights); Chan, Golub & LeVeque 1983 (merge)
 */
export class Welford {
  weight = 0
  mean = 0
  /** Weighted sum of squared deviations from the mean. */
  squares = 0

  update(x: number, weight = 1): void {
    checkFinite(x, 'Welford')
    checkWeight(weight, 'Welford')
    if (weight === 0) return
    const total = this.weight + weight
    const deviation = x - this.mean
    const mean = this.mean + deviation * (weight / total)
    const squares = this.squares + weight * deviation * (x - mean)
    checkFinite(squares, 'Welford')
    checkFinite(total, 'Welford')
    this.weight = total
    this.mean = mean
    this.squares = squares
  }

  /**
   * Sum of squared deviations over weight - `ddof`: 0 describes the numbers seen, 1 estimates the variance of what
   * they were drawn from. 0 while the weight is not above `ddof`.
   */
  variance(ddof = 0): number {
    return this.weight > ddof ? this.squares / (this.weight - ddof) : 0
  }

  /** Takes in what another one has seen. @throws ML_VALUE when the result would not be finite; nothing has changed */
  merge(other: Welford): void {
    const { weight, mean, squares } = other
    if (weight === 0) return
    const total = this.weight + weight
    const deviation = mean - this.mean
    const share = weight / total
    const sum = this.squares + squares + deviation * deviation * this.weight * share
    checkFinite(sum, 'Welford')
    checkFinite(total, 'Welford')
    this.squares = sum
    this.mean += deviation * share
    this.weight = total
  }

  /** Lets everything so far weigh `factor` times what it did, which changes neither mean nor `variance()`. */
  scale(factor: number): void {
    this.weight *= factor
    this.squares *= factor
  }

  snapshot(writer: ByteWriter): void {
    writer.u8(1)
    writer.f64(this.weight)
    writer.f64(this.mean)
    writer.f64(this.squares)
  }

  /** @throws ML_CORRUPT ML_VERSION */
  restore(reader: ByteReader): void {
    readVersion(reader, 1, 'a running variance')
    const weight = reader.f64()
    const mean = reader.f64()
    const squares = reader.f64()
    const finite = Number.isFinite(weight) && Number.isFinite(mean) && Number.isFinite(squares)
    if (!(finite && weight >= 0 && squares >= 0)) reader.fail('a running variance is not finite, or negative')
    this.weight = weight
    this.mean = mean
    this.squares = squares
  }
}
