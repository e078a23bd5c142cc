import type { BinaryOutcome } from './binary-outcome.ts'
import type { BinaryReport } from './binary-report.ts'

/** The report of a list of outcomes as the definitions read, in quadratic time; `share` is what is left of each one's weight. */
export function plainReport(
  outcomes: readonly BinaryOutcome[],
  share: (index: number) => number = () => 1,
): BinaryReport {
  const weights = outcomes.map(({ weight }, index) => weight * share(index))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const mean = (value: (outcome: BinaryOutcome) => number): number =>
    outcomes.reduce((sum, outcome, index) => sum + weights[index] * value(outcome), 0) / total
  const said = ({ probability }: BinaryOutcome): boolean => probability > 0.5

  const accuracy = mean((o) => Number(said(o) === o.label))
  const noChange = mean((o) => Number((o.last ?? false) === o.label))
  const saidTrue = mean((o) => Number(said(o)))
  const wasTrue = mean((o) => Number(o.label))
  const chance = saidTrue * wasTrue + (1 - saidTrue) * (1 - wasTrue)

  let won = 0
  let pairs = 0
  for (const [i, positive] of outcomes.entries()) {
    for (const [j, negative] of outcomes.entries()) {
      if (!positive.label || negative.label) continue
      const pair = weights[i] * weights[j]
      pairs += pair
      won +=
        pair *
        (positive.probability > negative.probability ? 1 : positive.probability === negative.probability ? 0.5 : 0)
    }
  }
  const known = (value: number): number | null => (Number.isFinite(value) ? value : null)
  return {
    records: outcomes.length,
    accuracy: known(accuracy),
    logLoss: known(mean((o) => loss(o.probability, o.label))),
    auc: known(won / pairs),
    kappa: Math.abs(1 - chance) < 1e-12 ? null : known((accuracy - chance) / (1 - chance)),
    kappaT: Math.abs(1 - noChange) < 1e-12 ? null : known((accuracy - noChange) / (1 - noChange)),
    baselines: {
      majority: { accuracy: known(mean((o) => Number((o.majority ?? false) === o.label))) },
      noChange: { accuracy: known(noChange) },
      prior: { logLoss: known(mean((o) => loss(o.prior ?? 0.5, o.label))) },
    },
  }
}

function loss(probability: number, label: boolean): number {
  const given = label ? probability : 1 - probability
  return -Math.log(Math.min(Math.max(given, 1e-15), 1 - 1e-15))
}
