import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { Baselines } from './baselines.ts'
import type { BinaryOutcome } from './binary-outcome.ts'
import { BinaryQuality } from './binary-quality.ts'
import { plainReport } from './binary-report.reference.ts'
import type { BinaryReport } from './binary-report.ts'
import { FadedQuality } from './faded-quality.ts'
import { type QualityWindow, TumblingQuality } from './tumbling-quality.ts'
import { WindowedQuality } from './windowed-quality.ts'

const outcome = (probability: number, label: boolean, rest: Partial<BinaryOutcome> = {}): BinaryOutcome => ({
  probability,
  label,
  weight: 1,
  prior: 0.5,
  majority: null,
  last: null,
  ...rest,
})

/** Coarse scores, so that ties occur and a sketch tells the others apart; the ends, so that the loss is cut. */
const coarse = fc.integer({ min: 0, max: 8 }).map((eighths) => eighths / 8)
const probability = fc.double({ min: 0, max: 1, noNaN: true })
const streamOf = (score: fc.Arbitrary<number>): fc.Arbitrary<BinaryOutcome[]> =>
  fc.array(
    fc.record({
      probability: score,
      label: fc.boolean(),
      weight: fc.constantFrom(1, 1, 0.1, 3, 0),
      prior: fc.oneof(fc.constant(null), probability),
      majority: fc.constantFrom(null, true, false),
      last: fc.constantFrom(null, true, false),
    }),
    { maxLength: 60 },
  )
const outcomes = streamOf(coarse)

/** The same values, null where null, to nine digits after the point. */
function expectClose(report: BinaryReport, expected: BinaryReport): void {
  const found = flat(report)
  for (const [name, value] of Object.entries(flat(expected))) {
    if (value === null || found[name] === null) expect({ [name]: found[name] }).toEqual({ [name]: value })
    else expect(found[name], name).toBeCloseTo(value, 9)
  }
}

function flat(report: BinaryReport): Record<string, number | null> {
  const { baselines, ...own } = report
  const { majority, noChange, prior } = baselines
  return { ...own, majority: majority.accuracy, noChange: noChange.accuracy, prior: prior.logLoss }
}

interface Stored {
  snapshot(writer: ByteWriter): void
  restore(reader: ByteReader): void
}

function bytes(of: Stored): Uint8Array {
  const writer = new ByteWriter()
  of.snapshot(writer)
  return writer.finish()
}

/** The bytes as text, which compares in an instant. */
const text = (of: Stored): string => Buffer.from(bytes(of)).toString('latin1')

function restored<M extends Stored>(into: M, from: Stored): M {
  const reader = new ByteReader(bytes(from), 'test')
  into.restore(reader)
  reader.expectEnd()
  return into
}

const nothing: BinaryReport = {
  records: 0,
  accuracy: null,
  logLoss: null,
  auc: null,
  kappa: null,
  kappaT: null,
  baselines: { majority: { accuracy: null }, noChange: { accuracy: null }, prior: { logLoss: null } },
}

describe('BinaryQuality', () => {
  test('says null, which JSON keeps, for everything before the first outcome', () => {
    expect(JSON.parse(JSON.stringify(new BinaryQuality().report()))).toEqual(nothing)
  })

  test('after one outcome knows no area under the curve, no κ and, where repeating was right, no κ_T', () => {
    const quality = new BinaryQuality()
    quality.update(outcome(0.2, false))
    const { accuracy, auc, kappa, kappaT, baselines } = quality.report()
    expect({ accuracy, auc, kappa, kappaT }).toEqual({ accuracy: 1, auc: null, kappa: null, kappaT: null })
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
      for (let i = 0; i < count; i++) quality.update(outcome(probability, label, { last: label !== i % 5 < 2 }))
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
      fc.property(outcomes, (list) => {
        const quality = new BinaryQuality()
        for (const each of list) quality.update(each)
        expectClose(quality.report(), plainReport(list))
      }),
    )
  })

  test('keeps its digits over many small weights, through snapshots too', () => {
    let quality = new BinaryQuality()
    for (let i = 0; i < 300_000; i++) {
      quality.update(outcome(0.1, i % 10 === 0, { weight: 0.1 }))
      if (i % 1000 === 0) quality = restored(new BinaryQuality(), quality)
    }
    expect(quality.report().accuracy).toBe(0.9)
  })

  test.each([
    [{ probability: Number.NaN }, 'ML_VALUE'],
    [{ probability: 1.01 }, 'ML_VALUE'],
    [{ prior: -0.1 }, 'ML_VALUE'],
    [{ weight: -1 }, 'ML_LABEL'],
    [{ weight: 1.1e100 }, 'ML_LABEL'],
    [{ weight: Number.NaN }, 'ML_LABEL'],
    [{ label: 1 as unknown as boolean }, 'ML_LABEL'],
  ])('refuses %o with its code and counts nothing', (wrong, code) => {
    for (const quality of [new BinaryQuality(), new WindowedQuality(3), new FadedQuality()]) {
      quality.update(outcome(0.3, true))
      const before = text(quality)
      expect(() => quality.update(outcome(0.5, true, wrong))).toThrow(expect.objectContaining({ code }))
      expect(text(quality)).toBe(before)
    }
  })
})

