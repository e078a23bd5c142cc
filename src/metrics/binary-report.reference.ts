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
  const majority = mean((o) => Number((o.majority ?? false) === o.label))
  const hits = mean((o) => Number(said(o) && o.label))
  const recall = known(hits / wasTrue)
  const specificity = known(mean((o) => Number(!said(o) && !o.label)) / mean((o) => Number(!o.label)))
  const seen = [recall, specificity].filter((share) => share !== null)
  const bins = Array.from({ length: 10 }, (_, i) =>
    mean((o) => (inBin(o.probability, i) ? o.probability - Number(o.label) : 0)),
  )
  return {
    records: outcomes.length,
    accuracy: known(accuracy),
    balancedAccuracy: known(seen.reduce((sum, share) => sum + share, 0) / seen.length),
    precision: known(hits / saidTrue),
    recall,
    f1: known((2 * hits) / (saidTrue + wasTrue)),
    kappa: over(accuracy, chance),
    kappaT: over(accuracy, noChange),
    kappaM: over(accuracy, majority),
    logLoss: known(mean((o) => loss(o.probability, o.label))),
    brier: known(mean((o) => (o.probability - Number(o.label)) ** 2)),
    auc: known(won / pairs),
    calibrationError: known(bins.reduce((sum, bin) => sum + Math.abs(bin), 0)),
    baselines: {
      majority: { accuracy: known(majority) },
      noChange: { accuracy: known(noChange) },
      prior: { logLoss: known(mean((o) => loss(o.prior ?? 0.5, o.label))) },
    },
  }
}

/** How much of what `guess` gets wrong is got right. */
export function over(accuracy: number, guess: number): number | null {
  return Math.abs(1 - guess) < 1e-12 ? null : known((accuracy - guess) / (1 - guess))
}

export function known(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

/** Whether a probability lies in tenth `i`; 1 lies in the last. */
export function inBin(probability: number, i: number): boolean {
  return Math.min(Math.floor(10 * probability), 9) === i
}

function loss(probability: number, label: boolean): number {
  const given = label ? probability : 1 - probability
  return -Math.log(Math.min(Math.max(given, 1e-15), 1 - 1e-15))
}
