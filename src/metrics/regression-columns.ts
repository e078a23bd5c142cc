import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { checkRegressionOutcome, type RegressionOutcome } from './regression-outcome.ts'
import type { OutcomeColumns } from './tally.ts'

/** Numbers of an outcome: predicted, label, weight, mean, last, low, high. */
const width = 7
const interval = 5

/**
 * Regression outcomes in 56 bytes each: NaN is an absent interval, and what the baselines guess when they know nothing is
 * kept as that guess.
 *
 * Snapshot  of an outcome: predicted, label, weight, mean, last; then 0, or 1 and the ends of the interval
 */
export class RegressionColumns implements OutcomeColumns<RegressionOutcome> {
  readonly #numbers: Float64Array

  constructor(size: number) {
    this.#numbers = new Float64Array(width * size)
  }

  check(outcome: RegressionOutcome): void {
    checkRegressionOutcome(outcome)
  }

  put(place: number, { value, label, weight, mean, last, low, high }: RegressionOutcome): void {
    const at = width * place
    this.#numbers[at] = value
    this.#numbers[at + 1] = label
    this.#numbers[at + 2] = weight
    this.#numbers[at + 3] = mean ?? 0
    this.#numbers[at + 4] = last ?? 0
    this.#numbers[at + 5] = low ?? Number.NaN
    this.#numbers[at + 6] = high ?? Number.NaN
  }

  get(place: number): RegressionOutcome {
    const at = width * place
    const [value, label, weight, mean, last, low, high] = this.#numbers.subarray(at, at + width)
    return Number.isNaN(low)
      ? { value, label, weight, mean, last, low: null, high: null }
      : { value, label, weight, mean, last, low, high }
  }

  write(writer: ByteWriter, place: number): void {
    const at = width * place
    const hasInterval = !Number.isNaN(this.#numbers[at + interval])
    writer.f64s(this.#numbers, at, at + interval)
    writer.u8(hasInterval ? 1 : 0)
    if (hasInterval) writer.f64s(this.#numbers, at + interval, at + width)
  }

  read(reader: ByteReader): RegressionOutcome {
    const [value, label, weight] = [reader.f64(), reader.f64(), reader.f64()]
    const [mean, last, hasInterval] = [reader.f64(), reader.f64(), reader.u8()]
    if (hasInterval > 1) reader.fail('an interval is there or not', hasInterval)
    const [low, high] = hasInterval === 1 ? [reader.f64(), reader.f64()] : [null, null]
    return { value, label, weight, mean, last, low, high }
  }
}
