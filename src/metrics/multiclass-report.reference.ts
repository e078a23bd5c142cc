import { inBin, known, over } from './binary-report.reference.ts'
import type { MulticlassOutcome } from './multiclass-outcome.ts'
import type { MulticlassReport } from './multiclass-report.ts'

/** The report of a list of outcomes as the definitions read; `share` is what is left of each one's weight. */
export function plainMulticlassReport(
  outcomes: readonly MulticlassOutcome[],
  share: (index: number) => number = () => 1,
): MulticlassReport {
  const weights = outcomes.map(({ weight }, index) => weight * share(index))
  const sum = (value: (outcome: MulticlassOutcome) => number | boolean): number =>
    outcomes.reduce((total, outcome, index) => total + weights[index] * Number(value(outcome)), 0)
  const total = sum(() => 1)
  const mean = (value: (outcome: MulticlassOutcome) => number | boolean): number => sum(value) / total

  const counted = outcomes.filter((_, index) => weights[index] > 0)
  const names = new Set(counted.flatMap(({ label, predicted }) => (predicted === null ? [label] : [label, predicted])))
  const classes = [...names].sort().map((name) => {
    const support = sum((o) => o.label === name)
    const predicted = sum((o) => o.predicted === name)
    const hits = sum((o) => o.label === name && o.predicted === name)
    const precision = known(hits / predicted)
    const recall = known(hits / support)
    const both = (precision ?? 0) + (recall ?? 0)
    const f1 = both === 0 ? 0 : (2 * (precision ?? 0) * (recall ?? 0)) / both
    return { class: name, support, precision, recall, f1 }
  })
  const average = (values: readonly number[]): number | null =>
    known(values.reduce((all, value) => all + value, 0) / values.length)

  const accuracy = mean((o) => o.predicted === o.label)
  const chance = [...names].reduce(
    (all, name) => all + mean((o) => o.label === name) * mean((o) => o.predicted === name),
    0,
  )
  const majority = mean((o) => o.majority === o.label)
  const noChange = mean((o) => o.last === o.label)
  const bins = Array.from({ length: 10 }, (_, i) =>
    mean((o) => (inBin(o.confidence, i) ? o.confidence - Number(o.predicted === o.label) : 0)),
  )
  return {
    records: outcomes.length,
    accuracy: known(accuracy),
    balancedAccuracy: average(classes.filter(({ support }) => support > 0).map(({ recall }) => recall ?? 0)),
    macroPrecision: average(classes.map(({ precision }) => precision ?? 0)),
    macroRecall: average(classes.map(({ recall }) => recall ?? 0)),
    macroF1: average(classes.map(({ f1 }) => f1)),
    weightedF1: known(classes.reduce((all, { f1, support }) => all + f1 * support, 0) / total),
    kappa: over(accuracy, chance),
    kappaT: over(accuracy, noChange),
    kappaM: over(accuracy, majority),
    logLoss: known(mean((o) => -Math.log(Math.min(Math.max(o.probability, 1e-15), 1 - 1e-15)))),
    brier: known(mean((o) => o.brier)),
    calibrationError: known(bins.reduce((all, bin) => all + Math.abs(bin), 0)),
    baselines: { majority: { accuracy: known(majority) }, noChange: { accuracy: known(noChange) } },
    classes,
  }
}
