import type { LogisticSpec } from './logistic.ts'

/** A record as numbers by name: numeric inputs, and 1 for each category. Numeric names are listed apart. */
export type NamedRecord = Readonly<Record<string, number>>

/**
 * Logistic regression as River and the papers write it: maps by name, one loop an input, Math's functions.
 * For tests: easy to compare with the formulas, and with nothing shared with the learner.
 */
export class ReferenceLogistic {
  readonly weights = new Map<string, number>()
  intercept = 0
  readonly #spec: LogisticSpec
  readonly #numeric: ReadonlySet<string>
  /** River's intercept: a constant rate of its own. Undefined: it is an input that is always 1. */
  readonly #interceptRate: number | undefined
  readonly #means = new Map<string, number>()
  readonly #variances = new Map<string, number>()
  readonly #counts = new Map<string, number>()
  readonly #sums = new Map<string, number>()
  readonly #scales = new Map<string, number>()
  #steps = 0
  #norm = 0
  #total = 0

  constructor(spec: LogisticSpec, numeric: readonly string[], interceptRate?: number) {
    this.#spec = spec
    this.#numeric = new Set(numeric)
    this.#interceptRate = interceptRate
  }

  predict(x: NamedRecord): number {
    return 1 / (1 + Math.exp(-this.#score(this.#standardised(x))))
  }

  learn(x: NamedRecord, y: 0 | 1, weight: number): void {
    if (this.#spec.standardise)
      for (const [name, value] of Object.entries(x)) if (this.#numeric.has(name)) this.#observe(name, value)
    const inputs = this.#standardised(x)
    const score = this.#score(inputs)
    const error = 1 / (1 + Math.exp(-score)) - y
    if (this.#interceptRate !== undefined) this.intercept -= this.#interceptRate * weight * error
    else if (this.#spec.intercept) inputs.push(['', 1])
    if (this.#spec.optimizer.kind === 'normalized') this.#learnNormalized(inputs, score, error, y, weight)
    else for (const [name, value] of inputs) this.#descend(name, value, weight * error)
    this.#steps++
    if (this.#interceptRate === undefined) this.intercept = this.weights.get('') ?? 0
  }

  #descend(name: string, value: number, slope: number): void {
    const { optimizer, l2 } = this.#spec
    const weight = this.weights.get(name) ?? 0
    const gradient = slope * value + (name === '' ? 0 : l2 * weight)
    let rate = optimizer.rate
    if (optimizer.kind === 'invScaling') rate /= Math.exp(optimizer.power * Math.log(this.#steps + 1))
    if (optimizer.kind === 'adagrad') {
      const sum = (this.#sums.get(name) ?? 0) + gradient * gradient
      this.#sums.set(name, sum)
      rate /= Math.sqrt(sum + 1e-8)
    }
    this.weights.set(name, weight - rate * gradient)
  }

  /** Ross, Mineiro, Langford 2013, algorithm NAG, with the importance-aware step found by bisection. */
  #learnNormalized(all: readonly [string, number][], score: number, error: number, y: 0 | 1, weight: number): void {
    const inputs = all.filter(([, value]) => value !== 0)
    // An error that small is no error: see SMALLEST_ERROR in normalized.ts.
    if (Math.abs(error) < 1e-22 || inputs.length === 0) return
    let reach = 0
    let norm = 0
    const rates: number[] = []
    for (const [name, value] of inputs) {
      const sum = (this.#sums.get(name) ?? 0) + weight * (error * value) ** 2
      this.#sums.set(name, sum)
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
    const margin = y === 1 ? score : -score
    let low = 0
    let high = length
    for (let i = 0; i < 200; i++) {
      const middle = (low + high) / 2
      if (middle + Math.exp(margin) * Math.expm1(middle) > length) high = middle
      else low = middle
    }
    const step = (y === 1 ? low : -low) / reach
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
