import { expect, test } from 'vitest'
import { cbrt } from './cbrt.ts'
import { ulpDistance } from './ulp-distance.fixture.ts'

// Golden values: mpmath 1.3.0 at 60 digits, rounded to double.
test.each<[(x: number) => number, number[][]]>([
  [
    cbrt,
    [
      [2, 1.2599210498948732],
      [3, 1.4422495703074083],
      [0.1, 0.4641588833612779],
      [1e-310, 4.641588833612774e-104],
      [1e300, 1e100],
      [27, 3.0],
      [123456789.123, 497.9338593835383],
    ],
  ],
])('%o is within a unit in the last place of the true value', (fn, golden) => {
  for (const [x, expected] of golden) expect(ulpDistance(fn(x), expected), `${fn.name}(${x})`).toBeLessThanOrEqual(1)
})

test('the root of a cube is exact, with its sign', () => {
  for (let i = 0; i <= 2000; i++) expect([cbrt(i ** 3), cbrt(-(i ** 3))]).toEqual([i, i === 0 ? -0 : -i])
})

test('zero, infinities and NaN are their own roots', () => {
  for (const x of [0, -0, Infinity, -Infinity, NaN]) expect(cbrt(x)).toBe(x)
})

test('the platform agrees within a unit, down to the smallest number', () => {
  for (let e = -1074; e < 1024; e++) {
    const x = 2 ** e * (1 + (e & 7) / 8)
    expect(ulpDistance(cbrt(x), Math.cbrt(x))).toBeLessThanOrEqual(1)
  }
})
