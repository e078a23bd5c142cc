import type { Task } from '../learn/learner.ts'
import type { ModelTask } from '../learn/tasks/model-task.ts'
import type { BinaryOutcome } from '../metrics/binary-outcome.ts'
import { binaryQuality } from '../metrics/binary-quality.ts'
import type { BinaryReport } from '../metrics/binary-report.ts'
import { multiclassQuality } from '../metrics/multiclass-quality.ts'
import type { MulticlassReport } from '../metrics/multiclass-report.ts'
import type { QualityKind } from '../metrics/quality.ts'
import { regressionQuality } from '../metrics/regression-quality.ts'
import type { RegressionReport } from '../metrics/regression-report.ts'

/** Judges the predictions of one model, each beside what the baselines knew. */
export interface Judge {
  /**
   * @param typical what the commonest label was, see `ModelTask`
   * @returns 1 for a right class, 0 for a wrong one; the size of the error of a number
   */
  add(out: Float64Array, label: number, typical: number, last: number): number
  report(): BinaryReport | MulticlassReport | RegressionReport
}

/** @param task the one of the evaluation, which knows the classes */
export function judgeOf(task: Task, classes: ModelTask): Judge {
  if (task === 'binary') return new BinaryJudge()
  const kind = (task === 'regression' ? regressionQuality : multiclassQuality) as QualityKind<unknown, never>
  return new TaskJudge(kind, classes, task === 'regression')
}

/** One outcome is filled again and again: nothing is made for a record. */
class BinaryJudge implements Judge {
  readonly #quality = binaryQuality.overall()
  readonly #outcome: { -readonly [K in keyof BinaryOutcome]: BinaryOutcome[K] } = {
    probability: 0,
    label: false,
    weight: 1,
    prior: 0.5,
    majority: null,
    last: null,
  }

  add(out: Float64Array, label: number, prior: number, last: number): number {
    const outcome = this.#outcome
    const isTrue = label === 1
    outcome.probability = out[0]
    outcome.label = isTrue
    outcome.prior = prior
    outcome.majority = last === last ? prior > 0.5 : null
    outcome.last = last === last ? last === 1 : null
    this.#quality.update(outcome)
    return out[0] > 0.5 === isTrue ? 1 : 0
  }

  report(): BinaryReport {
    return this.#quality.report()
  }
}

class TaskJudge implements Judge {
  readonly #quality
  readonly #task: ModelTask
  readonly #numbers: boolean

  constructor(kind: QualityKind<unknown, MulticlassReport | RegressionReport>, task: ModelTask, numbers: boolean) {
    this.#quality = kind.overall()
    this.#task = task
    this.#numbers = numbers
  }

  add(out: Float64Array, label: number, typical: number, last: number): number {
    const judged = this.#task.judged(out, typical, last, label, 1)
    this.#quality.update(judged)
    if (this.#numbers) return Math.abs(out[0] - label)
    const { predicted, label: name } = judged as { predicted: string | null; label: string }
    return predicted === name ? 1 : 0
  }

  report(): MulticlassReport | RegressionReport {
    return this.#quality.report()
  }
}
