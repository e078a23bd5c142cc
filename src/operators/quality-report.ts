/** How good a model is, as the `metrics` output, the progress line and `inspect` show it. */
import type { BinaryReport } from '../metrics/binary-report.ts'

/** Outcomes in the recent window. */
export const RECENT = 1000
/** Outcomes after which one counts half as much in the faded report. */
export const HALF_LIFE = 1000

/** What the `metrics` output carries. */
export interface QualityReport {
  readonly model: string
  /** Event time of the report in milliseconds: the end of its window, or of the last outcome. */
  readonly at: number
  /** Outcomes so far. */
  readonly records: number
  readonly overall: BinaryReport
  /** Over the last `RECENT` outcomes. */
  readonly recent: BinaryReport
  /** An outcome counts half as much after `HALF_LIFE` more. */
  readonly faded: BinaryReport
  /** The window of event time that has just ended; null in the report at the end. */
  readonly window: { readonly startMs: number; readonly endMs: number; readonly report: BinaryReport } | null
}
