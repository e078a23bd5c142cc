import type { NamedRecord } from './linear.reference.ts'
import type { SoftmaxSpec } from './softmax.ts'

/**
 * Softmax regression as River writes it: a map of maps, one loop a class, Math's functions. For tests.
 *
 * Numeric inputs are standardised by all their values so far, kept as they are.
 */
export class ReferenceSoftmax {
  readonly weights: Map<string, number>[] = []
  readonly #spec: SoftmaxSpec
  readonly #numeric: ReadonlySet<string>
  readonly #seen = new Map<string, number[]>()
  readonly #first = new Map<string, number>()
  readonly #second = new Map<string, number>()
  readonly #paid = new Map<string, number>()
  #due = 0
  #steps = 0

  constructor(spec: SoftmaxSpec, numeric: readonly string[]) {
    this.#spec = spec
    this.#numeric = new Set(numeric)
    for (const _name of spec.classes ?? []) this.weights.push(new Map())
  }

  predict(x: NamedRecord): number[] {
    return this.#probabilities(this.#inputs(x))
  }

  learn(x: NamedRecord, y: number, weight: number): void {
    for (const [name, value] of Object.entries(x)) {
      if (this.#numeric.has(name)) this.#seen.set(name, [...(this.#seen.get(name) ?? []), value])
    }
    const inputs = this.#inputs(x)
    const probabilities = this.#probabilities(inputs)
    while (this.weights.length <= y) this.weights.push(new Map())
    this.#steps++
    this.#due += this.#spec.optimizer.rate * (this.#spec.l1 ?? 0)
    this.weights.forEach((_weights, c) => {
      const clip = this.#spec.clipGradient ?? Infinity
      const slope = weight * ((probabilities[c] ?? 0) - (c === y ? 1 : 0))
      for (const [name, value] of inputs) this.#move(c, name, Math.min(Math.max(slope, -clip), clip) * value)
    })
  }

  #move(c: number, name: string, slope: number): void {
    const { optimizer, l2, l1 = 0 } = this.#spec
    const key = `${c} ${name}`
    const before = this.weights[c].get(name) ?? 0
    const gradient = slope + (name === '' ? 0 : l2 * before)
    let after = before - optimizer.rate * gradient
    if (optimizer.kind === 'adagrad') {
      const sum = (this.#first.get(key) ?? 0) + gradient ** 2
      this.#first.set(key, sum)
      after = before - (optimizer.rate * gradient) / Math.sqrt(sum + 1e-8)
    } else if (optimizer.kind === 'adam') {
      const { rate, beta1, beta2 } = optimizer
      const mean = beta1 * (this.#first.get(key) ?? 0) + (1 - beta1) * gradient
      const square = beta2 * (this.#second.get(key) ?? 0) + (1 - beta2) * gradient ** 2
      this.#first.set(key, mean)
      this.#second.set(key, square)
      const corrected = (rate * Math.sqrt(1 - beta2 ** this.#steps)) / (1 - beta1 ** this.#steps)
      after = before - (corrected * mean) / (Math.sqrt(square) + 1e-8)
    }
    if (name !== '' && l1 > 0 && after !== 0) {
      const paid = this.#paid.get(key) ?? 0
      const cut = after > 0 ? Math.max(0, after - this.#due - paid) : Math.min(0, after + this.#due - paid)
      this.#paid.set(key, paid + cut - after)
      after = cut
    }
    this.weights[c].set(name, after)
  }

  #inputs(x: NamedRecord): [string, number][] {
    const inputs = Object.entries(x).map(([name, value]): [string, number] => {
      if (!this.#spec.standardise || !this.#numeric.has(name)) return [name, value]
      const values = this.#seen.get(name) ?? [value]
      const mean = values.reduce((sum, one) => sum + one, 0) / values.length
      const variance = values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length
      const same = values.every((one) => one === values[0])
      return [name, same ? 0 : (value - mean) / Math.sqrt(variance)]
    })
    return this.#spec.intercept ? [...inputs, ['', 1]] : inputs
  }

  #probabilities(inputs: readonly [string, number][]): number[] {
    const scores = this.weights.map((of) => inputs.reduce((sum, [name, value]) => sum + (of.get(name) ?? 0) * value, 0))
    const odds = scores.map((score) => Math.exp(score - Math.max(...scores)))
    const all = odds.reduce((sum, one) => sum + one, 0)
    return odds.map((one) => one / all)
  }
}
