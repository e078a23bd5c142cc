import type { Task } from '../learn/learner.ts'
import type { ModelTask } from '../learn/tasks/model-task.ts'
import type { BinaryReport } from '../metrics/binary-report.ts'
import { BinaryTally } from '../metrics/binary-tally.ts'
import { multiclassQuality } from '../metrics/multiclass-quality.ts'
import type { MulticlassReport } from '../metrics/multiclass-report.ts'
import type { OutcomeBlock } from '../metrics/outcome-block.ts'
import type { QualityKind } from '../metrics/quality.ts'
import { regressionQuality } from '../metrics/regression-quality.ts'
import type { RegressionReport } from '../metrics/regression-report.ts'
import type { Curve } from './curve.ts'

/** Judges the predictions of one model, each beside what the baselines knew. */
export interface Judge {
  /**
   * Judges a block of predictions, and puts how right each was on the curve: 1 for a right class, 0 for a wrong one; the size
   * of the error of a number.
   */
  judge(block: OutcomeBlock, curve: Curve): void
  report(): BinaryReport | MulticlassReport | RegressionReport
}

/**
 * @param outputs doubles of a prediction
 * @param classes the task of the evaluation, which knows the classes
 */
export function judgeOf(task: Task, outputs: number, classes: ModelTask): Judge {
  if (task === 'binary') return new BinaryJudge()
  const kind = (task === 'regression' ? regressionQuality : multiclassQuality) as QualityKind<unknown, never>
  return new TaskJudge(kind, classes, outputs, task === 'regression')
}

class BinaryJudge implements Judge {
  readonly #tally = new BinaryTally()

  judge(block: OutcomeBlock, curve: Curve): void {
    this.#tally.addOnes(block)
    drawHits(block, curve)
  }

  report(): BinaryReport {
    return this.#tally.report()
  }
}

function drawHits({ outs, outputs, labels, count }: OutcomeBlock, curve: Curve): void {
  for (let i = 0; i < count; i++) curve.add((outs[outputs * i] > 0.5 ? 1 : 0) ^ labels[i] ^ 1)
}

class TaskJudge implements Judge {
  readonly #quality
  readonly #task: ModelTask
  readonly #out: Float64Array
  readonly #numbers: boolean

  constructor(
    kind: QualityKind<unknown, MulticlassReport | RegressionReport>,
    task: ModelTask,
    outputs: number,
    numbers: boolean,
  ) {
    this.#quality = kind.overall()
    this.#task = task
    this.#out = new Float64Array(outputs)
    this.#numbers = numbers
  }

  judge({ outs, outputs, labels, typical, last, count }: OutcomeBlock, curve: Curve): void {
    const out = this.#out
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < outputs; j++) out[j] = outs[outputs * i + j]
      curve.add(this.#judge(out, labels[i], typical[i], last[i]))
    }
  }

  #judge(out: Float64Array, label: number, typical: number, last: number): number {
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