describe('WindowedQuality', () => {
  test('equals the definitions over the last outcomes exactly, its area under the curve too', () => {
    fc.assert(
      fc.property(streamOf(fc.oneof(coarse, probability)), fc.integer({ min: 1, max: 20 }), (list, size) => {
        const quality = new WindowedQuality(size)
        for (const each of list) quality.update(each)
        expectClose(quality.report(), plainReport(list.slice(-size)))
      }),
    )
  })

  test('forgets outcomes of huge weight without a trace', () => {
    const quality = new WindowedQuality(2)
    quality.update(outcome(0.1, true, { weight: 1e15 }))
    quality.update(outcome(0.9, true))
    quality.update(outcome(0.8, false))
    expect(quality.report()).toEqual(restored(new WindowedQuality(2), quality).report())
    expect(quality.report().accuracy).toBe(0.5)
  })

  test('keeps the newest outcomes when it is restored into a smaller window', () => {
    const quality = new WindowedQuality(5)
    for (let i = 0; i < 7; i++) quality.update(outcome(i / 10, i > 4))
    const last = new WindowedQuality(2)
    last.update(outcome(0.5, true))
    last.update(outcome(0.6, true))
    expect(text(restored(new WindowedQuality(2), quality))).toBe(text(last))
  })

  test('refuses a size that is no count', () => {
    for (const size of [0, -1, 1.5, Number.NaN, 1e9]) {
      expect(() => new WindowedQuality(size)).toThrow(expect.objectContaining({ code: 'ML_RANGE' }))
    }
  })
})

describe('FadedQuality', () => {
  test('equals the definitions with every weight halved by age', () => {
    fc.assert(
      fc.property(outcomes, fc.constantFrom(1, 5, 1000), (list, halfLife) => {
        const quality = new FadedQuality(halfLife)
        for (const each of list) quality.update(each)
        expectClose(
          quality.report(),
          plainReport(list, (index) => 0.5 ** ((list.length - 1 - index) / halfLife)),
        )
      }),
    )
  })

  test('follows a change, and stays finite for ever', () => {
    const quality = new FadedQuality(100)
    for (let i = 0; i < 20_000; i++) quality.update(outcome(i % 2 === 0 ? 0.9 : 0.1, (i % 2 === 0) === i < 19_000))
    const { accuracy, auc } = quality.report()
    expect(accuracy).toBeCloseTo(0.5 ** 10, 9)
    expect(auc).toBeCloseTo(0.5 ** 10, 4)
  })

  test('refuses a half-life that is none', () => {
    for (const halfLife of [0, 0.99, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new FadedQuality(halfLife)).toThrow(expect.objectContaining({ code: 'ML_RANGE' }))
    }
  })
})

