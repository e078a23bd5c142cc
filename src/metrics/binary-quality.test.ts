import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Xoshiro128 } from '../numeric/xoshiro128.ts'
import { BinaryQuality, FadedBinaryQuality, WindowedBinaryQuality } from './binary-quality.ts'
import { plainReport } from './binary-report.reference.ts'
import type { BinaryReport } from './binary-report.ts'
import {
  binaryStreams,
  expectClose,
  fineBinaryStreams,
  binaryOutcome as outcome,
  restored,
} from './outcomes.fixture.ts'

const nothing: BinaryReport = {
  records: 0,
  accuracy: null,
  balancedAccuracy: null,
  precision: null,
  recall: null,
  f1: null,
  kappa: null,
  kappaT: null,
  kappaM: null,
  logLoss: null,
  brier: null,
  auc: null,
  calibrationError: null,
  baselines: { majority: { accuracy: null }, noChange: { accuracy: null }, prior: { logLoss: null } },
}

describe('BinaryQuality', () => {
  test('the example of its documentation', () => {
    for (const [quality, accuracy] of [
      [new BinaryQuality(), 0.5],
      [new WindowedBinaryQuality(1), 0],
    ] as const) {
      quality.update({ probability: 0.8, label: true, weight: 1, prior: 0.5, majority: null, last: null })
      quality.update({ probability: 0.6, label: false, weight: 1, prior: 2 / 3, majority: true, last: true })
      expect(quality.report().accuracy).toBe(accuracy)
      if (accuracy > 0) expect(quality.report().recall).toBe(1)
    }
  })

  test('says null, which JSON keeps, for everything before the first outcome', () => {
    expect(JSON.parse(JSON.stringify(new BinaryQuality().report()))).toEqual(nothing)
  })

  test('after one false label knows nothing of true ones, no area under the curve, no κ and, where guessing was right, no κ_T and κ_M', () => {
    const quality = new BinaryQuality()
    quality.update(outcome(0.2, false))
    const { accuracy, balancedAccuracy, precision, recall, f1, auc, kappa, kappaT, kappaM, baselines } =
      quality.report()
    expect({ accuracy, balancedAccuracy }).toEqual({ accuracy: 1, balancedAccuracy: 1 })
    for (const unknown of [precision, recall, f1, auc, kappa, kappaT, kappaM]) expect(unknown).toBeNull()
    // Knowing nothing, the baselines guess false, and 0.5 as the probability.
    expect(baselines).toEqual({
      majority: { accuracy: 1 },
      noChange: { accuracy: 1 },
      prior: { logLoss: expect.closeTo(Math.LN2, 15) },
    })
  })

  test('gives the values of a table worked by hand', () => {
    // 20 hits, 5 false alarms, 10 misses, 15 rightly passed: accuracy 0.7, chance 0.5, κ 0.4.
    const quality = new BinaryQuality()
    const add = (count: number, probability: number, label: boolean): void => {
      for (let i = 0; i < count; i++) {
        quality.update(outcome(probability, label, { last: label !== i % 5 < 2, majority: i % 5 < 4 }))
      }
    }
    add(20, 0.9, true)
    add(5, 0.9, false)
    add(10, 0.1, true)
    add(15, 0.1, false)
    const report = quality.report()
    expect(report.accuracy).toBe(0.7)
    expect(report.kappa).toBeCloseTo(0.4, 14)
    expect(report.baselines.noChange.accuracy).toBe(0.6)
    expect(report.kappaT).toBeCloseTo((0.7 - 0.6) / (1 - 0.6), 14)
    // Guessing true four times in five is right for 24 of the 30 true labels, and for 4 of the 20 false ones.
    expect(report.baselines.majority.accuracy).toBe(0.56)
    expect(report.kappaM).toBeCloseTo((0.7 - 0.56) / (1 - 0.56), 14)
    expect([report.precision, report.recall]).toEqual([20 / 25, 20 / 30])
    expect(report.f1).toBeCloseTo(40 / 55, 14)
    expect(report.balancedAccuracy).toBeCloseTo((20 / 30 + 15 / 20) / 2, 14)
    expect(report.brier).toBeCloseTo(0.7 * 0.01 + 0.3 * 0.81, 14)
    // Of what was given 0.9, 0.8 came; of what was given 0.1, 0.4 came.
    expect(report.calibrationError).toBeCloseTo(0.5 * 0.1 + 0.5 * 0.3, 14)
    expect(report.logLoss).toBeCloseTo(-0.7 * Math.log(0.9) - 0.3 * Math.log(0.1), 12)
    expect(report.auc).toBeCloseTo((20 * 15 + 0.5 * (20 * 5 + 10 * 15)) / (30 * 20), 9)
  })

  test('cuts probabilities at 1e-15, so certain and wrong costs 34.5 nats', () => {
    const quality = new BinaryQuality()
    quality.update(outcome(0, true))
    expect(quality.report().logLoss).toBeCloseTo(34.538776394910684, 9)
    quality.update(outcome(1, false))
    expect(quality.report().logLoss).toBeCloseTo(34.538776394910684, 9)
  })

  test('equals the definitions on random streams, weights and ties included', () => {
    fc.assert(
      fc.property(binaryStreams, (list) => {
        const quality = new BinaryQuality()
        for (const each of list) quality.update(each)
        expectClose(quality.report(), plainReport(list))
      }),
    )
  })

  test('never says less than nothing was right, whatever the weights round to', () => {
    const random = new Xoshiro128(1)
    for (let run = 0; run < 100; run++) {
      const quality = new BinaryQuality()
      for (let i = 0; i < 50; i++) {
        const label = random.nextDouble() < 0.5
        const right = random.nextDouble() < 0.5
        const weight = random.nextDouble()
        quality.update(outcome(label === right ? 0.9 : 0.1, label, { weight, majority: !label, last: !label }))
      }
      const { baselines } = quality.report()
      expect(baselines.majority.accuracy).toBeGreaterThanOrEqual(0)
      expect(baselines.noChange.accuracy).toBeGreaterThanOrEqual(0)
    }
  })

  test('keeps its digits over many small weights, through snapshots too', () => {
    let quality = new BinaryQuality()
    for (let i = 0; i < 300_000; i++) {
      quality.update(outcome(0.1, i % 10 === 0, { weight: 0.1 }))
      if (i % 1000 === 0) quality = restored(new BinaryQuality(), quality)
    }
    expect(quality.report().accuracy).toBe(0.9)
  })
})

