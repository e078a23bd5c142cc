import { expect, test } from 'vitest'
import { hypot } from './hypot.ts'
import { ulpDistance } from './ulp-distance.fixture.ts'

test('the length of a vector neither overflows nor underflows', () => {
  expect(hypot([3, 4])).toBe(5)
  expect(ulpDistance(hypot([3e200, -4e200]), 5e200)).toBeLessThanOrEqual(1)
  expect(ulpDistance(hypot([3e-200, 4e-200]), 5e-200)).toBeLessThanOrEqual(1)
  expect(hypot([5e-324])).toBe(5e-324)
})

test('many small terms are not lost beside a large one', () => {
  // √(1 + 10⁶·10⁻¹⁸); without compensation the sum of squares stays 1.
  expect(hypot([1, ...new Array<number>(1_000_000).fill(1e-9)])).toBe(1.0000000000005)
})

test('empty is 0, an infinity wins over NaN', () => {
  expect([hypot([]), hypot([-0]), hypot([NaN, 1])]).toEqual([0, 0, NaN])
  expect(hypot([NaN, -Infinity])).toBe(Infinity)
})
