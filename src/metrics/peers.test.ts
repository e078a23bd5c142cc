/**
 * Golden numbers: one thousand outcomes of each task, drawn by a linear congruential generator (seeds 1, 2, 3), with and
 * without weights, as scikit-learn 1.9.1 on numpy 2.4.6 judges them; River 0.26.1 gives the same to 1e-13 where it has
 * the metric (Accuracy, BalancedAccuracy, Precision, Recall, F1, MacroPrecision, MacroRecall, MacroF1, WeightedF1,
 * CohenKappa, LogLoss, CrossEntropy, MAE, RMSE, R2). The calibration error is that of `calibration_curve` with ten
 * uniform bins, weighted by their counts; with weights there is no peer. Tolerance 1e-12, relative; the area under the
 * curve is exact in a window.
 */
import { describe, expect, test } from 'vitest'
import type { BinaryOutcome } from './binary-outcome.ts'
import { BinaryQuality, WindowedBinaryQuality } from './binary-quality.ts'
import type { MulticlassOutcome } from './multiclass-outcome.ts'
import { MulticlassQuality } from './multiclass-quality.ts'
import type { RegressionOutcome } from './regression-outcome.ts'
import { RegressionQuality } from './regression-quality.ts'

const COUNT = 1000
const WEIGHTS = [1, 2, 0.5]
const CLASSES = ['ant', 'bee', 'cat', 'dog']

function draws(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state / 2147483648
  }
}

function binaryStream(): BinaryOutcome[] {
  const draw = draws(1)
  return Array.from({ length: COUNT }, () => {
    const probability = draw()
    const label = draw() < 0.2 + 0.6 * probability
    const weight = WEIGHTS[Math.floor(draw() * 3)]
    return { probability, label, weight, prior: null, majority: null, last: null }
  })
}

/** The class of most probability is right three times in five, and else no better than chance; most dogs are called ants. */
function multiclassStream(): MulticlassOutcome[] {
  const draw = draws(2)
  return Array.from({ length: COUNT }, () => {
    const raw = CLASSES.map(() => draw() ** 2 + 0.01)
    const sum = raw.reduce((all, x) => all + x, 0)
    const given = raw.map((x) => x / sum)
    const best = given.indexOf(Math.max(...given))
    let label = draw() < 0.6 ? CLASSES[best] : CLASSES[Math.floor(draw() * 4)]
    if (label === 'dog' && draw() < 0.8) label = 'ant'
    return {
      label,
      predicted: CLASSES[best],
      probability: given[CLASSES.indexOf(label)],
      brier: given.reduce((all, p, k) => all + (p - Number(CLASSES[k] === label)) ** 2, 0),
      confidence: given[best],
      weight: WEIGHTS[Math.floor(draw() * 3)],
      majority: null,
      last: null,
    }
  })
}

function regressionStream(): RegressionOutcome[] {
  const draw = draws(3)
  return Array.from({ length: COUNT }, () => {
    const label = 20 * draw() - 5
    const value = label + 4 * (draw() - 0.5)
    return { value, label, weight: WEIGHTS[Math.floor(draw() * 3)], mean: null, last: null }
  })
}

function judged<O, R>(quality: { update(outcome: O): void; report(): R }, stream: readonly O[], weighted: boolean): R {
  for (const outcome of stream) quality.update(weighted ? outcome : { ...outcome, weight: 1 })
  return quality.report()
}

function expectAll(report: object, golden: Record<string, number>): void {
  for (const [name, value] of Object.entries(golden)) {
    const found = (report as Record<string, number>)[name]
    expect(Math.abs(found / value - 1), `${name}: ${found} for ${value}`).toBeLessThan(1e-12)
  }
}

