import { describe, expect, test } from 'vitest'
import { erf, erfc } from './error-function.ts'
import { incompleteBeta } from './incomplete-beta.ts'
import { logBeta, logGamma } from './log-gamma.ts'
import { normalCdf, normalQuantile } from './normal.ts'
import { StudentTLevel, studentTCdf, studentTQuantile } from './student-t.ts'

// Values of mpmath 1.4.1 at 40 digits or more, at the doubles named.

const relative = (actual: number, exact: number): number => Math.abs(actual - exact) / Math.abs(exact)

test.each([
  [1e-20, 1.12837916709551251e-20, 1],
  [0.1, 0.112462916018284898, 0.887537083981715102],
  [0.5, 0.520499877813046538, 0.479500122186953462],
  [0.74999, 0.711149204294603352, 0.288850795705396648],
  [0.75, 0.711155633653515132, 0.288844366346484868],
  [1, 0.842700792949714869, 0.157299207050285131],
  [1.5, 0.966105146475310727, 0.0338948535246892729],
  [2.5, 0.999593047982555041, 4.0695201744495894e-4],
  [4, 0.9999999845827421, 1.54172579002800189e-8],
  [5.9, 0.999999999999999928, 7.19040978355047772e-17],
  [8, 1, 1.12242971729829271e-29],
  [12, 1, 1.35626116920590421e-64],
  [20, 1, 5.39586561160790093e-176],
  [26, 1, 5.66319240885614285e-296],
  [-0.3, -0.328626759459127416, 1.32862675945912742],
  [-2, -0.995322265018952734, 1.99532226501895273],
  [-5, -0.99999999999846254, 1.99999999999846254],
])('erf and erfc at %s', (x, below, above) => {
  expect(relative(erf(x), below)).toBeLessThanOrEqual(1e-15)
  expect(relative(erfc(x), above)).toBeLessThanOrEqual(2e-15)
})

describe('the normal distribution', () => {
  test.each([
    [-37.5, 4.60535300958195484e-308],
    [-30, 4.90671392714818706e-198],
    [-20, 2.7536241186062337e-89],
    [-12, 1.776482112077679e-33],
    [-8, 6.22096057427178412e-16],
    [-5, 2.86651571879193912e-7],
    [-3, 1.34989803163009453e-3],
    [-1.96, 0.0249978951482204362],
    [-1, 0.158655253931457051],
    [-0.5, 0.308537538725986896],
    [-1e-9, 0.49999999960105772],
    [0, 0.5],
    [0.3, 0.617911422188952633],
    [1, 0.841344746068542949],
    [2, 0.977249868051820793],
    [4, 0.99996832875816688],
    [8, 0.999999999999999378],
  ])('lies below %s with probability %s, also far in the tail', (x, exact) => {
    expect(relative(normalCdf(x), exact)).toBeLessThanOrEqual(2e-15)
  })

  test.each([
    [1e-300, -37.0470962993611992],
    [1e-100, -21.2734535609653243],
    [1e-33, -12.0474677869248561],
    [1e-12, -7.03448382530113193],
    [1e-6, -4.75342430882289896],
    [0.001, -3.09023230616781354],
    [0.025, -1.95996398454005421],
    [0.05, -1.64485362695147269],
    [0.2, -0.841621233572914166],
    [0.4, -0.253347103135799741],
    [0.49, -0.025068908258711058],
    [0.4999999, -2.50662827470310651e-7],
    [0.6, 0.253347103135799741],
    [0.95, 1.64485362695147228],
    [0.975, 1.95996398454005386],
    [0.999999, 4.75342430881708777],
  ])('has its quantile of %s at %s', (p, exact) => {
    expect(Math.abs(normalQuantile(p) - exact)).toBeLessThanOrEqual(1e-15 * (1 + Math.abs(exact)))
  })

  test('has limits at its ends and is NaN where it means nothing', () => {
    expect([Number.NEGATIVE_INFINITY, -40, 40, Number.POSITIVE_INFINITY, Number.NaN].map(normalCdf)).toEqual([
      0,
      0,
      1,
      1,
      Number.NaN,
    ])
    expect([0, 0.5, 1, -0.1, 1.1, Number.NaN].map(normalQuantile)).toEqual([
      Number.NEGATIVE_INFINITY,
      0,
      Number.POSITIVE_INFINITY,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ])
  })
})

test.each([
  [1e-10, 23.0258509298827352],
  [0.1, 2.2527126517342059],
  [0.5, 0.572364942924700087],
  [1, 0],
  [1.5, -0.120782237635245222],
  [2, 0],
  [2.5, 0.28468287047291916],
  [5, 3.17805383034794562],
  [9.99, 12.7793152143501934],
  [10, 12.8018274800814696],
  [33.3, 82.603723581654943],
  [1000.5, 5908.67417584867749],
  [1e6, 1.28155045691476117e7],
  [1e15, 3.35387763949106689e16],
])('logGamma(%s) is %s', (x, exact) => {
  expect(Math.abs(logGamma(x) - exact)).toBeLessThanOrEqual(4e-15 * Math.max(1, Math.abs(exact)))
})

test('logGamma has its limits at 0 and Infinity and is NaN below', () => {
  expect([0, Number.POSITIVE_INFINITY, -1, Number.NaN].map(logGamma)).toEqual([
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    Number.NaN,
  ])
})

