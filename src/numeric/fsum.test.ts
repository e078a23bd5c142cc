import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromDouble } from './big-float.reference.ts'
import { CompensatedSum } from './fsum.ts'

function sumOf(terms: readonly number[]): CompensatedSum {
  const sum = new CompensatedSum()
  for (const term of terms) sum.add(term)
  return sum
}

/** The exact sum, in units of 2^-1074. */
function exactSum(terms: readonly number[]): bigint {
  let sum = 0n
  for (const term of terms) {
    const { m, e } = fromDouble(term)
    sum += m << BigInt(e + 1074)
  }
  return sum
}

describe('CompensatedSum', () => {
  test('is 0 before any term', () => {
    expect(new CompensatedSum().value).toBe(0)
  })

  test('keeps small terms that a plain sum loses beside a large one', () => {
    expect(sumOf([1, 1e100, 1, -1e100]).value).toBe(2)
    expect(sumOf(Array.from({ length: 1000 }, () => 0.1)).value).toBe(100)
  })

  test('is within 2^-53 of the exact sum, and 2^-100 of the sum of sizes for each term', () => {
    const term = fc.double({ min: -1e200, max: 1e200, noNaN: true })
    fc.assert(
      fc.property(fc.array(term, { maxLength: 50 }), (terms) => {
        const error = exactSum([sumOf(terms).value]) - exactSum(terms)
        const exact = exactSum(terms)
        const sizes = exactSum(terms.map(Math.abs))
        const allowed = ((exact < 0n ? -exact : exact) >> 53n) + ((sizes * BigInt(terms.length)) >> 100n) + 1n
        expect((error < 0n ? -error : error) <= allowed).toBe(true)
      }),
    )
  })

  test('merging two sums loses no more than one sum of all terms', () => {
    const left = sumOf([1e100, 1])
    left.merge(sumOf([-1e100, 1]))
    expect(left.value).toBe(2)
  })

  test('infinities and NaN give what plain addition gives', () => {
    expect(sumOf([1, Number.POSITIVE_INFINITY, 2]).value).toBe(Number.POSITIVE_INFINITY)
    expect(sumOf([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]).value).toBeNaN()
    expect(sumOf([1e308, 1e308]).value).toBe(Number.POSITIVE_INFINITY)
    expect(sumOf([1, Number.NaN]).value).toBeNaN()
  })

  test('its two numbers are its whole state', () => {
    const sum = sumOf([1, 1e100, 1])
    const restored = new CompensatedSum()
    Object.assign(restored, { sum: sum.sum, lost: sum.lost })
    for (const each of [sum, restored]) each.add(-1e100)
    expect(restored.value).toBe(2)
  })
})
