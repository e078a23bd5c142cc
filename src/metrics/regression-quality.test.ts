import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { regressionOutcome as outcome, regressionStreams, restored, textOf } from './outcomes.fixture.ts'
import {
  FadedRegressionQuality,
  quantileQuality,
  RegressionQuality,
  regressionQuality,
  WindowedRegressionQuality,
} from './regression-quality.ts'

const nothing = { mae: null, rmse: null }

describe('RegressionQuality', () => {
  test('the example of its documentation', () => {
    const quality = new RegressionQuality()
    quality.update({ value: 2, label: 3, weight: 1, mean: null, last: null })
    quality.update({ value: 8, label: 5, weight: 1, mean: 3, last: 3 })
    const { mae, rmse, baselines } = quality.report()
    expect([mae, rmse, baselines.noChange.mae]).toEqual([2, 2.23606797749979, 2.5])
  })

  test('says null for everything before the first outcome', () => {
    expect(new RegressionQuality().report()).toEqual({
      records: 0,
      ...nothing,
      r2: null,
      quantileLoss: null,
      coverage: null,
      meanIntervalWidth: null,
      baselines: { mean: nothing, noChange: nothing },
    })
  })

  test('knows no R² until labels differ, however their weights round', () => {
    const quality = new RegressionQuality()
    for (let i = 0; i < 1000; i++) quality.update(outcome(0.3, 0.1, { weight: 0.1 + i / 7 }))
    expect(quality.report().r2).toBeNull()
    quality.update(outcome(0.3, 0.2))
    expect(quality.report().r2).toBeLessThan(0)
  })

  test('gives R² 1 to what is never wrong, 0 to the mean of the labels, and less to what is worse', () => {
    const labels = [1, 2, 3, 6]
    const r2 = (predict: (label: number) => number): number | null => {
      const quality = new RegressionQuality()
      for (const label of labels) quality.update(outcome(predict(label), label))
      return quality.report().r2
    }
    expect([r2((label) => label), r2(() => 3), r2(() => 4)]).toEqual([1, 0, 1 - 18 / 14])
  })

  test('weighs errors below the label by α, above it by 1 - α', () => {
    const quality = new RegressionQuality(0.9)
    quality.update(outcome(1, 3))
    expect(quality.report().quantileLoss).toBeCloseTo(0.9 * 2, 15)
    quality.update(outcome(6, 3))
    expect(quality.report().quantileLoss).toBeCloseTo((0.9 * 2 + 0.1 * 3) / 2, 15)
  })

  test('has half the mean error as the quantile loss of the median', () => {
    fc.assert(
      fc.property(regressionStreams, (list) => {
        const quality = regressionQuality.overall()
        for (const each of list) quality.update(each)
        const { mae, quantileLoss } = quality.report()
        if (mae === null) expect(quantileLoss).toBeNull()
        else expect(quantileLoss).toBeCloseTo(mae / 2, 9)
      }),
    )
  })

  test('counts as covered what lies in its interval, ends included, among the outcomes that have one', () => {
    const quality = new RegressionQuality()
    quality.update(outcome(0, 5))
    expect(quality.report()).toMatchObject({ coverage: null, meanIntervalWidth: null })
    quality.update(outcome(0, 1, { low: 1, high: 2 }))
    quality.update(outcome(0, 2, { low: 1, high: 2, weight: 2 }))
    quality.update(outcome(0, 2.5, { low: 1, high: 2 }))
    quality.update(outcome(0, 0.5, { low: 0.5, high: 0.5 }))
    expect(quality.report()).toMatchObject({ coverage: 4 / 5, meanIntervalWidth: 4 / 5 })
  })

  test('does not overflow at the largest values and weights it takes, faded too, and keeps their digits', () => {
    const huge = outcome(1e80, -1e80, { weight: 1e100, mean: 1e80, last: 1e80, low: -1e80, high: 1e80 })
    for (const quality of [new RegressionQuality(), new FadedRegressionQuality(1), new WindowedRegressionQuality(99)]) {
      for (let i = 0; i < 1000; i++) quality.update(i % 2 === 0 ? huge : { ...huge, value: -1e80, label: 1e80 })
      const { mae, rmse, r2, coverage, meanIntervalWidth, baselines } = quality.report()
      for (const value of [mae, rmse, meanIntervalWidth]) expect(value).toBeCloseTo(2e80, -70)
      expect(coverage).toBe(1)
      expect(Number.isFinite(r2)).toBe(true)
      expect(Number.isFinite(baselines.mean.rmse)).toBe(true)
    }
  })

  test('keeps the digits of errors of 1e-3 about labels of 1e15, over many outcomes and snapshots', () => {
    let quality = new RegressionQuality()
    for (let i = 0; i < 100_000; i++) {
      const label = 1e15 + (i % 2)
      quality.update(outcome(label + (i % 4 < 2 ? 0.125 : -0.125), label, { weight: 0.1 }))
      if (i % 1000 === 0) quality = restored(new RegressionQuality(), quality)
    }
    const { mae, rmse, r2 } = quality.report()
    expect([mae, rmse]).toEqual([0.125, 0.125])
    expect(r2).toBeCloseTo(1 - 0.125 ** 2 / 0.25, 9)
  })

  test('goes on at another level after a restore: the level is no part of the state', () => {
    const at = (alpha: number): RegressionQuality => new RegressionQuality(alpha)
    const [whole, before] = [at(0.1), at(0.9)]
    for (const quality of [whole, before]) quality.update(outcome(1, 3))
    const after = restored(at(0.1), before)
    expect(after.report()).toEqual(whole.report())
    expect(textOf(after)).toBe(textOf(before))
  })

  test('refuses a level that is none', () => {
    for (const alpha of [0, 1, -0.5, Number.NaN]) {
      expect(() => new RegressionQuality(alpha)).toThrow(expect.objectContaining({ code: 'ML_RANGE' }))
      expect(() => quantileQuality(alpha).tumbling(10)).toThrow(expect.objectContaining({ code: 'ML_RANGE' }))
    }
  })
})
