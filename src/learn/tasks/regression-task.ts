import { MillraceError } from '../../errors.ts'
import { LARGEST_LABEL } from '../label-range.ts'
import type { JudgedRegression } from './judged.ts'
import type { ModelTask } from './model-task.ts'
import type { RegressionPrediction } from './prediction.ts'

const ALL = 0
const MEAN = 1
const LAST = 2

/** Metrics take numbers up to 1e80. */
const LARGEST_JUDGED = 1e79

/** A number. The header is the weight of all labels, their weighted mean, and the last one. */
export class RegressionTask implements ModelTask {
  readonly header = 3
  readonly #least: number

  /** @param counts labels are never negative */
  constructor(counts = false) {
    this.#least = counts ? 0 : -LARGEST_LABEL
  }

  code(label: unknown, where: string): number {
    if (typeof label === 'number' && label >= this.#least && label <= LARGEST_LABEL) return label
    throw new MillraceError('ML_LABEL', {
      what: `${this.#least === 0 ? 'a count' : 'the label of a regression'} must be a number from ${this.#least} to ${LARGEST_LABEL}`,
      got: label === undefined ? 'undefined' : label,
      where,
      remedy: 'Give the number in the label function: (r) => r.delay',
    })
  }

  keep(): void {}

  label(code: number): number {
    return code
  }

  prediction(out: Float64Array): RegressionPrediction {
    return out.length < 4 ? { value: out[0] } : { value: out[0], variance: out[1], interval: [out[2], out[3]] }
  }

  init(page: Float64Array, offset: number): void {
    page[offset + ALL] = 0
    page[offset + MEAN] = 0
    page[offset + LAST] = 0
  }

  count(page: Float64Array, offset: number, code: number, weight: number): void {
    const all = page[offset + ALL] + weight
    page[offset + ALL] = all
    page[offset + MEAN] += (weight / all) * (code - page[offset + MEAN])
    page[offset + LAST] = code
  }

  typical(page: Float64Array, offset: number): number {
    return page[offset + ALL] === 0 ? NaN : page[offset + MEAN]
  }

  last(page: Float64Array, offset: number): number {
    return page[offset + ALL] === 0 ? NaN : page[offset + LAST]
  }

  baseline(mean: number, last: number): { mean: number | null; last: number | null } {
    return { mean: orNull(mean), last: orNull(last) }
  }

  judged(out: Float64Array, mean: number, last: number, code: number, weight: number): JudgedRegression {
    const [low, high] = out.length < 4 ? [null, null] : [bounded(out[2]), bounded(out[3])]
    return { value: bounded(out[0]), label: code, weight, mean: orNull(mean), last: orNull(last), low, high }
  }

  snapshot(): void {}

  restore(): void {}
}

/** A model that has gone astray is judged as far off as metrics count, rather than stopping the stream. */
function bounded(value: number): number {
  return Math.min(Math.max(value, -LARGEST_JUDGED), LARGEST_JUDGED)
}

function orNull(value: number): number | null {
  return value === value ? value : null
}
