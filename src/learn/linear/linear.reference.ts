import type { OneScoreSpec } from './linear-learner.ts'
import type { LossSpec } from './losses.ts'

/** A record as numbers by name: numeric inputs, and 1 for each category. Numeric names are listed apart. */
export type NamedRecord = Readonly<Record<string, number>>

/**
 * Linear models with one score as River and the papers write them: maps by name, one loop an input, Math's functions.
 * For tests: easy to compare with the formulas, and with nothing shared with the learner.
 */
export class ReferenceLinear {
  readonly weights = new Map<string, number>()
  intercept = 0
  readonly #spec: OneScoreSpec
  readonly #loss: LossSpec
  readonly #numeric: ReadonlySet<string>
  readonly #means = new Map<string, number>()
  readonly #variances = new Map<string, number>()
  readonly #counts = new Map<string, number>()
  /** Accumulators: AdaGrad's and normalized's sums, momentum's speeds, means of gradients, z; and squares, n. */
  readonly #first = new Map<string, number>()
  readonly #second = new Map<string, number>()
  readonly #scales = new Map<string, number>()
  readonly #paid = new Map<string, number>()
  #due = 0
  #steps = 0
  #norm = 0
  #total = 0

  constructor(spec: OneScoreSpec, numeric: readonly string[]) {
    this.#spec = spec
    this.#loss = spec.loss ?? { kind: 'log' }
    this.#numeric = new Set(numeric)
  }

  score(x: NamedRecord): number {
    return this.#score(this.#standardised(x))
  }

