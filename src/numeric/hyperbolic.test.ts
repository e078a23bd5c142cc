import { expect, test } from 'vitest'
import { acosh, asinh, atanh, cosh, sinh } from './hyperbolic.ts'
import { ulpDistance } from './ulp-distance.fixture.ts'

// Golden values: mpmath 1.3.0 at 60 digits, rounded to double.
test.each<[(x: number) => number, number[][]]>([
  [
    sinh,
    [
      [-710.4, -1.6663642832806496e308],
      [-30, -5343237290762.231],
      [-1.5, -2.1292794550948173],
      [-0.3, -0.3045202934471426],
      [1e-10, 1e-10],
      [0.5, 0.5210953054937474],
      [1, 1.1752011936438014],
      [5, 74.20321057778875],
      [21.9, 1621881641.7888238],
      [400.25, 3.352249897060909e173],
      [710.1, 1.234473023347593e308],
    ],
  ],
  [
    cosh,
    [
      [-710.3, 1.507788755590971e308],
      [-30, 5343237290762.231],
      [-0.34, 1.0583589566631018],
      [0.2, 1.020066755619076],
      [0.35, 1.0618778191559852],
      [1, 1.5430806348152437],
      [5, 74.20994852478785],
      [21.9, 1621881641.7888238],
      [400.25, 3.352249897060909e173],
    ],
  ],
  [
    asinh,
    [
      [-1e300, -691.4686750787737],
      [-3, -1.8184464592320668],
      [-1.5, -1.1947632172871092],
      [-0.2, -0.19869011034924142],
      [1e-5, 9.999999999833334e-6],
      [0.5, 0.48121182505960347],
      [1.9, 1.3979983651114343],
      [2.1, 1.4874828366412711],
      [1000000000.0, 21.416413017506358],
    ],
  ],
  [
    acosh,
    [
      [1.0000001, 0.0004472135919037347],
      [1.1, 0.4435682543851154],
      [1.9, 1.2571958266003804],
      [2, 1.3169578969248168],
      [2.5, 1.566799236972411],
      [100, 5.298292365610485],
      [1000000000.0, 21.416413017506358],
      [1e300, 691.4686750787737],
    ],
  ],
  [
    atanh,
    [
      [-0.999999, -7.254328619247669],
      [-0.6, -Math.LN2],
      [-0.3, -0.3095196042031117],
      [1e-7, 1.0000000000000033e-7],
      [0.25, 0.25541281188299536],
      [0.5, 0.5493061443340549],
      [0.9, 1.4722194895832204],
    ],
  ],
])('%o is within two units in the last place of the true value', (fn, golden) => {
  for (const [x, expected] of golden) expect(ulpDistance(fn(x), expected), `${fn.name}(${x})`).toBeLessThanOrEqual(2)
})

test('edges are as in the language', () => {
  const edges = [0, -0, 1, -1, Infinity, -Infinity, NaN, 711, -711, 1e-320, 2 ** 29]
  const pairs = [
    [sinh, Math.sinh],
    [cosh, Math.cosh],
    [asinh, Math.asinh],
    [acosh, Math.acosh],
    [atanh, Math.atanh],
  ]
  for (const [ours, theirs] of pairs) {
    for (const x of edges) expect(ulpDistance(ours(x), theirs(x)), `${theirs.name}(${x})`).toBeLessThanOrEqual(2)
    expect(Object.is(ours(-0), theirs(-0))).toBe(true)
  }
  expect([acosh(0.5), atanh(1.5), sinh(NaN), cosh(NaN)]).toEqual([NaN, NaN, NaN, NaN])
})

test('the platform agrees within two units, whatever its version', () => {
  for (let i = -2000; i <= 2000; i++) {
    const x = i / 40
    expect(ulpDistance(sinh(x), Math.sinh(x))).toBeLessThanOrEqual(2)
    expect(ulpDistance(cosh(x), Math.cosh(x))).toBeLessThanOrEqual(2)
    expect(ulpDistance(asinh(x), Math.asinh(x))).toBeLessThanOrEqual(2)
    expect(ulpDistance(atanh(x / 50.1), Math.atanh(x / 50.1))).toBeLessThanOrEqual(2)
    expect(ulpDistance(acosh(Math.abs(x) + 1), Math.acosh(Math.abs(x) + 1))).toBeLessThanOrEqual(2)
  }
})
