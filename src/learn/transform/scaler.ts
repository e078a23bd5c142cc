import type { FeatureVector } from '../../features/feature-vector.ts'
import type { Journal } from './journal.ts'
import { type Place, passActive, perInput, type Shape, type Stream, type Transformer } from './transformer.ts'

/** What differs between scalers: the doubles of one input, and what its value becomes. */
export interface Scale {
  readonly doubles: number
  /** The value by the state at `at`, within ±1e15; 0 while nothing is known. */
  scaled(page: Float64Array, at: number, value: number): number
  learn(page: Float64Array, at: number, value: number): void
  flaw(page: Float64Array, at: number): string | undefined
  merge?(page: Float64Array, at: number, other: Float64Array, otherAt: number): void
}

/** Scales each numeric input by what was seen of it. A missing input stays missing, and is not learned from. */
export class Scaler implements Transformer {
  readonly mergeWith?: NonNullable<Transformer['mergeWith']>
  readonly #scale: Scale
  readonly #inputs: number

  constructor(scale: Scale, inputs: number) {
    this.#scale = scale
    this.#inputs = inputs
    const { doubles, merge } = scale
    if (merge === undefined) return
    this.mergeWith = ({ page, at }, other) => {
      for (let j = 0; j < inputs; j++) merge(page, at + doubles * j, other.page, other.at + doubles * j)
    }
  }

  transform({ page, at }: Place, x: FeatureVector, out: FeatureVector): void {
    passActive(x, out, 0)
    const { doubles } = this.#scale
    const { dense, missing } = x
    for (let j = 0; j < dense.length; j++) {
      out.missing[j] = missing[j]
      out.dense[j] = missing[j] === 1 ? 0 : this.#scale.scaled(page, at + doubles * j, dense[j])
    }
    out.missingCount = x.missingCount
  }

  learn({ page, at }: Place, { dense, missing }: FeatureVector, journal: Journal): void {
    const { doubles } = this.#scale
    for (let j = 0; j < dense.length; j++) {
      if (missing[j] === 1) continue
      journal.keep(page, at + doubles * j, doubles)
      this.#scale.learn(page, at + doubles * j, dense[j])
    }
  }

  flaw({ page, at }: Place): string | undefined {
    for (let j = 0; j < this.#inputs; j++) {
      const flaw = this.#scale.flaw(page, at + this.#scale.doubles * j)
      if (flaw !== undefined) return flaw
    }
    return undefined
  }
}

/** The same inputs, each scaled. */
export function scaledShape(kind: string, doubles: number, inputs: readonly Stream[]): Shape {
  return perInput(
    doubles,
    inputs.map((input) => ({ ...input, key: `${kind}(${input.key})` })),
  )
}
