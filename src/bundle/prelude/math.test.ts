import { expect, test } from 'vitest'
import * as exponential from '../../numeric/exp.ts'
import * as logarithm from '../../numeric/log.ts'
import { pow } from '../../numeric/pow.ts'
import { tanh } from '../../numeric/tanh.ts'
import * as trigonometric from '../../numeric/trigonometric.ts'
import { ulpDistance } from '../../numeric/ulp-distance.fixture.ts'
import { pureMath } from './math.ts'

const math = pureMath(Math)

test('every name of ECMAScript 2023 is there, and none of a later version', () => {
  expect(Object.getOwnPropertyNames(math).sort()).toEqual(
    (
      'E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 abs acos acosh asin asinh atan atan2 atanh cbrt ceil clz32 cos cosh exp ' +
      'expm1 floor fround hypot imul log log10 log1p log2 max min pow random round sign sin sinh sqrt tan tanh trunc'
    )
      .split(' ')
      .sort(),
  )
  expect(Object.isFrozen(math)).toBe(true)
})

test('what is exact is the platform, and stays as fast as it', () => {
  for (const name of ['abs', 'floor', 'max', 'sqrt', 'imul', 'fround'] as const) expect(math[name]).toBe(Math[name])
})

test('what is not exact is ours, bit for bit', () => {
  const ours = { ...exponential, ...logarithm, ...trigonometric, tanh }
  const names = ['exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'sin', 'cos', 'tan', 'tanh'] as const
  for (const name of names) {
    expect(math[name]).not.toBe(Math[name])
    for (let i = -200; i <= 200; i++) expect(math[name](i / 7)).toBe(ours[name](i / 7))
  }
  for (let i = 1; i <= 200; i++) expect(math.pow(i / 7, i / 30)).toBe(pow(i / 7, i / 30))
})

test('every function is near the platform and has its name and edges', () => {
  const edges = [0, -0, 1, -1, 0.5, -0.5, 2, Infinity, -Infinity, Number.NaN]
  const unary = Object.getOwnPropertyNames(math).filter(
    (name) => typeof math[name as 'exp'] === 'function' && !['atan2', 'hypot', 'pow', 'random', 'max'].includes(name),
  ) as 'exp'[]
  for (const name of unary) {
    expect(math[name].name).toBe(name)
    for (const x of edges) {
      const [ours, theirs] = [math[name](x), Math[name](x)]
      if (Number.isFinite(theirs) && theirs !== 0) expect(ours, `${name}(${x})`).toBeCloseTo(theirs, 14)
      else expect(ours, `${name}(${x})`).toBe(theirs)
    }
  }
  for (const x of edges) {
    for (const y of edges) {
      expect(ulpDistance(math.pow(x, y), x ** y), `${x} ** ${y}`).toBeLessThanOrEqual(1)
      expect(ulpDistance(math.atan2(x, y), Math.atan2(x, y))).toBeLessThanOrEqual(1)
    }
  }
})

test('arguments are converted as the language converts them', () => {
  const loose = math as unknown as Record<string, (...values: unknown[]) => number>
  expect([
    loose.exp('0'),
    loose.exp(),
    loose.log({ valueOf: () => 1 }),
    loose.pow('2', '3'),
    loose.hypot('3', 4),
  ]).toEqual([1, Number.NaN, 0, 8, 5])
  expect([loose.hypot(), loose.atan2('0', 1)]).toEqual([0, 0])
  expect(() => loose.exp(1n)).toThrow(TypeError)
})
