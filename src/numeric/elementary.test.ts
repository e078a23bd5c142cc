import { describe, expect, test } from 'vitest'
import { exact, ulpError } from './big-float.reference.ts'
import { exp, expm1 } from './exp.ts'
import { log, log1p, log2, log10 } from './log.ts'
import { logit, sigmoid } from './sigmoid.ts'
import { tanh } from './tanh.ts'
import { cos, sin, tan } from './trigonometric.ts'
import { Xoshiro128 } from './xoshiro128.ts'

const generator = new Xoshiro128(20261122)
const unit = () => generator.nextDouble()
const sign = () => (generator.nextInt(2) === 0 ? -1 : 1)
const between = (low: number, high: number) => () => low + unit() * (high - low)
const symmetric = (size: number) => between(-size, size)
const view = new DataView(new ArrayBuffer(8))
/** Any positive finite double, each exponent as likely. */
function positive(): number {
  view.setUint32(0, generator.nextInt(0x7ff00000))
  view.setUint32(4, generator.nextUint32())
  return view.getFloat64(0)
}
const signed = (size: () => number) => () => sign() * size()
/** Log-uniform: 10^-a to 1. */
const tiny = (a: number) => () => exp(-unit() * a * Math.LN10)
const nearOne = () => 1 + sign() * tiny(16)()
/** The double nearest a multiple of π/2. */
const turn = (most: number) => () => Math.round(symmetric(most)()) * (Math.PI / 2)

type Case = readonly [
  name: keyof typeof exact,
  f: (x: number) => number,
  ulps: number,
  args: readonly (() => number)[],
  fixed: readonly number[],
]

const angles = [
  symmetric(0.7854),
  symmetric(10),
  symmetric(1e6),
  signed(tiny(20)),
  signed(positive),
  turn(600_000),
  turn(1e15),
]
// 6381956970095103·2^797 lies nearest a multiple of π/2 of all doubles (Muller, Elementary Functions).
const hardAngles = [
  Math.PI / 4,
  0.7853981633974484,
  Math.PI,
  45.553093477052, // 29 π/2 to 2^-60
  364.424747816416,
  355,
  1048576,
  1048577,
  1e22,
  6381956970095103 * 2 ** 797,
  Number.MAX_VALUE,
  5e-324,
]

const cases: readonly Case[] = [
  [
    'exp',
    exp,
    0.8,
    [symmetric(1), symmetric(50), symmetric(709), between(-745, -708), signed(tiny(20))],
    [709.782712893384, -745.1332191019411],
  ],
  [
    'expm1',
    expm1,
    1,
    [symmetric(0.3466), symmetric(1.1), symmetric(50), between(0, 709), signed(tiny(20))],
    [37.125272341731232, 1e-300, 709.782712893384],
  ],
  [
    'log',
    log,
    0.9,
    [positive, between(0.5, 2), between(0, 100), nearOne],
    [5e-324, 2.2250738585072014e-308, Number.MAX_VALUE, 0.7071067811865475, Math.SQRT2],
  ],
  [
    'log1p',
    log1p,
    0.9,
    [symmetric(0.42), symmetric(1), positive, signed(tiny(20))],
    [-1 + 2 ** -53, 2 ** 53, 1e-300, 1e-16, -0.29289, 0.41421],
  ],
  ['log2', log2, 0.9, [positive, between(0.5, 2), nearOne], [5e-324, Number.MAX_VALUE]],
  ['log10', log10, 0.9, [positive, between(0.5, 2), nearOne], [5e-324, Number.MAX_VALUE]],
  [
    'sigmoid',
    sigmoid,
    0.8,
    [symmetric(1), symmetric(6), symmetric(45), between(-745, 0), signed(tiny(20))],
    [36.8, 40, -40, -40.000000001, -709],
  ],
  [
    'logit',
    logit,
    0.9,
    [unit, between(0.4, 0.6), () => 0.5 + sign() * tiny(16)() * 0.4, tiny(300), () => 1 - tiny(15)() / 2],
    [5e-324, 1 - 2 ** -53, 1e-20],
  ],
  [
    'tanh',
    tanh,
    0.9,
    [symmetric(0.35), symmetric(2), symmetric(22), signed(tiny(20))],
    [7.450580596923829e-9, 18.99, 19.07, 21.999],
  ],
  ['sin', sin, 0.9, angles, hardAngles],
  ['cos', cos, 0.9, angles, hardAngles],
  ['tan', tan, 1, angles, hardAngles],
]

