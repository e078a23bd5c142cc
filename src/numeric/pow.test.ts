import { describe, expect, test } from 'vitest'
import { exact, ulpError } from './big-float.reference.ts'
import { log } from './log.ts'
import { pow } from './pow.ts'
import { Xoshiro128 } from './xoshiro128.ts'

const generator = new Xoshiro128(3)
const unit = () => generator.nextDouble()
const symmetric = (size: number) => (2 * unit() - 1) * size
const view = new DataView(new ArrayBuffer(8))
function positive(): number {
  view.setUint32(0, generator.nextInt(0x7ff00000))
  view.setUint32(4, generator.nextUint32())
  return view.getFloat64(0)
}

const pairs: Record<string, () => [number, number]> = {
  'ordinary numbers': () => [unit() * 10, symmetric(10)],
  'any base': () => [positive(), symmetric(1)],
  'large powers': () => [0.5 + unit(), symmetric(700)],
  'bases next to 1 and huge powers': () => {
    const x = 1 + symmetric(1) * 10 ** (-16 * unit())
    return [x, (symmetric(1) * 700) / (Math.abs(log(x)) + 1e-16)]
  },
  'whole powers of negative numbers': () => [-10 * unit(), Math.round(symmetric(100))],
  'results close to overflow': () => {
    const x = positive()
    return [x, (709 * (0.99 + 0.01 * unit())) / log(x)]
  },
  'results that are subnormal': () => {
    const x = positive()
    return [x, (-745 * (0.95 + 0.05 * unit())) / log(x)]
  },
}

describe('pow', () => {
  test.each(Object.entries(pairs))('is within 0.8 ulp of the exact value: %s', (_name, pair) => {
    for (let i = 0; i < 700; i++) {
      const [x, y] = pair()
      const result = pow(x, y)
      if (result === 0 || Math.abs(result) === Number.POSITIVE_INFINITY) {
        const size = Math.abs(y * log(Math.abs(x)))
        expect(size, `pow(${x}, ${y}) is ${result}`).toBeGreaterThan(709.78)
      } else {
        expect(ulpError(result, exact.pow(x, y)), `pow(${x}, ${y})`).toBeLessThanOrEqual(0.8)
      }
    }
  })

  test('has the edge cases of ECMAScript for every pair of special numbers', () => {
    const infinity = Number.POSITIVE_INFINITY
    const sizes = [
      0,
      5e-324,
      1e-310,
      0.5,
      1 - 2 ** -53,
      1,
      1 + 2 ** -52,
      1.5,
      2,
      3,
      4,
      2 ** 53 - 1,
      2 ** 53,
      1e300,
      Number.MAX_VALUE,
      infinity,
    ]
    const specials = [Number.NaN, ...sizes, ...sizes.map((x) => -x)]
    for (const x of specials) {
      for (const y of specials) {
        const expected = x ** y
        const actual = pow(x, y)
        const settled = !Number.isFinite(expected) || expected === 0 || Math.abs(expected) === 1
        if (settled) expect(Object.is(actual, expected), `pow(${x}, ${y}) is ${actual}, not ${expected}`).toBe(true)
        else expect(ulpError(actual, exact.pow(x, y)), `pow(${x}, ${y})`).toBeLessThanOrEqual(0.8)
      }
    }
  })

  test('small whole powers are exact where a double can hold them', () => {
    for (let k = 0, power = 1; k <= 22; k++, power *= 10) expect(pow(10, k)).toBe(power)
    for (let x = -9; x <= 9; x++)
      for (let k = 3, power = x * x * x; k <= 16; k++, power *= x) expect(pow(x, k)).toBe(power)
    expect([pow(0.1, 2), pow(7, 1), pow(2, -1074), pow(4, 0.5), pow(-8, 1 / 3)]).toEqual([
      0.1 * 0.1,
      7,
      5e-324,
      2,
      Number.NaN,
    ])
  })
})
