/** How good a model is, as the `metrics` output, the progress line and `inspect` show it. */
import type { Task } from '../learn/learner.ts'
import type { BinaryReport } from '../metrics/binary-report.ts'
import type { MulticlassReport } from '../metrics/multiclass-report.ts'
import type { QualityWindow } from '../metrics/quality.ts'
import type { RegressionReport } from '../metrics/regression-report.ts'

/** Outcomes in the recent window. */
export const RECENT = 1000
/** Outcomes after which one counts half as much in the faded report. */
export const HALF_LIFE = 1000

/** The metrics of a task. */
export type ReportOf<K extends Task> = {
  binary: BinaryReport
  multiclass: MulticlassReport
  regression: RegressionReport
}[K]

/** What the `metrics` output carries. */
export interface QualityReport<K extends Task = 'binary'> {
  readonly model: string
  readonly task: K
  /** Event time of the report in milliseconds: the end of its window, or of the last outcome. */
  readonly at: number
  /** Outcomes so far. */
  readonly records: number
  readonly overall: ReportOf<K>
  /** Over the last `RECENT` outcomes. */
  readonly recent: ReportOf<K>
  /** An outcome counts half as much after `HALF_LIFE` more. */
  readonly faded: ReportOf<K>
  /** The window of event time that has just ended; null in the report at the end. */
  readonly window: QualityWindow<ReportOf<K>> | null
}

/** The report of one task or another, told apart by `task`. */
export type AnyQualityReport = { [K in Task]: QualityReport<K> }[Task]
