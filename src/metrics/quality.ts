import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'

/** How good predictions are, over some of the outcomes so far: all, the last ones, or all with the older ones faded. */
export interface Quality<O, R> {
  /** Outcomes that the report covers, whatever their weight. */
  readonly records: number
  /** @throws ML_VALUE ML_LABEL ML_STATE_LIMIT, before anything is counted */
  update(outcome: O): void
  report(): R
  snapshot(writer: ByteWriter): void
  /** @throws ML_CORRUPT ML_VERSION */
  restore(reader: ByteReader): void
}

/** Quality of the outcomes with `startMs` <= event time < `endMs`, in milliseconds since 1970 UTC. */
export interface QualityWindow<R> {
  readonly startMs: number
  readonly endMs: number
  readonly report: R
}

/** Quality by windows of event time that follow each other without gap. */
export interface Tumbling<O, R> {
  readonly sizeMs: number
  /** Outcomes that came after their window had closed. */
  readonly late: number
  /** @throws ML_VALUE ML_LABEL ML_EVENT_TIME ML_STATE_LIMIT, before anything is counted */
  update(outcome: O, timeMs: number): void
  /** Closes every window whose last millisecond the watermark has reached, and gives them by time. */
  advance(watermarkMs: number): QualityWindow<R>[]
  /** The open windows as they stand, by time. */
  open(): QualityWindow<R>[]
  snapshot(writer: ByteWriter): void
  /** @throws ML_CORRUPT ML_VERSION; ML_RANGE when the windows of the snapshot have another size */
  restore(reader: ByteReader): void
}

/** The metrics of one task: `binaryQuality`, `multiclassQuality`, `regressionQuality`, for code that serves all tasks. */
export interface QualityKind<O, R> {
  overall(): Quality<O, R>
  /** @param size how many outcomes are the last ones */
  windowed(size: number): Quality<O, R>
  /** @param halfLife outcomes after which one weighs half; 1000 when not given */
  faded(halfLife?: number): Quality<O, R>
  /** @param sizeMs length of a window of event time */
  tumbling(sizeMs: number): Tumbling<O, R>
}
