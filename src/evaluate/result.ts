/** What an evaluation came to, a model a row. */
import type { Task } from '../learn/learner.ts'
import type { BinaryReport } from '../metrics/binary-report.ts'
import type { MulticlassReport } from '../metrics/multiclass-report.ts'
import type { RegressionReport } from '../metrics/regression-report.ts'
import type { CurvePoint } from './curve.ts'
import type { Evaluation } from './evaluation.ts'

export interface ModelResult {
  readonly model: string
  readonly task: Task
  readonly records: number
  readonly rejected: number
  readonly report: BinaryReport | MulticlassReport | RegressionReport
  /** 95 % confidence interval of the accuracy (Wilson 1927) or of the mean error (normal). */
  readonly interval: readonly [low: number, high: number] | null
  /** Of reading and this model, as if it had been alone. */
  readonly recordsPerSecond: number
  readonly curve: readonly CurvePoint[]
}

export interface Evaluated {
  readonly evaluation: Evaluation
  readonly results: readonly ModelResult[]
}

export function resultsOf(evaluation: Evaluation): ModelResult[] {
  const { records, rejected, readMs } = evaluation
  return evaluation.contenders.map(({ name, task, judge, curve, ms }) => {
    const report = judge.report()
    return {
      model: name,
      task,
      records,
      rejected,
      report,
      interval: intervalOf(report),
      recordsPerSecond: readMs + ms > 0 ? Math.round((1000 * records) / (readMs + ms)) : 0,
      curve: curve.points(),
    }
  })
}

/** Two-sided quantile of the normal distribution for 95 %. */
const QUANTILE = 1.959963984540054

function intervalOf(report: ModelResult['report']): [number, number] | null {
  const { records } = report
  if (records === 0) return null
  if ('mae' in report) {
    const { mae, rmse } = report
    if (mae === null || rmse === null) return null
    const half = QUANTILE * Math.sqrt(Math.max(0, rmse * rmse - mae * mae) / records)
    return [Math.max(0, mae - half), mae + half]
  }
  const p = report.accuracy
  if (p === null) return null
  const z2 = QUANTILE * QUANTILE
  const centre = (p + z2 / (2 * records)) / (1 + z2 / records)
  const half = (QUANTILE / (1 + z2 / records)) * Math.sqrt((p * (1 - p)) / records + z2 / (4 * records * records))
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}
