import { decide } from '../learn/learner.ts'
import { binaryLabel } from './labels.ts'
import type { BinaryPrediction, JudgedBinary } from './prediction.ts'
import type { ModelTask } from './task.ts'

const POSITIVE = 0
const ALL = 1
const LAST = 2

/** True or false. The header is the weight of true labels, that of all, and the last one. */
export class BinaryTask implements ModelTask {
  readonly header = 3

  code(label: unknown, where: string): number {
    return binaryLabel(label, where)
  }

  keep(): void {}

  label(code: number): boolean {
    return code === 1
  }

  prediction(out: Float64Array): BinaryPrediction {
    const probability = out[0]
    return out.length < 3
      ? { label: decide(probability), probability }
      : { label: decide(probability), probability, interval: [out[1], out[2]] }
  }

  init(page: Float64Array, offset: number): void {
    page[offset + POSITIVE] = 0
    page[offset + ALL] = 0
    page[offset + LAST] = -1
  }

  count(page: Float64Array, offset: number, code: number, weight: number): void {
    page[offset + POSITIVE] += code * weight
    page[offset + ALL] += weight
    page[offset + LAST] = code
  }

  /** The rule of succession: 0.5 before any. */
  typical(page: Float64Array, offset: number): number {
    return (page[offset + POSITIVE] + 1) / (page[offset + ALL] + 2)
  }

  last(page: Float64Array, offset: number): number {
    return page[offset + ALL] === 0 ? NaN : page[offset + LAST]
  }

  baseline(prior: number, last: number): { prior: number; last: boolean | null } {
    return { prior, last: last === last ? last === 1 : null }
  }

  judged(out: Float64Array, prior: number, last: number, code: number, weight: number): JudgedBinary {
    return { probability: out[0], label: code === 1, weight, prior, last: last === last ? last === 1 : null }
  }

  snapshot(): void {}

  restore(): void {}
}