describe('windowed and faded', () => {
  test('the area under the curve of a window is exact, where the sketch is not', () => {
    fc.assert(
      fc.property(fineBinaryStreams, fc.integer({ min: 1, max: 20 }), (list, size) => {
        const quality = new WindowedBinaryQuality(size)
        for (const each of list) quality.update(each)
        expectClose(quality.report(), plainReport(list.slice(-size)))
      }),
    )
  })

  test('a window forgets outcomes of huge weight without a trace', () => {
    const quality = new WindowedBinaryQuality(2)
    quality.update(outcome(0.1, true, { weight: 1e15 }))
    quality.update(outcome(0.9, true))
    quality.update(outcome(0.8, false))
    expect(quality.report()).toEqual(restored(new WindowedBinaryQuality(2), quality).report())
    expect(quality.report().accuracy).toBe(0.5)
  })

  test('faded quality follows a change, and stays finite for ever', () => {
    const quality = new FadedBinaryQuality(100)
    for (let i = 0; i < 20_000; i++) quality.update(outcome(i % 2 === 0 ? 0.9 : 0.1, (i % 2 === 0) === i < 19_000))
    const { accuracy, auc } = quality.report()
    expect(accuracy).toBeCloseTo(0.5 ** 10, 9)
    expect(auc).toBeCloseTo(0.5 ** 10, 4)
  })
})
