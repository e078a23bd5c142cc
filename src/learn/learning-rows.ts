import type { FeatureEncoder } from '../features/feature-encoder.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import { doublesIn, intsIn, type KernelMemory } from '../numeric/kernel-memory.ts'
import { LARGEST_SQUARE } from './usable-inputs.ts'

/** As `Learner.testThenTrainRows`, of rows that are `located`. */
export type RowKernel = (rows: LearningRows, from: number, to: number) => number

/** Records that test and train their models one after the other, in columns: see `Learner.testThenTrainRows`. */
export class LearningRows {
  /** Numeric inputs of a row. */
  readonly width: number
  readonly vectors: readonly FeatureVector[]
  /** The numeric inputs of all vectors, row by row. */
  readonly dense: Float64Array
  readonly labels: Float64Array
  readonly weights: Float64Array
  /** The model of row i begins at `offsets[i]` of `pages[i]`, which is the whole memory of a kernel where the row is located. */
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
  /** Address of the first input of each row, where it is located. */
  readonly inputs: Int32Array
  /** A kernel may work on these columns. */
  readonly inMemory: boolean
  /** For a kernel: inputs are where `inputs` says, and neither in `dense` nor looked at. */
  located = false

  /** The page of all rows, if they have one. */
  #page: Float64Array | undefined

  /**
   * @param outputs doubles of a prediction
   * @param memory of the kernel that learns them
   */
  constructor(encoder: FeatureEncoder, outputs: number, most: number, memory?: KernelMemory) {
    const { dense } = encoder
    this.width = dense
    this.bounded = encoder.spec.numeric.reduce((sum, { max }) => sum + max * max, 0) <= LARGEST_SQUARE
    const inputs = new Float64Array(most * dense)
    const predicted = doublesIn(memory, most * outputs)
    this.dense = inputs
    this.outputs = predicted
    this.labels = doublesIn(memory, most)
    this.weights = doublesIn(memory, most)
    this.typical = new Float64Array(most)
    this.last = new Float64Array(most)
    this.offsets = intsIn(memory, most)
    this.inputs = intsIn(memory, most)
    this.inMemory = memory?.holds(predicted, this.labels, this.weights, this.offsets, this.inputs) ?? false
    const numbers = Array.from({ length: most }, (_unused, i) => i)
    this.pages = numbers.map(() => inputs)
    this.vectors = numbers.map((i) => encoder.vector(inputs.subarray(i * dense, (i + 1) * dense)))
    this.outs = numbers.map((i) => predicted.subarray(i * outputs, (i + 1) * outputs))
  }
  /** Models are in this page from now on, if it is not said otherwise. */
  takePage(page: Float64Array): void {
    if (page === this.#page) return
    this.#page = page
    this.pages.fill(page)
  }

  /** The model of row number `i` is here. */
  place(i: number, page: Float64Array, offset: number): void {
    this.offsets[i] = offset
    this.pages[i] = page
    if (page !== this.#page) this.#page = undefined
  }
}
