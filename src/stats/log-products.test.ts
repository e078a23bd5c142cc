import { describe, expect, it } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { log } from '../numeric/log.ts'
import { Xoshiro128 } from '../numeric/xoshiro128.ts'
import { LogProducts } from './log-products.ts'

function factorsOf(count: number): number[] {
  const random = new Xoshiro128(5)
  return Array.from({ length: count }, (_, i) => (i % 97 === 0 ? 1e-15 : Math.max(1e-15, random.nextDouble())))
}

describe('sums of logarithms by products', () => {
  it('are the sums of logarithms, to 13 digits over 100,000 factors', () => {
    const products = new LogProducts(2)
    let sum = 0
    for (const factor of factorsOf(100_000)) {
      products.add(1, factor)
      sum -= log(factor)
    }
    expect(Math.abs(products.value(1) - sum) / sum).toBeLessThan(1e-13)
    expect(products.value(0)).toBe(0)
  })

  it('go on from a snapshot to the same bits', () => {
    const [straight, first] = [new LogProducts(1), new LogProducts(1)]
    const factors = factorsOf(1000)
    for (const factor of factors) straight.add(0, factor)
    for (const factor of factors.slice(0, 333)) first.add(0, factor)
    const writer = new ByteWriter()
    first.snapshot(writer)
    const second = new LogProducts(1)
    second.restore(new ByteReader(writer.finish(), 'test'))
    for (const factor of factors.slice(333)) second.add(0, factor)
    expect(second.value(0)).toBe(straight.value(0))
  })

  it('refuse a snapshot that holds no product or no loss', () => {
    for (const [product, sum] of [
      [0, 1],
      [2, 1],
      [Number.NaN, 1],
      [0.5, -1],
      [0.5, Number.POSITIVE_INFINITY],
    ]) {
      const writer = new ByteWriter()
      writer.f64(product)
      writer.f64(sum)
      expect(() => new LogProducts(1).restore(new ByteReader(writer.finish(), 'test'))).toThrow(/ML_CORRUPT/)
    }
  })

  it('weigh what came before by a factor', () => {
    const products = new LogProducts(1)
    products.add(0, 0.5)
    products.scale(0.25)
    products.add(0, 0.5)
    expect(products.value(0)).toBeCloseTo(1.25 * Math.LN2, 14)
  })
})