  predict(x: NamedRecord): number {
    const score = this.score(x)
    if (this.#loss.kind === 'poisson') return Math.min(Math.exp(score), 1e15)
    return this.#spec.task === 'binary' ? 1 / (1 + Math.exp(-score)) : score
  }

  learn(x: NamedRecord, y: number, weight: number): void {
    if (this.#spec.standardise)
      for (const [name, value] of Object.entries(x)) if (this.#numeric.has(name)) this.#observe(name, value)
    const inputs = this.#standardised(x)
    const score = this.#score(inputs)
    const error = slopeOf(this.#loss, score, y)
    const clip = this.#spec.clipGradient ?? 1e12
    let slope = Math.min(Math.max(weight * error, -clip), clip)
    const { interceptRate, intercept } = this.#spec
    if (intercept && interceptRate === undefined) inputs.push(['', 1])
    const { kind } = this.#spec.optimizer
    if (kind === 'normalized') this.#learnNormalized(inputs, score, error, y, weight)
    else if (kind === 'importanceAware') this.#learnAware(inputs, score, y, weight)
    else {
      slope = this.#withinGap(inputs, score, y, slope)
      if (interceptRate !== undefined) this.intercept -= interceptRate * slope
      this.#due += this.#rate() * (this.#spec.l1 ?? 0)
      for (const [name, value] of inputs) this.#descend(name, value, slope)
    }
    this.#steps++
    if (interceptRate === undefined) this.intercept = this.weights.get('') ?? 0
  }

  #rate(): number {
    const { optimizer } = this.#spec
    if (optimizer.kind !== 'invScaling') return optimizer.rate
    return optimizer.rate / Math.exp(optimizer.power * Math.log(this.#steps + 1))
  }

  /** A straight step along a loss with a least point ends there. */
  #withinGap(inputs: readonly [string, number][], score: number, y: number, slope: number): number {
    const { optimizer, interceptRate } = this.#spec
    const straight = ['sgd', 'invScaling', 'momentum'].includes(optimizer.kind)
    const lasting = optimizer.kind === 'momentum' ? 1 / (1 - optimizer.rho) : 1
    const gap = gapOf(this.#loss, score, y)
    if (!straight || gap === undefined) return slope
    const own = interceptRate === undefined ? 0 : interceptRate / optimizer.rate
    const square = inputs.reduce((sum, [, value]) => sum + value * value, own)
    return Math.sign(slope) * Math.min(Math.abs(slope), gap / (lasting * this.#rate() * square))
  }

  #descend(name: string, value: number, slope: number): void {
    const { optimizer, l2, l1 = 0, clipStep = Infinity } = this.#spec
    const before = this.weights.get(name) ?? 0
    const gradient = slope * value + (name === '' ? 0 : l2 * before)
    const first = this.#first.get(name) ?? 0
    const second = this.#second.get(name) ?? 0
    let after = before - this.#rate() * gradient
    if (optimizer.kind === 'momentum') {
      const { rate, rho, nesterov } = optimizer
      const speed = rho * first + rate * gradient
      this.#first.set(name, speed)
      after = before - (nesterov ? rho * speed + rate * gradient : speed)
    } else if (optimizer.kind === 'adagrad') {
      this.#first.set(name, first + gradient ** 2)
      after = before - (optimizer.rate * gradient) / Math.sqrt(first + gradient ** 2 + 1e-8)
    } else if (optimizer.kind === 'rmsProp') {
      const mean = optimizer.rho * first + (1 - optimizer.rho) * gradient ** 2
      this.#first.set(name, mean)
      after = before - (optimizer.rate * gradient) / Math.sqrt(mean + 1e-8)
    } else if (optimizer.kind === 'adam') {
      const { rate, beta1, beta2 } = optimizer
      const mean = beta1 * first + (1 - beta1) * gradient
      const square = beta2 * second + (1 - beta2) * gradient ** 2
      this.#first.set(name, mean)
      this.#second.set(name, square)
      const corrected = (rate * Math.sqrt(1 - beta2 ** (this.#steps + 1))) / (1 - beta1 ** (this.#steps + 1))
      after = before - (corrected * mean) / (Math.sqrt(square) + 1e-8)
    } else if (optimizer.kind === 'ftrl') {
      const { rate, beta } = optimizer
      const [l1, l2] = name === '' ? [0, 0] : [optimizer.l1, optimizer.l2]
      const sum = second + gradient ** 2
      const z = first + gradient - ((Math.sqrt(sum) - Math.sqrt(second)) / rate) * before
      this.#first.set(name, z)
      this.#second.set(name, sum)
      after = Math.abs(z) <= l1 ? 0 : -(z - Math.sign(z) * l1) / ((beta + Math.sqrt(sum)) / rate + l2)
    }
    if (name !== '' && l1 > 0) after = this.#penalised(name, after)
    this.weights.set(name, Math.min(Math.max(after, before - clipStep), before + clipStep))
  }

  /** Tsuruoka, Tsujii, Ananiadou 2009, APPLYPENALTY. */
  #penalised(name: string, weight: number): number {
    const paid = this.#paid.get(name) ?? 0
    let after = weight
    if (weight > 0) after = Math.max(0, weight - (this.#due + paid))
    else if (weight < 0) after = Math.min(0, weight + (this.#due - paid))
    this.#paid.set(name, paid + (after - weight))
    return after
  }

  #learnAware(inputs: readonly [string, number][], score: number, y: number, weight: number): void {
    const reach = inputs.reduce((sum, [, value]) => sum + value * value, 0)
    if (reach < 1e-100 || slopeOf(this.#loss, score, y) === 0) return
    const move = changeOf(this.#loss, score, y, this.#rate() * weight * reach) / reach
    for (const [name, value] of inputs) this.weights.set(name, (this.weights.get(name) ?? 0) + move * value)
  }

  /** Ross, Mineiro, Langford 2013, algorithm NAG, with the importance-aware step. */
  #learnNormalized(all: readonly [string, number][], score: number, error: number, y: number, weight: number): void {
    const inputs = all.filter(([, value]) => value !== 0)
    // An error that small is no error: see SMALLEST_ERROR in normalized.ts.
    if (Math.abs(error) < 1e-22 || inputs.length === 0) return
    let reach = 0
    let norm = 0
    const rates: number[] = []
    for (const [name, value] of inputs) {
      const sum = (this.#first.get(name) ?? 0) + weight * (error * value) ** 2
      this.#first.set(name, sum)
      const scale = this.#scales.get(name) ?? 0
      const next = Math.max(scale, Math.abs(value))
      this.weights.set(name, ((this.weights.get(name) ?? 0) * scale) / next)
      this.#scales.set(name, next)
      rates.push(1 / (Math.sqrt(sum) * next))
      reach += (value * value) / (Math.sqrt(sum) * next)
      norm += (value / next) ** 2
    }
    this.#norm += weight * norm
    this.#total += weight
    const length = this.#spec.optimizer.rate * weight * reach * Math.sqrt(this.#total / this.#norm)
    const step = changeOf(this.#loss, score, y, length) / reach
    inputs.forEach(([name, value], i) => {
      this.weights.set(name, (this.weights.get(name) as number) + step * value * rates[i])
    })
  }

  #observe(name: string, value: number): void {
    const count = (this.#counts.get(name) ?? 0) + 1
    const old = this.#means.get(name) ?? 0
    const mean = old + (value - old) / count
    const variance = this.#variances.get(name) ?? 0
    this.#counts.set(name, count)
    this.#means.set(name, mean)
    this.#variances.set(name, variance + ((value - old) * (value - mean) - variance) / count)
  }

  #standardised(x: NamedRecord): [string, number][] {
    return Object.entries(x).map(([name, value]) => {
      if (!this.#spec.standardise || !this.#numeric.has(name)) return [name, value]
      const variance = this.#variances.get(name) ?? 0
      return [name, variance > 0 ? (value - (this.#means.get(name) ?? 0)) / Math.sqrt(variance) : 0]
    })
  }

  #score(inputs: readonly [string, number][]): number {
    return inputs.reduce((sum, [name, value]) => sum + (this.weights.get(name) ?? 0) * value, this.intercept)
  }
}

/** The slope of a loss by the score. */
export function slopeOf(loss: LossSpec, score: number, y: number): number {
  const margin = y === 1 ? score : -score
  const sign = y === 1 ? -1 : 1
  switch (loss.kind) {
    case 'log':
      return 1 / (1 + Math.exp(-score)) - y
    case 'squared':
      return 2 * (score - y)
    case 'huber':
      return Math.min(Math.max(score - y, -loss.delta), loss.delta)
    case 'quantile':
      return y < score ? 1 - loss.tau : -loss.tau
    case 'poisson':
      return Math.min(Math.exp(score), 1e15) - y
    case 'hinge':
      return margin <= 1 ? sign : 0
    case 'squaredHinge':
      return margin < 1 ? 2 * sign * (1 - margin) : 0
  }
}

/** How far the score may go until the least point of the loss, of losses that grow by squares or faster. */
function gapOf(loss: LossSpec, score: number, y: number): number | undefined {
  if (loss.kind === 'squared') return Math.abs(score - y)
  if (loss.kind === 'squaredHinge') return Math.max(0, 1 - (y === 1 ? score : -score))
  if (loss.kind !== 'poisson') return undefined
  const mean = Math.min(Math.exp(score), 1e15)
  return Math.abs(mean - y) / Math.max(mean, y)
}

/** How far the score goes along ds/dt = −slope(s) until t = length: Karampatziakis, Langford 2011, table 1. */
export function changeOf(loss: LossSpec, score: number, y: number, length: number): number {
  const margin = y === 1 ? score : -score
  const sign = y === 1 ? 1 : -1
  switch (loss.kind) {
    case 'log':
      return sign * logChange(margin, length)
    case 'squared':
      return (y - score) * (1 - Math.exp(-2 * length))
    case 'squaredHinge':
      return sign * Math.max(0, 1 - margin) * (1 - Math.exp(-2 * length))
    case 'hinge':
      return sign * Math.min(length, Math.max(0, 1 - margin))
    case 'quantile':
      return y > score ? Math.min(loss.tau * length, y - score) : -Math.min((1 - loss.tau) * length, score - y)
    case 'huber': {
      const far = Math.abs(y - score)
      const straight = Math.min(loss.delta * length, Math.max(0, far - loss.delta))
      const left = straight < Math.max(0, far - loss.delta) ? 0 : length - straight / loss.delta
      return Math.sign(y - score) * (straight + (far - straight) * (1 - Math.exp(-left)))
    }
    case 'poisson': {
      const decayed = Math.exp(-y * length)
      const mean = Math.min(Math.exp(score), 1e15)
      return -Math.log(y === 0 ? 1 + mean * length : decayed + (mean / y) * -Math.expm1(-y * length))
    }
  }
}

/** The root of change + e^margin (e^change − 1) = length, by bisection. */
function logChange(margin: number, length: number): number {
  let low = 0
  let high = length
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2
    if (middle + Math.exp(margin) * Math.expm1(middle) > length) high = middle
    else low = middle
  }
  return low
}
