/**
 * What a loss says of a score: the prediction, the slope, and how far an endless small-step descent would go.
 *
 * One class with a number for the kind, not a class a loss: the learner's calls stay of one shape, and the log loss,
 * which the fast path of logistic regression needs, is not here at all but in place.
 */
import { exp, expm1 } from '../../numeric/exp.ts'
import { log, log1p } from '../../numeric/log.ts'
import { invariantStep } from './invariant-step.ts'
import type { LossSpec } from './losses.ts'
import { probabilityOf } from './probability.ts'
import { ERROR, GAP, LABEL, SCORE } from './step.ts'

const LOG = 0
const SQUARED = 1
const HUBER = 2
const QUANTILE = 3
const POISSON = 4
const HINGE = 5
const SQUARED_HINGE = 6

const codes = {
  log: LOG,
  squared: SQUARED,
  huber: HUBER,
  quantile: QUANTILE,
  poisson: POISSON,
  hinge: HINGE,
  squaredHinge: SQUARED_HINGE,
}

/** ln 1e15: a mean is no larger than a label can be. */
const LARGEST_LOG_MEAN = 34.538776394910684
/** The slope of the log loss beyond this score is 1e-22, and as good as none. */
const LARGEST_LOGIT = 51

export class Loss {
  readonly isLog: boolean
  /** Labels must not be negative. */
  readonly counts: boolean
  /** Steps that would pass the least point end there. Losses of a bounded slope cannot explode: they keep to the rate. */
  readonly ends: boolean
  readonly #code: number
  readonly #parameter: number

  constructor(spec: LossSpec) {
    this.#code = codes[spec.kind]
    this.#parameter = spec.kind === 'huber' ? spec.delta : spec.kind === 'quantile' ? spec.tau : 0
    this.isLog = this.#code === LOG
    this.counts = this.#code === POISSON
    this.ends = this.#code === SQUARED || this.#code === POISSON || this.#code === SQUARED_HINGE
  }

  /** The prediction that a score stands for; of margins 1/(1 + e^−score), which is not calibrated. */
  output(score: number): number {
    const code = this.#code
    if (code === POISSON) return exp(Math.min(score, LARGEST_LOG_MEAN))
    return code === LOG || code >= HINGE ? probabilityOf(score) : score
  }

  /** step[ERROR] of step[SCORE] and step[LABEL], and step[GAP] where the loss ends steps. */
  measure(step: Float64Array): void {
    const score = step[SCORE]
    const y = step[LABEL]
    switch (this.#code) {
      case LOG:
        step[ERROR] = probabilityOf(score) - y
        return
      case SQUARED:
        step[ERROR] = 2 * (score - y)
        step[GAP] = Math.abs(score - y)
        return
      case HUBER: {
        const delta = this.#parameter
        const error = score - y
        step[ERROR] = error > delta ? delta : error < -delta ? -delta : error
        return
      }
      case QUANTILE:
        step[ERROR] = (y < score ? 1 : 0) - this.#parameter
        return
      case POISSON: {
        const mean = exp(Math.min(score, LARGEST_LOG_MEAN))
        const larger = Math.max(mean, y)
        step[ERROR] = mean - y
        // Newton's step at the end where the loss bends most: it does not pass the least point.
        step[GAP] = larger > 0 ? Math.abs(mean - y) / larger : 0
        return
      }
      case HINGE:
        step[ERROR] = y === 1 ? (score <= 1 ? -1 : 0) : score >= -1 ? 1 : 0
        return
      default: {
        const short = y === 1 ? 1 - score : 1 + score
        step[ERROR] = short > 0 ? (y === 1 ? -2 : 2) * short : 0
        step[GAP] = Math.max(short, 0)
      }
    }
  }

  /**
   * How far the score moves along a path of infinitely many infinitely small gradient steps of total length `length`: it
   * never passes the least point, and a record of weight 2 moves as far as two of weight 1.
   *
   * The score s follows ds/dt = −slope(s) for a time `length`.
   * @see Karampatziakis, Langford 2011, "Online importance weight aware updates", table 1
   */
  change(score: number, y: number, length: number): number {
    switch (this.#code) {
      case LOG: {
        const limited = Math.min(Math.max(score, -LARGEST_LOGIT), LARGEST_LOGIT)
        return y === 1 ? invariantStep(limited, length) : -invariantStep(-limited, length)
      }
      case SQUARED:
        return (score - y) * expm1(-2 * length)
      case HUBER:
        return huberChange(score - y, this.#parameter, length)
      case QUANTILE:
        return y > score
          ? Math.min(this.#parameter * length, y - score)
          : Math.max((this.#parameter - 1) * length, y - score)
      case POISSON:
        return poissonChange(score, y, length)
      case HINGE: {
        const short = y === 1 ? 1 - score : 1 + score
        const move = Math.min(length, Math.max(short, 0))
        return y === 1 ? move : -move
      }
      default: {
        const short = Math.max(y === 1 ? 1 - score : 1 + score, 0)
        return (y === 1 ? -short : short) * expm1(-2 * length)
      }
    }
  }
}

/** At speed delta to the bend, then as half a square. */
function huberChange(error: number, delta: number, length: number): number {
  const far = Math.abs(error)
  const sign = error > 0 ? -1 : 1
  if (far <= delta) return error * expm1(-length)
  const straight = far - delta
  if (delta * length <= straight) return sign * delta * length
  return sign * (straight - delta * expm1(straight / delta - length))
}

/** With u = e^−s, du/dt = 1 − y u; in a form that is sound for y = 0, where u grows by t. */
function poissonChange(score: number, y: number, length: number): number {
  const mean = exp(Math.min(Math.max(score, -700), LARGEST_LOG_MEAN))
  const time = y * length
  // u(t)/u(0) = e^−yt + mean (1 − e^−yt)/y.
  if (time < 1e-12) return -log1p((mean - y) * length)
  const decayed = expm1(-time)
  return -log(1 + decayed - (mean / y) * decayed)
}
