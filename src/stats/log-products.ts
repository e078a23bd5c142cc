import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { log } from '../numeric/log.ts'

/** A product below this is taken to the sum; the smallest factor times this is far from underflow. */
const SMALLEST_PRODUCT = 1e-250

/**
 * Sums of -ln(factor), several side by side, for the price of one multiplication a factor: the product of many factors
 * is kept, and its logarithm is taken when it has become small.
 *
 * Input     factors from 1e-15 to 1
 * Numbers   a product of k factors is right to k units in the last place, which its logarithm, hundreds of times as
 *           large as an error of one, hides: the sum is as good as a sum of logarithms
 * Order     sensitive in the last bits
 * Snapshot  each product, then each sum of those taken so far
 */
export class LogProducts {
  readonly #products: Float64Array
  readonly #sums: Float64Array

  constructor(count: number) {
    this.#products = new Float64Array(count).fill(1)
    this.#sums = new Float64Array(count)
  }

  add(index: number, factor: number): void {
    const product = this.#products[index] * factor
    if (product < SMALLEST_PRODUCT) this.#take(index, product)
    else this.#products[index] = product
  }

  /** Σ -ln(factor). */
  value(index: number): number {
    return this.#sums[index] - log(this.#products[index])
  }

  /** Lets everything so far count `factor` times. */
  scale(factor: number): void {
    for (let index = 0; index < this.#sums.length; index++) {
      this.#sums[index] = this.value(index) * factor
      this.#products[index] = 1
    }
  }

  snapshot(writer: ByteWriter): void {
    for (const product of this.#products) writer.f64(product)
    for (const sum of this.#sums) writer.f64(sum)
  }

  /** @throws ML_CORRUPT */
  restore(reader: ByteReader): void {
    for (let index = 0; index < this.#products.length; index++) {
      const product = reader.f64()
      if (!(product >= SMALLEST_PRODUCT && product <= 1))
        reader.fail('a product of probabilities is out of range', product)
      this.#products[index] = product
    }
    for (let index = 0; index < this.#sums.length; index++) {
      const sum = reader.f64()
      if (!(sum >= 0 && sum < Number.POSITIVE_INFINITY)) reader.fail('a sum of losses is negative or not finite', sum)
      this.#sums[index] = sum
    }
  }

  #take(index: number, product: number): void {
    this.#sums[index] -= log(product)
    this.#products[index] = 1
  }
}
