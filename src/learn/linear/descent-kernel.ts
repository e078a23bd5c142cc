import type { KernelMemory } from '../../numeric/kernel-memory.ts'
import type { LearningRows, RowKernel } from '../learning-rows.ts'
import { code } from './descent-kernel-code.ts'
import { roots } from './probability.ts'

/** Assembled from descent-kernel.wat, which says what the parameters are. */
interface Exports {
  readonly learn: (
    from: number,
    to: number,
    inputs: number,
    weights: number,
    rate: number,
    offsets: number,
    inputsAt: number,
    labels: number,
    counts: number,
    outputs: number,
    roots: number,
    most: number,
    nobody: number,
  ) => number
}

/**
 * Plain gradient descent on the log loss at a constant rate, by the SIMD of WebAssembly: 20 inputs take 22 ns where the code of
 * `descent-code.ts` takes 41, and another 18 to bring inputs to it, which this reads where they lie.
 *
 * @param inputs numeric inputs of a row
 * @param most the largest magnitude of each
 * @param weights where a model has those of its inputs
 * @returns undefined in an engine without WebAssembly or its SIMD
 */
export function descentKernel(
  memory: KernelMemory,
  inputs: number,
  most: number,
  weights: number,
  rate: number,
): RowKernel | undefined {
  const learn = memory.kernel<Exports>(code)?.learn
  if (learn === undefined) return undefined
  const nobody = memory.doubles(inputs + weights + inputs + 2)
  const table = memory.doubles(roots.length)
  if (!memory.holds(nobody, table)) return undefined
  table.set(roots)
  const rootsAt = memory.addressOf(table)
  const nobodyAt = memory.addressOf(nobody)
  return (rows: LearningRows, from: number, to: number) => {
    const { offsets, inputs: inputsAt, labels, weights: counts, outputs } = rows
    return learn(
      from,
      to,
      inputs,
      8 * weights,
      rate,
      offsets.byteOffset,
      inputsAt.byteOffset,
      labels.byteOffset,
      counts.byteOffset,
      outputs.byteOffset,
      rootsAt,
      most,
      nobodyAt,
    )
  }
}