describe('TumblingQuality', () => {
  const spans = (windows: QualityWindow[]): number[][] => windows.map((w) => [w.startMs, w.endMs, w.report.records])

  test('closes a window when the watermark reaches its last millisecond, by time, without the empty ones', () => {
    const quality = new TumblingQuality(10)
    for (const time of [25, 3, 9, 10, -1]) quality.update(outcome(0.5, true), time)
    expect(spans(quality.open())).toEqual([
      [-10, 0, 1],
      [0, 10, 2],
      [10, 20, 1],
      [20, 30, 1],
    ])
    expect(spans(quality.advance(8))).toEqual([[-10, 0, 1]])
    expect(spans(quality.advance(9))).toEqual([[0, 10, 2]])
    expect(spans(quality.advance(Number.MAX_SAFE_INTEGER))).toEqual([
      [10, 20, 1],
      [20, 30, 1],
    ])
    expect(quality.open()).toEqual([])
  })

  test('leaves an outcome of a closed window out and counts it as late, before and after a restore', () => {
    const quality = new TumblingQuality(10)
    quality.advance(19)
    quality.update(outcome(0.5, true), 19)
    const again = restored(new TumblingQuality(10), quality)
    again.update(outcome(0.5, true), 0)
    again.update(outcome(0.5, true), 20)
    expect([again.late, spans(again.open())]).toEqual([2, [[20, 30, 1]]])
  })

  test('does not open a closed window again when the watermark falls back', () => {
    const quality = new TumblingQuality(10)
    quality.advance(19)
    quality.advance(5)
    quality.update(outcome(0.5, true), 15)
    expect(quality.late).toBe(1)
  })

  test('reports each window as if it were a stream of its own, in whatever order the outcomes come', () => {
    const timed = fc.array(fc.tuple(fc.integer({ min: 0, max: 99 }), coarse, fc.boolean()))
    fc.assert(
      fc.property(timed, (list) => {
        const quality = new TumblingQuality(20)
        for (const [time, probability, label] of list) quality.update(outcome(probability, label), time)
        for (const { startMs, endMs, report } of quality.advance(Number.MAX_SAFE_INTEGER)) {
          const own = list.filter(([time]) => time >= startMs && time < endMs)
          expectClose(report, plainReport(own.map(([, probability, label]) => outcome(probability, label))))
        }
      }),
    )
  })

  test('refuses to continue windows of another length, and more than 100 open ones', () => {
    const quality = new TumblingQuality(10)
    expect(() => restored(new TumblingQuality(20), quality)).toThrow(expect.objectContaining({ code: 'ML_RANGE' }))
    expect(() => new TumblingQuality(0)).toThrow(expect.objectContaining({ code: 'ML_RANGE' }))
    for (let i = 0; i < 100; i++) quality.update(outcome(0.5, true), i * 10)
    expect(() => quality.update(outcome(0.5, true), 1000)).toThrow(expect.objectContaining({ code: 'ML_STATE_LIMIT' }))
  })
})

describe('the snapshots of metrics', () => {
  const kinds = {
    BinaryQuality: () => new BinaryQuality(),
    WindowedQuality: () => new WindowedQuality(7),
    FadedQuality: () => new FadedQuality(5),
    TumblingQuality: () => new TumblingQuality(10),
  }

  test.each(Object.entries(kinds))('of %s are the same bytes wherever the run was interrupted', (_, create) => {
    fc.assert(
      fc.property(outcomes, fc.nat(60), (list, cut) => {
        const [whole, before] = [create(), create()]
        for (const [index, each] of list.entries()) {
          whole.update(each, index)
          if (index < cut) before.update(each, index)
        }
        const after = restored(create(), before)
        for (const [index, each] of list.entries()) if (index >= cut) after.update(each, index)
        expect(text(after)).toBe(text(whole))
      }),
      { numRuns: 50 },
    )
  })

  test.each(Object.entries(kinds))('of %s are refused when they are cut short or of a newer version', (_, create) => {
    const quality = create()
    for (let i = 0; i < 9; i++) quality.update(outcome(i / 9, i % 2 === 0), i)
    const stored = bytes(quality)
    for (let length = 0; length < stored.length; length += Math.ceil(stored.length / 50)) {
      const cut = new ByteReader(stored.subarray(0, length), 'test')
      expect(() => create().restore(cut)).toThrow(expect.objectContaining({ code: 'ML_CORRUPT' }))
    }
    const newer = new ByteReader(Uint8Array.from([9, ...stored.subarray(1)]), 'test')
    expect(() => create().restore(newer)).toThrow(expect.objectContaining({ code: 'ML_VERSION' }))
  })
})

describe('Baselines', () => {
  test('know nothing before the first label: prior 0.5, no majority, no last label', () => {
    const { prior, majority, last } = new Baselines()
    expect({ prior, majority, last }).toEqual({ prior: 0.5, majority: null, last: null })
  })

  test('hold the smoothed share of true labels, the more frequent label and the last one', () => {
    const known = new Baselines()
    known.learn(true, 1)
    expect([known.prior, known.majority, known.last]).toEqual([2 / 3, true, true])
    known.learn(false, 1)
    expect([known.prior, known.majority, known.last]).toEqual([0.5, false, false])
    known.learn(true, 4)
    expect([known.prior, known.majority, known.last]).toEqual([6 / 8, true, true])
  })

  test('go on after a restore as if nothing had happened', () => {
    const known = new Baselines()
    expect([restored(new Baselines(), known).last, restored(new Baselines(), known).majority]).toEqual([null, null])
    for (const label of [true, true, false]) known.learn(label, 0.1)
    const again = restored(new Baselines(), known)
    for (const each of [known, again]) each.learn(true, 0.2)
    expect(text(again)).toBe(text(known))
    expect([again.prior, again.majority, again.last]).toEqual([known.prior, known.majority, known.last])
  })

  test('refuse a weight that is negative or not finite, unchanged', () => {
    const known = new Baselines()
    for (const weight of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => known.learn(true, weight)).toThrow(expect.objectContaining({ code: 'ML_LABEL' }))
    }
    expect(known.last).toBeNull()
  })
})
