import type { FeatureEncoder } from '../features/feature-encoder.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import { LARGEST_SQUARE } from './usable-inputs.ts'

/** Records that test and train their models one after the other, in columns: see `Learner.testThenTrainRows`. */
export class LearningRows {
  /** Numeric inputs of a row. */
  readonly width: number
  readonly vectors: readonly FeatureVector[]
  /** The numeric inputs of all vectors, row by row. */
  readonly dense: Float64Array
  readonly labels: Float64Array
  readonly weights: Float64Array
  /** The model of row i begins at `offsets[i]` of `pages[i]`. */
  readonly pages: Float64Array[]
  readonly offsets: Int32Array
  /** No row of the encoder's has inputs that are too large to learn from. */
  readonly bounded: boolean
  /** What guesses without a model knew before the row: see `ModelTask`. */
  readonly typical: Float64Array
  readonly last: Float64Array
  /** Predictions. */
  readonly outs: readonly Float64Array[]
  /** The same, row by row. */
  readonly outputs: Float64Array

  /** @param outputs doubles of a prediction */
  constructor(encoder: FeatureEncoder, outputs: number, most: number) {
    const { dense } = encoder
    this.width = dense
    this.bounded = encoder.spec.numeric.reduce((sum, { max }) => sum + max * max, 0) <= LARGEST_SQUARE
    const inputs = new Float64Array(most * dense)
    const predicted = new Float64Array(most * outputs)
    this.dense = inputs
    this.outputs = predicted
    this.labels = new Float64Array(most)
    this.weights = new Float64Array(most)
    this.typical = new Float64Array(most)
    this.last = new Float64Array(most)
    this.offsets = new Int32Array(most)
    const numbers = Array.from({ length: most }, (_unused, i) => i)
    this.pages = numbers.map(() => inputs)
    this.vectors = numbers.map((i) => encoder.vector(inputs.subarray(i * dense, (i + 1) * dense)))
    this.outs = numbers.map((i) => predicted.subarray(i * outputs, (i + 1) * outputs))
  }
}
