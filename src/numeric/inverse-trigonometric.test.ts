import { expect, test } from 'vitest'
import { acos, asin, atan, atan2 } from './inverse-trigonometric.ts'
import { ulpDistance } from './ulp-distance.fixture.ts'

// Golden values: mpmath 1.3.0 at 60 digits, rounded to double.
test.each<[(x: number) => number, number[][]]>([
  [
    asin,
    [
      [-1, -1.5707963267948966],
      [-0.975, -1.3467210414930773],
      [-0.5, -0.5235987755982989],
      [1e-9, 1e-9],
      [0.1, 0.1001674211615598],
      [0.49999, 0.5235872286314046],
      [0.7, 0.775397496610753],
      [0.99, 1.4292568534704693],
      [1, 1.5707963267948966],
    ],
  ],
  [
    acos,
    [
      [-1, Math.PI],
      [-0.9, 2.6905658417935308],
      [-0.5, 2.0943951023931957],
      [-1e-17, 1.5707963267948966],
      [0.3, 1.2661036727794992],
      [0.5, 1.0471975511965979],
      [0.75, 0.7227342478134157],
      [0.999999, 0.0014142136802445852],
    ],
  ],
  [
    atan,
    [
      [-1e20, -1.5707963267948966],
      [-3, -1.2490457723982544],
      [-0.4, -0.3805063771123649],
      [1e-10, 1e-10],
      [0.5, 0.4636476090008061],
      [0.7, 0.6107259643892086],
      [1, 0.7853981633974483],
      [1.5, 0.982793723247329],
      [2.5, 1.1902899496825317],
      [123456.789, 1.570788226794823],
    ],
  ],
])('%o is within a unit in the last place of the true value', (fn, golden) => {
  for (const [x, expected] of golden) expect(ulpDistance(fn(x), expected), `${fn.name}(${x})`).toBeLessThanOrEqual(1)
})

test('atan2 is within a unit in the last place of the true value', () => {
  const golden = [
    [1, 2, 0.4636476090008061],
    [-1, 2, -0.4636476090008061],
    [1, -2, 2.677945044588987],
    [-1, -2, -2.677945044588987],
    [1e-300, 1, 1e-300],
    [1e-300, -1, Math.PI],
    [30000000000.0, -1e-12, 1.5707963267948966],
    [0.3, 0.3, 0.7853981633974483],
  ]
  for (const [y, x, expected] of golden) expect(ulpDistance(atan2(y, x), expected), `${y}, ${x}`).toBeLessThanOrEqual(1)
})

test('atan2 knows signed zeros and infinities as the language does', () => {
  const edges = [0, -0, 1, -1, Infinity, -Infinity, NaN, 5e-324, -5e-324]
  for (const y of edges) for (const x of edges) expect(atan2(y, x)).toBe(Math.atan2(y, x))
})

test('outside the domain there is NaN, and zero keeps its sign', () => {
  for (const x of [1.0000000000000002, -2, Infinity, NaN]) expect([asin(x), acos(x)]).toEqual([NaN, NaN])
  expect([asin(-0), atan(-0), asin(0), acos(1)]).toEqual([-0, -0, 0, 0])
  expect([atan(Infinity), atan(-Infinity), atan(NaN)]).toEqual([Math.PI / 2, -Math.PI / 2, NaN])
})

test('the platform agrees within a unit, whatever its version', () => {
  for (let i = -3000; i <= 3000; i++) {
    const x = i / 3000
    expect(ulpDistance(asin(x), Math.asin(x))).toBeLessThanOrEqual(1)
    expect(ulpDistance(acos(x), Math.acos(x))).toBeLessThanOrEqual(1)
    expect(ulpDistance(atan(x * 40), Math.atan(x * 40))).toBeLessThanOrEqual(1)
    expect(ulpDistance(atan2(x, i % 7), Math.atan2(x, i % 7))).toBeLessThanOrEqual(1)
  }
})
