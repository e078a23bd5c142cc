import type { FeatureVector } from '../../features/feature-vector.ts'
import type { Journal } from './journal.ts'
import { type Place, passActive, perInput, type Shape, type Stream, type Transformer } from './transformer.ts'

/**
 * What differs between scalers: the doubles of one input, and what its value becomes. Values travel in arrays, because a
 * double that crosses a call which is not inlined is put on the heap.
 */
export interface Scale {
  readonly doubles: number
  /** Scales input `j` by the state at `at`, within ±1e15; to 0 while nothing is known. */
  scale(page: Float64Array, at: number, dense: Float64Array, j: number, out: Float64Array): void
  learn(page: Float64Array, at: number, dense: Float64Array, j: number): void
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
    const scale = this.#scale
    const { doubles } = scale
    const { dense, missing } = x
    const { dense: toDense, missing: toMissing } = out
    for (let j = 0, k = at; j < dense.length; j++, k += doubles) {
      toMissing[j] = missing[j]
      if (missing[j] === 1) toDense[j] = 0
      else scale.scale(page, k, dense, j, toDense)
    }
    out.missingCount = x.missingCount
  }

  learn({ page, at }: Place, { dense, missing }: FeatureVector, journal: Journal): void {
    const scale = this.#scale
    const { doubles } = scale
    journal.keep(page, at, doubles * dense.length)
    for (let j = 0, k = at; j < dense.length; j++, k += doubles) {
      if (missing[j] === 0) scale.learn(page, k, dense, j)
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
