/**
 * `Math` with the same bits on every engine: what IEEE 754 and the language fix exactly is the platform's, everything
 * else is ours (V8 versions differ in the last bit of pow, sin, cos and more). Frozen, so that no library replaces it.
 */
import { cbrt } from '../../numeric/cbrt.ts'
import { exp, expm1 } from '../../numeric/exp.ts'
import { acosh, asinh, atanh, cosh, sinh } from '../../numeric/hyperbolic.ts'
import { hypot } from '../../numeric/hypot.ts'
import { acos, asin, atan, atan2 } from '../../numeric/inverse-trigonometric.ts'
import { log, log1p, log2, log10 } from '../../numeric/log.ts'
import { pow } from '../../numeric/pow.ts'
import { tanh } from '../../numeric/tanh.ts'
import { cos, sin, tan } from '../../numeric/trigonometric.ts'
import { define, refuse } from './impure.ts'

const constants = ['E', 'LN10', 'LN2', 'LOG10E', 'LOG2E', 'PI', 'SQRT1_2', 'SQRT2'] as const
const exact = [
  'abs',
  'ceil',
  'clz32',
  'floor',
  'fround',
  'imul',
  'max',
  'min',
  'round',
  'sign',
  'sqrt',
  'trunc',
] as const
const unary = {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  cbrt,
  cos,
  cosh,
  exp,
  expm1,
  log,
  log10,
  log1p,
  log2,
  sin,
  sinh,
  tan,
  tanh,
}

/** A frozen `Math` that takes only its exact functions from `native`. */
export function pureMath(native: Math): Math {
  const math = {}
  for (const name of constants) Object.defineProperty(math, name, { value: native[name] })
  for (const name of exact) define(math, name, native[name])
  for (const [name, fn] of Object.entries(unary)) {
    // Number(x), as the language converts arguments: Math.exp('1') is Math.exp(1).
    define(
      math,
      name,
      named(name, (x: unknown) => fn(+(x as number))),
    )
  }
  define(
    math,
    'atan2',
    named('atan2', (y: unknown, x: unknown) => atan2(+(y as number), +(x as number))),
  )
  define(
    math,
    'hypot',
    named('hypot', (...values: unknown[]) => hypot(values.map((value) => +(value as number)))),
  )
  define(math, 'pow', named('pow', power))
  define(math, 'random', named('random', random))
  Object.defineProperty(math, Symbol.toStringTag, { value: 'Math' })
  return Object.freeze(math) as Math
}

/** Also what `**` becomes in a bundle, hence the big integers, which `Math.pow` of the language refuses. */
function power(base: unknown, exponent: unknown): unknown {
  if (typeof base === 'bigint' && typeof exponent === 'bigint') return bigPower(base, exponent)
  return pow(+(base as number), +(exponent as number))
}

function bigPower(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) throw new RangeError('Exponent must be non-negative')
  let result = 1n
  for (let square = base, left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result *= square
    if (left > 1n) square *= square
  }
  return result
}

function random(): never {
  return refuse(
    'Math.random gives other numbers on every run',
    "Use new Xoshiro128(seed) from 'millrace' and keep its state with yours",
  )
}

function named<F extends (...values: never[]) => unknown>(name: string, fn: F): F {
  return Object.defineProperty(fn, 'name', { value: name, configurable: true })
}
