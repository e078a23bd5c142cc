import { MillraceError } from '../../errors.ts'
import { decide } from '../learner.ts'
import type { LearningRows } from '../learning-rows.ts'
import type { JudgedBinary } from './judged.ts'
import type { ModelTask } from './model-task.ts'
import type { BinaryPrediction } from './prediction.ts'

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

  judgedColumns({ outs, outputs, labels, weights, typical, last }: LearningRows): Float64Array[] | undefined {
    return outs[0].length === 1 ? [outputs, labels, weights, typical, last] : undefined
  }

  snapshot(): void {}

  restore(): void {}
}

/** A binary label as 0 or 1. @throws ML_LABEL for anything but true, false, 1 and 0 */
function binaryLabel(label: unknown, where: string): 0 | 1 {
  if (label === true || label === 1) return 1
  if (label === false || label === 0) return 0
  throw new MillraceError('ML_LABEL', {
    what: 'a binary label must be true or false (or 1 and 0)',
    got: label === undefined ? 'undefined' : label,
    where,
    remedy: 'Compare in the label function: (r) => r.delay > 15',
  })
}
