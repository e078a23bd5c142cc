import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { FeatureEncoder } from '../../features/feature-encoder.ts'
import { KernelMemory } from '../../numeric/kernel-memory.ts'
import { LearningRows, type RowKernel } from '../learning-rows.ts'
import { invScaling } from './inv-scaling.ts'
import { LinearLearner } from './linear-learner.ts'
import { type LogisticSpec, logistic } from './logistic.ts'
import { sgd } from './sgd.ts'

const ROWS = 12
const MODELS = 5
const MOST = 1e15

function specOf(maxima: readonly number[], options: object = {}): LogisticSpec {
  const numeric = maxima.map((max, i) => ({ name: `f${i}`, nullable: false, max }))
  const inputs = { spec: { version: 1, numeric, categorical: [] } }
  return logistic({ inputs, optimizer: sgd(0.1), standardise: false, ...options } as never) as unknown as LogisticSpec
}

/** Rows whose inputs and models lie in a memory, and the same learner's rows outside. */
class Twins {
  readonly memory = KernelMemory.make(1 << 16) as KernelMemory
  readonly learner: LinearLearner
  readonly inside: LearningRows
  readonly outside: LearningRows
  readonly page: Float64Array
  readonly expected: Float64Array
  readonly #width: number
  readonly #size: number
  readonly #kernel: RowKernel

  constructor(width: number) {
    const spec = specOf(new Array(width).fill(MOST))
    const encoder = new FeatureEncoder(spec.inputs)
    this.learner = new LinearLearner(spec, { fixedInputs: true })
    this.#width = width
    this.#size = this.learner.size(width)
    this.inside = new LearningRows(encoder, 1, ROWS, this.memory)
    this.outside = new LearningRows(encoder, 1, ROWS)
    this.page = this.memory.doubles(MODELS * this.#size)
    this.expected = new Float64Array(this.page.length)
    this.#kernel = this.learner.kernel(this.memory) as RowKernel
    expect(this.inside.inMemory).toBe(true)
  }

  /** Row i, whose inputs begin at an odd address. */
  set(i: number, model: number, inputs: readonly number[], label: boolean, weight: number): void {
    const at = 1 + i * (8 * this.#width + 3)
    const view = new DataView(this.memory.window.buffer)
    for (let j = 0; j < this.#width; j++) view.setFloat64(at + 8 * j, inputs[j], true)
    this.inside.inputs[i] = at
    this.inside.offsets[i] = this.page.byteOffset / 8 + model * this.#size
    this.outside.vectors[i].dense.set(inputs.slice(0, this.#width))
    this.outside.pages[i] = this.expected
    this.outside.offsets[i] = model * this.#size
    for (const rows of [this.inside, this.outside]) {
      rows.labels[i] = label ? 1 : 0
      rows.weights[i] = weight
    }
  }

  intercept(model: number, value: number): void {
    for (const page of [this.page, this.expected]) page[model * this.#size + 1] = value
  }

  learn(from: number, to: number): void {
    const end = this.learner.testThenTrainRows(this.outside, from, to)
    expect(this.#kernel(this.inside, from, to)).toBe(end)
    this.same()
    expect([...this.inside.outputs.subarray(from, end)]).toEqual([...this.outside.outputs.subarray(from, end)])
  }

  /** Learns up to a row that is refused, for which nothing has changed. */
  learnTo(refused: number): void {
    this.learner.testThenTrainRows(this.outside, 0, refused)
    expect(this.#kernel(this.inside, 0, ROWS)).toBe(refused)
    this.same()
  }

  same(): void {
    expect(new BigUint64Array(this.page.slice().buffer)).toEqual(new BigUint64Array(this.expected.buffer))
  }
}

const numbers = fc.oneof(fc.double({ min: -100, max: 100, noNaN: true }), fc.constantFrom(0, -0, 1e15, -1e15, 5e-324))

describe('the kernel of plain descent', () => {
  it('has the bits of the code without it: of any width, whoever learns beside whom', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(20, 63, 64)),
        fc.array(
          fc.tuple(
            fc.nat(MODELS - 1),
            fc.array(numbers, { minLength: 64, maxLength: 64 }),
            fc.boolean(),
            fc.constantFrom(1, 3, 1e-9, 1e6),
          ),
          { maxLength: ROWS },
        ),
        fc.array(fc.constantFrom(0, 1, -3, 690, -690, 699.9999, 700, -700, 745, -1e9), { maxLength: MODELS }),
        (width, stream, intercepts) => {
          const twins = new Twins(width)
          for (const [model, value] of intercepts.entries()) twins.intercept(model, value)
          for (const [i, row] of stream.entries()) twins.set(i, ...row)
          const split = Math.floor(stream.length / 2)
          twins.learn(0, split)
          twins.learn(split, stream.length)
        },
      ),
      { numRuns: 300 },
    )
  })

  it.each([0, 1, 4, 5, ROWS - 1])('stops before row %i, which is not to be learned', (row) => {
    for (const width of [1, 4, 7]) {
      for (const spoil of [
        ...[Number.NaN, Infinity, -Infinity, 1.0000000000000002e15, -1e300].flatMap((value) =>
          [0, width - 1].map((j) => ({ inside }: Twins) => {
            new DataView(inside.outputs.buffer).setFloat64(inside.inputs[row] + 8 * j, value, true)
          }),
        ),
        ...[0, 9.9e-10, 1.0000001e6, Number.NaN, -1].map((weight) => ({ inside }: Twins) => {
          inside.weights[row] = weight
        }),
      ]) {
        const twins = new Twins(width)
        for (let i = 0; i < ROWS; i++) twins.set(i, i % MODELS, [1, -2, 0.5, 3, i, -1, 2], i % 3 === 0, 1)
        spoil(twins)
        twins.learnTo(row)
      }
    }
  })

  it('stops where a model gives no number, as no learning leaves it', () => {
    const twins = new Twins(3)
    for (let i = 0; i < ROWS; i++) twins.set(i, i % MODELS, [1, 2, 3], true, 1)
    twins.intercept(3, Infinity)
    twins.learnTo(3)
  })

  describe('is not there', () => {
    afterEach(() => vi.unstubAllGlobals())

    it('for what it cannot do', () => {
      const memory = KernelMemory.make(1 << 16) as KernelMemory
      const kernelOf = (spec: LogisticSpec) => new LinearLearner(spec, { fixedInputs: true }).kernel(memory)
      expect(kernelOf(specOf([1, 1]))).toBeDefined()
      expect(kernelOf(specOf([1, 2]))).toBeUndefined()
      expect(kernelOf(specOf([]))).toBeUndefined()
      expect(kernelOf(specOf(new Array(65).fill(1)))).toBeUndefined()
      expect(kernelOf(specOf([1, 1], { standardise: true }))).toBeUndefined()
      expect(kernelOf(specOf([1, 1], { optimizer: invScaling(0.5, 0.5) }))).toBeUndefined()
      expect(kernelOf(specOf([1, 1], { l2: 0.1 }))).toBeUndefined()
    })

    it('in an engine that does not take its code', () => {
      const memory = KernelMemory.make(1 << 16) as KernelMemory
      vi.stubGlobal('WebAssembly', {
        Module: function refused() {
          throw new SyntaxError('WebAssembly.Module(): Wasm SIMD unsupported')
        },
      })
      expect(new LinearLearner(specOf([1, 1]), { fixedInputs: true }).kernel(memory)).toBeUndefined()
    })
  })
})
