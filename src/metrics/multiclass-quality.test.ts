import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { BinaryQuality } from './binary-quality.ts'
import { FadedMulticlassQuality, MulticlassQuality, WindowedMulticlassQuality } from './multiclass-quality.ts'
import {
  binaryStreams,
  bytesOf,
  expectClose,
  multiclassStreams,
  multiclassOutcome as outcome,
  restored,
  textOf,
} from './outcomes.fixture.ts'

describe('MulticlassQuality', () => {
  test('the example of its documentation', () => {
    const quality = new MulticlassQuality()
    const cat = {
      label: 'cat',
      probability: 0.5,
      brier: 0.38,
      confidence: 0.5,
      weight: 1,
      majority: null,
      last: null,
    }
    quality.update({ ...cat, predicted: 'cat' })
    quality.update({ ...cat, predicted: 'dog', probability: 0.3, brier: 0.78 })
    expect(quality.report().accuracy).toBe(0.5)
    expect(quality.report().macroF1).toBeCloseTo(1 / 3, 15)
  })

  test('says null for everything before the first outcome, and knows no class', () => {
    const { records, baselines, classes, ...values } = new MulticlassQuality().report()
    expect([records, baselines, classes]).toEqual([
      0,
      { majority: { accuracy: null }, noChange: { accuracy: null } },
      [],
    ])
    expect(new Set(Object.values(values))).toEqual(new Set([null]))
  })

  test('gives the values of a table worked by hand', () => {
    // Of 10 a: 6 as a, 3 as b, 1 as nothing. Of 5 b: 4 as b, 1 as c. No c.
    const quality = new MulticlassQuality()
    const add = (count: number, label: string, predicted: string | null): void => {
      for (let i = 0; i < count; i++) {
        quality.update(outcome(predicted, label, { majority: 'a', last: i === 0 ? null : label, confidence: 0.75 }))
      }
    }
    add(6, 'a', 'a')
    add(3, 'a', 'b')
    add(1, 'a', null)
    add(4, 'b', 'b')
    add(1, 'b', 'c')
    const report = quality.report()
    expect(report.classes).toEqual([
      { class: 'a', support: 10, precision: 1, recall: 0.6, f1: 12 / 16 },
      { class: 'b', support: 5, precision: 4 / 7, recall: 0.8, f1: 8 / 12 },
      { class: 'c', support: 0, precision: 0, recall: null, f1: 0 },
    ])
    const accuracy = 10 / 15
    const chance = (10 / 15) * (6 / 15) + (5 / 15) * (7 / 15)
    expectClose(report, {
      records: 15,
      accuracy,
      balancedAccuracy: (0.6 + 0.8) / 2,
      macroPrecision: (1 + 4 / 7) / 3,
      macroRecall: (0.6 + 0.8) / 3,
      macroF1: (12 / 16 + 8 / 12) / 3,
      weightedF1: (10 * (12 / 16) + 5 * (8 / 12)) / 15,
      kappa: (accuracy - chance) / (1 - chance),
      kappaT: (accuracy - 10 / 15) / (1 - 10 / 15),
      kappaM: (accuracy - 10 / 15) / (1 - 10 / 15),
      logLoss: Math.LN2,
      brier: 0.5,
      calibrationError: 0.75 - accuracy,
      baselines: { majority: { accuracy: 10 / 15 }, noChange: { accuracy: 10 / 15 } },
      classes: report.classes,
    })
  })

  test('agrees with the binary metrics where there are two classes', () => {
    fc.assert(
      fc.property(binaryStreams, (list) => {
        const [two, many] = [new BinaryQuality(), new MulticlassQuality()]
        for (const each of list) {
          two.update(each)
          const { probability, label, weight, majority, last } = each
          const given = label ? probability : 1 - probability
          many.update({
            label: String(label),
            predicted: String(probability > 0.5),
            probability: given,
            brier: 2 * (1 - given) ** 2,
            confidence: Math.max(probability, 1 - probability),
            weight,
            majority: String(majority ?? false),
            last: String(last ?? false),
          })
        }
        const { accuracy, balancedAccuracy, kappa, kappaT, kappaM, logLoss, brier, baselines } = two.report()
        const found = many.report()
        expectClose(
          { ...found, baselines: { ...found.baselines, prior: baselines.prior } },
          {
            ...found,
            ...{ accuracy, balancedAccuracy, kappa, kappaT, kappaM, logLoss, baselines },
            brier: brier === null ? null : 2 * brier,
          },
        )
        const positive = found.classes.find((each) => each.class === 'true')
        const { precision, recall, f1 } = two.report()
        if (positive !== undefined)
          expectClose({ ...positive }, { class: 'true', support: positive.support, precision, recall, f1 })
        else expect([precision, recall, f1]).toEqual([null, null, null])
      }),
    )
  })

  test('says the same, and stores the same, in whatever order outcomes of whole weight and loss come', () => {
    fc.assert(
      fc.property(multiclassStreams, (list) => {
        const even = list.map((each) => ({ ...each, probability: 0.5, brier: 1, confidence: 0.5, weight: 2 }))
        const [there, back] = [new MulticlassQuality(), new MulticlassQuality()]
        for (const each of even) there.update(each)
        for (const each of even.toReversed()) back.update(each)
        expectClose(back.report(), there.report())
        const { logLoss: _, ...exact } = there.report()
        expect(back.report()).toMatchObject(exact)
      }),
    )
  })

  test('gives κ null, not a number made of rounding, where chance alone agrees always', () => {
    const quality = new MulticlassQuality()
    for (let i = 0; i < 1000; i++) quality.update(outcome('a', 'a', { weight: 0.1 + i / 7 }))
    // The baselines, knowing nothing, were wrong each time.
    expect(quality.report()).toMatchObject({ accuracy: 1, kappa: null, kappaT: 1, kappaM: 1 })
  })

  test('counts an outcome of weight 0 in records only, its classes not at all', () => {
    const quality = new MulticlassQuality()
    quality.update(outcome('a', 'b', { weight: 0 }))
    expect(quality.report()).toMatchObject({ records: 1, accuracy: null, classes: [] })
  })
})