describe('the same outcomes, judged by River and scikit-learn', () => {
  test.each([
    [
      false,
      {
        accuracy: 0.619,
        balancedAccuracy: 0.6188524590163935,
        precision: 0.6286836935166994,
        recall: 0.625,
        f1: 0.6268364348677767,
        kappa: 0.23767067373105177,
        logLoss: 0.7246106701345777,
        brier: 0.24408270024058873,
        auc: 0.6794513639856558,
        calibrationError: 0.13282086320314557,
      },
    ],
    [
      true,
      {
        accuracy: 0.6115563053563897,
        balancedAccuracy: 0.6111939627873538,
        precision: 0.6324013157894737,
        recall: 0.6186645213193885,
        f1: 0.6254575030500203,
        kappa: 0.22214195567077832,
        logLoss: 0.7423166389253169,
        brier: 0.246477299499108,
        auc: 0.6731012820732271,
      },
    ],
  ])('binary, weighted %s', (weighted, golden) => {
    expectAll(judged(new WindowedBinaryQuality(COUNT), binaryStream(), weighted), golden)
    const { auc, ...others } = golden
    const overall = judged(new BinaryQuality(), binaryStream(), weighted)
    expectAll(overall, others)
    expect(overall.auc).toBeCloseTo(auc, 4)
  })

  test.each([
    [
      false,
      {
        accuracy: 0.572,
        balancedAccuracy: 0.6441135864484921,
        macroPrecision: 0.5808757792242758,
        macroRecall: 0.6441135864484921,
        macroF1: 0.5487394989490915,
        weightedF1: 0.6030971908282787,
        kappa: 0.43115666583378076,
        logLoss: 1.334702646004668,
        brier: 0.6707502184253418,
      },
      [
        ['ant', 477, 0.8087649402390438, 0.42557651991614254, 0.5576923076923077],
        ['bee', 252, 0.6785714285714286, 0.6785714285714286, 0.6785714285714286],
        ['cat', 216, 0.6826086956521739, 0.7268518518518519, 0.7040358744394619],
        ['dog', 55, 0.15355805243445692, 0.7454545454545455, 0.2546583850931677],
      ],
    ],
    [
      true,
      {
        accuracy: 0.5705601389491967,
        balancedAccuracy: 0.6428099874439335,
        macroPrecision: 0.5809213435777816,
        macroRecall: 0.6428099874439334,
        macroF1: 0.5437766637964578,
        weightedF1: 0.604459500762185,
        kappa: 0.4309110452379429,
        logLoss: 1.3555636976320427,
        brier: 0.6755873866297096,
      },
      [
        ['ant', 547, 0.8207885304659498, 0.4186471663619744, 0.5544794188861986],
        ['bee', 298.5, 0.6920473773265652, 0.6850921273031826, 0.6885521885521886],
        ['cat', 248.5, 0.6728624535315985, 0.7283702213279678, 0.6995169082125604],
        ['dog', 57.5, 0.137987012987013, 0.7391304347826086, 0.23255813953488372],
      ],
    ],
  ])('multiclass, weighted %s', (weighted, golden, classes) => {
    const report = judged(new MulticlassQuality(), multiclassStream(), weighted)
    expectAll(report, golden)
    expect(report.classes.map((each) => each.class)).toEqual(CLASSES)
    for (const [i, [, support, precision, recall, f1]] of (classes as number[][]).entries()) {
      expectAll(report.classes[i], { support, precision, recall, f1 })
    }
  })

  test.each([
    [
      false,
      { mae: 1.0297246064059455, rmse: 1.183142702856541, r2: 0.9583816240782255, quantileLoss: 0.5356810778703541 },
      0.4940435285355895,
    ],
    [
      true,
      { mae: 1.0136708447393976, rmse: 1.1685322104087243, r2: 0.9593208482536347, quantileLoss: 0.5242178264730688 },
      0.48945301826632887,
    ],
  ])('regression, weighted %s, with the quantile loss at 0.9 and 0.1', (weighted, golden, lossAtTenth) => {
    expectAll(judged(new RegressionQuality(0.9), regressionStream(), weighted), golden)
    expectAll(judged(new RegressionQuality(0.1), regressionStream(), weighted), { quantileLoss: lossAtTenth })
  })
})
