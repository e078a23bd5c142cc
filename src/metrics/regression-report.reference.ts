import { known } from './binary-report.reference.ts'
import type { RegressionOutcome } from './regression-outcome.ts'
import type { ErrorSizes, RegressionReport } from './regression-report.ts'

/** The report of a list of outcomes as the definitions read; `share` is what is left of each one's weight. */
export function plainRegressionReport(
  outcomes: readonly RegressionOutcome[],
  share: (index: number) => number = () => 1,
  alpha = 0.5,
): RegressionReport {
  const weights = outcomes.map(({ weight }, index) => weight * share(index))
  const sum = (value: (outcome: RegressionOutcome) => number): number =>
    outcomes.reduce((all, outcome, index) => all + weights[index] * value(outcome), 0)
  const mean = (value: (outcome: RegressionOutcome) => number): number => sum(value) / sum(() => 1)
  const sizes = (guess: (outcome: RegressionOutcome) => number): ErrorSizes => ({
    mae: known(mean((o) => Math.abs(guess(o) - o.label))),
    rmse: known(Math.sqrt(mean((o) => (guess(o) - o.label) ** 2))),
  })
  const labels = new Set(outcomes.filter((_, index) => weights[index] > 0).map(({ label }) => label))
  const center = mean((o) => o.label)
  const squares = sum((o) => (o.value - o.label) ** 2)
  const ends = ({ low, high }: RegressionOutcome): [number, number] | null =>
    typeof low === 'number' && typeof high === 'number' ? [low, high] : null
  const ofIntervals = (value: (low: number, high: number, label: number) => number): number | null =>
    known(
      sum((o) => {
        const interval = ends(o)
        return interval === null ? 0 : value(interval[0], interval[1], o.label)
      }) / sum((o) => Number(ends(o) !== null)),
    )
  return {
    records: outcomes.length,
    ...sizes((o) => o.value),
    r2: labels.size < 2 ? null : known(1 - squares / sum((o) => (o.label - center) ** 2)),
    quantileLoss: known(mean(({ value, label }) => Math.max(alpha * (label - value), (alpha - 1) * (label - value)))),
    coverage: ofIntervals((low, high, label) => Number(low <= label && label <= high)),
    meanIntervalWidth: ofIntervals((low, high) => high - low),
    baselines: { mean: sizes((o) => o.mean ?? 0), noChange: sizes((o) => o.last ?? 0) },
  }
}
