import { exp, expm1 } from '../../numeric/exp.ts'
import { log1p } from '../../numeric/log.ts'

/**
 * How far an importance-aware update moves the margin (score times ±1): the end of the path that infinitely many
 * infinitely small gradient steps of total length `length` take. It never overshoots, and a record of weight 2 moves
 * the model as two of weight 1 do.
 *
 * For the log loss the margin m follows dm/dt = 1/(1 + e^m), so its change δ solves δ + e^m (e^δ − 1) = length. The left
 * side is convex and grows, so Newton's iteration from above falls to the root; both start values lie above it.
 *
 * @param margin of the current weights, −51 to 51
 * @param length ≥ 0
 * @see Karampatziakis, Langford 2011, "Online importance weight aware updates"
 */
export function invariantStep(margin: number, length: number): number {
  const odds = exp(margin)
  let step = length / (1 + odds)
  if (length > 1) step = Math.min(step, log1p(length / odds))
  for (let i = 0; i < 40; i++) {
    const growth = odds * expm1(step)
    const next = step - (step + growth - length) / (1 + odds + growth)
    if (!(step - next > 1e-15 * step)) return next < step ? next : step
    step = next
  }
  return step
}