describe('elementary functions', () => {
  test.each(cases)(
    '%s is within its error of the exact value, on random and on hard arguments',
    (name, f, ulps, args, fixed) => {
      const truth = exact[name] as (x: number) => ReturnType<typeof exact.exp>
      for (const x of fixed) expect(ulpError(f(x), truth(x)), `${name}(${x})`).toBeLessThanOrEqual(ulps)
      for (const arg of args) {
        let worst = 0
        let worstX = 0
        for (let i = 0; i < 400; i++) {
          const x = arg()
          const error = ulpError(f(x), truth(x))
          if (!(error <= worst)) {
            worst = error
            worstX = x
          }
        }
        expect(worst, `${name}(${worstX})`).toBeLessThanOrEqual(ulps)
      }
    },
  )

  const edges = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0,
    -0,
    1,
    -1,
    2,
    -2,
    0.5,
    710,
    -746,
    1e300,
    -1e300,
    5e-324,
    -5e-324,
  ]
  test.each([
    ['exp', exp, Math.exp],
    ['expm1', expm1, Math.expm1],
    ['log', log, Math.log],
    ['log1p', log1p, Math.log1p],
    ['log2', log2, Math.log2],
    ['log10', log10, Math.log10],
    ['tanh', tanh, Math.tanh],
    ['sin', sin, Math.sin],
    ['cos', cos, Math.cos],
    ['tan', tan, Math.tan],
  ])('%s has the zeros, infinities and NaN of ECMAScript', (name, f, reference) => {
    for (const x of edges) {
      const expected = reference(x)
      if (Number.isFinite(expected) && expected !== 0 && Math.abs(expected) !== 1) continue
      expect(Object.is(f(x), expected), `${name}(${x}) is ${f(x)}, not ${expected}`).toBe(true)
    }
  })

  test('exp reaches the last finite double and the least subnormal, and no further', () => {
    expect([709.782712893384, 709.7827128933841].map(exp)).toEqual([1.7976931348622732e308, Number.POSITIVE_INFINITY])
    expect([-745.1332191019411, -745.1332191019412].map(exp)).toEqual([5e-324, 0])
  })

  test('sigmoid and logit reach their limits and are NaN where they mean nothing', () => {
    expect([Number.NEGATIVE_INFINITY, -800, 0, 41, Number.POSITIVE_INFINITY, Number.NaN].map(sigmoid)).toEqual([
      0,
      0,
      0.5,
      1,
      1,
      Number.NaN,
    ])
    expect([0, -0, 0.5, 1, -0.1, 1.1, Number.NaN].map(logit)).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      0,
      Number.POSITIVE_INFINITY,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ])
  })

  test('log2 and log10 are exact at powers of their base', () => {
    for (let k = -1074, power = 5e-324; k <= 1023; k++, power *= 2) expect(log2(power)).toBe(k)
    for (let k = 0, power = 1; k <= 22; k++, power *= 10) expect(log10(power)).toBe(k)
  })

  test('neighbouring arguments keep their order where a threshold or a change of exponent lies between', () => {
    const thresholds = [
      -745.1332191019411, -708.396, -40, -1, -0.3465735902799726, 0.34657359027997264, 1, 40, 709.782712893384,
    ]
    for (const [f, at] of [
      [exp, thresholds],
      [expm1, thresholds],
      [sigmoid, [-708.396, -40, -1, 1, 36, 40]],
      [tanh, [-22, -1, 7.450580596923828e-9, 0.1732867951399863, 1, 22]],
      [log, [0.7071067811865475, 1, Math.SQRT2, 2.2250738585072014e-308]],
      [log1p, [-0.29289, 0.41421, 1]],
    ] as const) {
      for (const x of at) {
        const step = Math.max(Math.abs(x) * 2 ** -50, 5e-324)
        for (let i = -8; i < 8; i++)
          expect(f(x + i * step), `${f.name} at ${x}`).toBeLessThanOrEqual(f(x + (i + 1) * step))
      }
    }
  })

  test('the bits are those of every engine and every release', () => {
    const random = new Xoshiro128(7)
    let hash = 0x811c9dc5
    for (const [, f] of cases) {
      for (let i = 0; i < 2000; i++) {
        const y = f((random.nextDouble() - 0.25) * (i % 2 === 0 ? 2 : 40))
        view.setFloat64(0, y === y ? y : 0) // the bits of NaN are no engine's promise
        hash = Math.imul(hash ^ view.getInt32(0), 0x01000193)
        hash = Math.imul(hash ^ view.getInt32(4), 0x01000193)
      }
    }
    expect(hash >>> 0).toBe(1675703121)
  })
})