test.each([
  [0.5, 0.5, 1.14472988584940017],
  [1.5, 0.5, 0.451582705289454865],
  [0.5, 50, -1.38114660145104113],
  [3, 7, -5.52942908751142331],
  [0.5, 500000, -5.98881649577746431],
  [12, 15, -18.5681727323894346],
  [1000, 2000, -1911.87461421445157],
  [5e8, 0.5, -9.44269438501853284],
  [1e9, 1e9, -1.38629437021601141e9],
])('logBeta(%s, %s) is %s', (a, b, exact) => {
  expect(Math.abs(logBeta(a, b) - exact)).toBeLessThanOrEqual(5e-15 * Math.max(1, Math.abs(exact)))
})

test.each([
  [0.5, 0.5, 0.3, 0.369010119565545375],
  [2, 3, 0.1, 0.0523000000000000054],
  [2, 3, 0.9, 0.996300000000000002],
  [10, 0.5, 0.5, 2.33447434748622395e-4],
  [10, 0.5, 0.99, 0.657928175156784327],
  [50, 0.5, 0.2, 9.99426786133698374e-37],
  [0.5, 50, 0.01, 0.682695602125802416],
  [200, 300, 0.4, 0.502428616319931996],
  [200, 300, 0.2, 8.17533043003879284e-25],
  [1, 1, 0.7, 0.699999999999999956],
  [5, 5, 0.0001, 1.25958005399685037e-18],
])('incompleteBeta(%s, %s, %s) is %s', (a, b, x, exact) => {
  expect(relative(incompleteBeta(a, b, x), exact)).toBeLessThanOrEqual(1e-14 * (1 - Math.log(exact)))
})

test('incompleteBeta is 0 and 1 at its ends and NaN out of range', () => {
  expect(incompleteBeta(2, 3, 0)).toBe(0)
  expect(incompleteBeta(2, 3, 1)).toBe(1)
  expect(incompleteBeta(0, 1, 0.5)).toBeNaN()
  expect(incompleteBeta(1, -1, 0.5)).toBeNaN()
  expect(incompleteBeta(1, 1, 1.5)).toBeNaN()
  expect(incompleteBeta(1, 1, Number.NaN)).toBeNaN()
})

describe("Student's t", () => {
  test.each([
    [-1, 1, 0.25],
    [-100, 1, 3.18299276490825515e-3],
    [-2, 2.5, 0.0786957478789829933],
    [-0.1, 3, 0.463326174400402912],
    [-12, 3, 6.22507900394668369e-4],
    [-12, 30, 2.79009270759962803e-13],
    [-12, 1000, 2.16202869338726373e-31],
    [-1.7, 100000, 0.0445670176243314529],
    [1.5, 4, 0.896],
    [3, 7.3, 0.990509724488433247],
    [-40, 10, 1.14042887154287732e-12],
  ])('lies below %s with %s degrees of freedom as it should', (t, degrees, exact) => {
    expect(relative(studentTCdf(t, degrees), exact)).toBeLessThanOrEqual(1e-12)
  })

  const quantiles = [
    [0.95, 1, 6.3137515146750374],
    [0.95, 3, 2.3533634348018229],
    [0.975, 4, 2.77644510519779349],
    [0.6, 5, 0.267180865704145066],
    [0.51, 3, 0.0272114670491180204],
    [1e-10, 1, -3.1830988618379066e9],
    [1e-10, 3.5, -848.543345633476337],
    [0.001, 30, -3.38518486682930512],
    [0.05, 150, -1.65507550018717529],
    [0.05, 199.5, -1.65252737488459732],
    [0.95, 200, 1.65250810091087711],
    [0.95, 250, 1.65097148981285778],
    [0.95, 2000, 1.64561586669890715],
    [0.995, 400, 2.58817608003473962],
    [0.75, 1000, 0.674735164607009437],
    [0.05, 0.5, -41.1360000928782709],
    [0.81, 2, 1.11752534556747557],
    [0.79, 2, 1.0069080262652814],
  ] as const
  test.each(quantiles)('has its quantile of %s with %s degrees of freedom at %s', (p, degrees, exact) => {
    expect(relative(studentTQuantile(p, degrees), exact)).toBeLessThanOrEqual(1e-12)
    expect(relative(new StudentTLevel(p).quantile(degrees), exact)).toBeLessThanOrEqual(1e-12)
  })

  test('has quantiles that its distribution function takes back', () => {
    for (const degrees of [0.3, 1, 2.2, 17, 300, 1e5]) {
      for (const p of [1e-8, 0.01, 0.19, 0.21, 0.45, 0.5, 0.7, 0.999]) {
        expect(relative(studentTCdf(studentTQuantile(p, degrees), degrees), p)).toBeLessThanOrEqual(1e-11)
      }
    }
  })

  test('falls to the normal quantile as degrees of freedom grow, without a step at the change of method', () => {
    const level = new StudentTLevel(0.95)
    let last = Number.POSITIVE_INFINITY
    for (const degrees of [199, 199.9, 199.99999, 200, 200.00001, 201, 1e4, 1e9, 1e18]) {
      const quantile = level.quantile(degrees)
      expect(quantile).toBeLessThan(last)
      last = quantile
    }
    expect(level.quantile(1e300)).toBe(normalQuantile(0.95))
  })

  test('has its limits, and is NaN out of range', () => {
    expect(studentTCdf(Number.NEGATIVE_INFINITY, 3)).toBe(0)
    expect(studentTCdf(1e300, 3)).toBe(1)
    expect(studentTCdf(0, 3)).toBe(0.5)
    expect([studentTCdf(1, 0), studentTCdf(Number.NaN, 3), studentTQuantile(0.5, -1), studentTQuantile(2, 3)]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ])
    expect([studentTQuantile(0, 3), studentTQuantile(1, 3)]).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ])
  })
})