describe('the limit of classes', () => {
  const filled = <Q extends MulticlassQuality | WindowedMulticlassQuality>(quality: Q): Q => {
    for (let i = 0; i < 1000; i++) quality.update(outcome(null, `class ${i}`))
    return quality
  }
  const limit = expect.objectContaining({ code: 'ML_STATE_LIMIT' })

  test('is a thousand: one more is refused, as label and as prediction, and nothing is counted', () => {
    const quality = filled(new MulticlassQuality())
    const before = textOf(quality)
    expect(() => quality.update(outcome('class 1', 'new'))).toThrow(limit)
    expect(() => quality.update(outcome('new', 'class 1'))).toThrow(limit)
    expect(textOf(quality)).toBe(before)
    quality.update(outcome('class 1', 'class 2', { majority: 'new', last: 'other' }))
    expect(quality.records).toBe(1001)
    expect(quality.report().classes.length).toBe(1000)
    expect(restored(new MulticlassQuality(), quality).report()).toEqual(quality.report())
  })

  test('holds in a window for the classes that are in it', () => {
    const quality = filled(new WindowedMulticlassQuality(1000))
    expect(() => quality.update(outcome(null, 'new'))).toThrow(limit)
    quality.update(outcome(null, 'class 1'))
    expect(quality.report().classes.length).toBe(999)
    quality.update(outcome('class 1', 'new'))
    expect(quality.report().classes.length).toBe(1000)
    expect(() => quality.update(outcome('newer', 'new'))).toThrow(limit)
  })

  test('is held by what is restored, too', () => {
    const stored = bytesOf(filled(new MulticlassQuality()))
    const at = Buffer.from(stored).indexOf('class 0') - 3
    expect([...stored.subarray(at, at + 3)]).toEqual([0xe8, 7, 7])
    stored[at]++
    const reader = new ByteReader(stored, 'test')
    expect(() => new MulticlassQuality().restore(reader)).toThrow(expect.objectContaining({ code: 'ML_CORRUPT' }))
  })
})

test('the support of a faded class is in weights of the last outcome', () => {
  const quality = new FadedMulticlassQuality(1)
  for (let i = 0; i < 300; i++) quality.update(outcome('a', i === 299 ? 'b' : 'a'))
  const [a, b] = quality.report().classes
  expect(a.support).toBeCloseTo(1, 12)
  expect(b.support).toBe(1)
})
