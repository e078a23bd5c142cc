import { describe, expect, test } from 'vitest'
import { CALIBRATION_BINS, calibrationBin, calibrationError } from './calibration-bins.ts'
import { CompensatedSums } from './compensated-sums.ts'

describe('calibration bins', () => {
  test('are ten equal ones, each with its lower end, the last with both', () => {
    expect([0, 0.09, 0.1, 0.25, 0.5, 0.89, 0.9, 1 - 2 ** -53, 1].map(calibrationBin)).toEqual([
      0, 0, 1, 2, 5, 8, 9, 9, 9,
    ])
    // 0.1 · 3 is a little above 0.3, and 0.3 itself begins its bin.
    expect([0.1 * 3, 0.3, 0.7, 0.6].map(calibrationBin)).toEqual([3, 3, 7, 6])
  })

  test('do not let what is too high in one make up for what is too low in another', () => {
    const sums = new CompensatedSums(1 + CALIBRATION_BINS)
    sums.add(1, 0.3)
    sums.add(10, -0.3)
    expect(calibrationError(sums, 1, 2)).toBeCloseTo(0.3, 15)
    sums.add(10, 0.3)
    expect(calibrationError(sums, 1, 2)).toBeCloseTo(0.15, 15)
  })
})
