import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { readVersion } from './snapshot-version.ts'
import { checkFinite, checkWeight } from './statistic-input.ts'

/**
 * Faded mean: with every number that comes, each earlier one counts `fading` times as much as before. It looks back
 * over about 1 / (1 - fading) numbers without keeping them.
 *
 * The early mean is not pulled towards a start value: it divides by the weight there is. It is moved towards each
 * number by that number's share, so no error builds up.
 *
 * Input     a finite number, a weight; a number of weight 0 fades the others and no more
 * Empty     0; first: x
 * Cost      O(1) time, two numbers
 * Order     sensitive
 * Snapshot  v1: weight, mean. The factor is an option: a snapshot may be restored with another one
 * @param fading above 0, at most 1; 1 is the plain mean
 * @throws ML_RANGE for another factor; ML_VALUE ML_LABEL from `update`, which then changes nothing
 * @example
 * const loss = new EwMean(0.5)
 * for (const x of [1, 2, 3]) loss.update(x)
 * loss.value // (1/4 · 1 + 1/2 · 2 + 3) / (1/4 + 1/2 + 1) = 2.4285714285714284
 * @see Gama, Sebastião & Rodrigues 2013, "On evaluating stream learning algorithms" (fading factors)
 */
export class EwMean {
  readonly fading: number
  /** Faded sum of the weights. */
  weight = 0
  private mean = 0

  constructor(fading: number) {
    if (!(fading > 0 && fading <= 1)) {
      throw new MillraceError('ML_RANGE', {
        what: 'the fading factor must be above 0 and at most 1',
        got: fading,
        where: 'EwMean',
        remedy: 'Take 1 - 1/n to look back over about n numbers',
      })
    }
    this.fading = fading
  }

  get value(): number {
    return this.mean
  }

  update(x: number, weight = 1): void {
    checkFinite(x, 'EwMean')
    checkWeight(weight, 'EwMean')
    const total = this.weight * this.fading + weight
    const mean = weight === 0 ? this.mean : this.mean + (x - this.mean) * (weight / total)
    checkFinite(mean, 'EwMean')
    checkFinite(total, 'EwMean')
    this.weight = total
    this.mean = mean
  }

  snapshot(writer: ByteWriter): void {
    writer.u8(1)
    writer.f64(this.weight)
    writer.f64(this.mean)
  }

  /** @throws ML_CORRUPT ML_VERSION */
  restore(reader: ByteReader): void {
    readVersion(reader, 1, 'a faded mean')
    const weight = reader.f64()
    const mean = reader.f64()
    if (!(weight >= 0 && Number.isFinite(weight) && Number.isFinite(mean))) reader.fail('a faded mean is not finite')
    this.weight = weight
    this.mean = mean
  }
}
