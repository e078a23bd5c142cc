/** Learners by margin as the papers and River write them: maps by name, one loop an input. For tests. */

/** A record as numbers by name: numeric inputs, and 1 for each category. */
export type NamedRecord = Readonly<Record<string, number>>

/** Standardises the inputs named, in River's order: the scaler learns a record, then the record is standardised. */
export class ReferenceScaler {
  readonly #names: ReadonlySet<string>
  readonly #values = new Map<string, number[]>()

  constructor(names: readonly string[]) {
    this.#names = new Set(names)
  }

  observe(x: NamedRecord): void {
    for (const [name, value] of Object.entries(x)) {
      if (!this.#names.has(name)) continue
      const [count, mean, variance] = this.#values.get(name) ?? [0, 0, 0]
      const next = mean + (value - mean) / (count + 1)
      this.#values.set(name, [count + 1, next, variance + ((value - mean) * (value - next) - variance) / (count + 1)])
    }
  }

  scaled(x: NamedRecord): NamedRecord {
    const all = Object.entries(x).map(([name, value]) => {
      if (!this.#names.has(name)) return [name, value]
      const [, mean, variance] = this.#values.get(name) ?? [0, 0, 0]
      return [name, variance > 0 ? (value - mean) / Math.sqrt(variance) : 0]
    })
    return Object.fromEntries(all)
  }
}

/** A linear model whose rule is a subclass's `learn`; y is 1 or −1, or a number. */
export abstract class ReferenceMargin {
  readonly weights = new Map<string, number>()
  intercept = 0

  score(x: NamedRecord): number {
    return Object.entries(x).reduce((sum, [name, value]) => sum + this.weight(name) * value, this.intercept)
  }

  abstract learn(x: NamedRecord, y: number, weight: number): void

  weight(name: string): number {
    return this.weights.get(name) ?? 0
  }

  protected step(x: NamedRecord, step: number): void {
    for (const [name, value] of Object.entries(x)) this.weights.set(name, this.weight(name) + step * value)
  }
}

/** Crammer 2006; the intercept takes the same step, outside the norm, as in River. */
export class ReferencePassiveAggressive extends ReferenceMargin {
  readonly #variant: 'I' | 'II' | 'hard'
  readonly #c: number
  readonly #epsilon: number | undefined
  readonly #target: (y: number) => number

  /** @param target of a regression: what the loss takes for the label; River 0.26.1 has 2y − 1 there */
  constructor(variant: 'I' | 'II' | 'hard', c: number, epsilon?: number, target = (y: number) => y) {
    super()
    this.#variant = variant
    this.#c = c
    this.#epsilon = epsilon
    this.#target = target
  }

  learn(x: NamedRecord, y: number, weight: number): void {
    const score = this.score(x)
    const error = y - score
    const distance = Math.abs(this.#target(y) - score)
    const loss = Math.max(0, this.#epsilon === undefined ? 1 - y * score : distance - this.#epsilon)
    const square = Object.values(x).reduce((sum, value) => sum + value * value, 0)
    const c = this.#c * weight
    let tau = square > 0 ? loss / square : 0
    if (this.#variant === 'I') tau = Math.min(c, tau)
    if (this.#variant === 'II') tau = loss / (square + 1 / (2 * c))
    const sign = this.#epsilon === undefined ? y : Math.sign(error)
    this.step(x, sign * tau)
    this.intercept += sign * tau
  }
}

/** Rosenblatt 1958; a score of 0 is a mistake. */
export class ReferencePerceptron extends ReferenceMargin {
  learn(x: NamedRecord, y: number, weight: number): void {
    if (y * this.score(x) > 0) return
    this.step(x, y * weight)
    this.intercept += y * weight
  }
}

/** Gentile 2001 with p = 2, as River has it. */
export class ReferenceAlma extends ReferenceMargin {
  readonly #alpha: number
  #k = 1

  constructor(alpha: number) {
    super()
    this.#alpha = alpha
  }

  learn(x: NamedRecord, y: number, weight: number): void {
    const gamma = 1 / this.#alpha / Math.sqrt(this.#k)
    if (y * this.score(x) >= (1 - this.#alpha) * gamma) return
    this.step(x, (Math.sqrt(2) / Math.sqrt(this.#k)) * y * weight)
    const norm = Math.sqrt([...this.weights.values()].reduce((sum, value) => sum + value * value, 0))
    for (const name of Object.keys(x)) this.weights.set(name, this.weight(name) / Math.max(1, norm))
    this.#k++
  }
}

/** Crammer 2009, Figure 1, the diagonal of Σ kept; the intercept is an input of 1, named ''. */
export class ReferenceArow extends ReferenceMargin {
  readonly variances = new Map<string, number>()
  readonly #r: number

  constructor(r: number) {
    super()
    this.#r = r
  }

  learn(x: NamedRecord, y: number, weight: number): void {
    const inputs = Object.entries({ ...x, '': 1 })
    const margin = y * this.score(x)
    if (margin >= 1) return
    const spread = inputs.reduce((sum, [name, value]) => sum + this.variance(name) * value * value, 0)
    const beta = 1 / (spread + this.#r / weight)
    const alpha = Math.max(0, 1 - margin) * beta
    for (const [name, value] of inputs) {
      const variance = this.variance(name)
      const move = alpha * y * variance * value
      if (name === '') this.intercept += move
      else this.weights.set(name, this.weight(name) + move)
      this.variances.set(name, variance - beta * variance * value * (variance * value))
    }
  }

  variance(name: string): number {
    return this.variances.get(name) ?? 1
  }
}
