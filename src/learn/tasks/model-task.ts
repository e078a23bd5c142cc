/**
 * What differs by the task of a model: how a label becomes one double, what a prediction's doubles read as, and what a
 * guess without a model knows. The operators know the rest once for all tasks.
 */
import type { ByteReader } from '../../bytes/reader.ts'
import type { ByteWriter } from '../../bytes/writer.ts'
import type { LearningRows } from '../learning-rows.ts'

export interface ModelTask {
  /** Doubles before a learner's state, where a row keeps what the baselines know; `NONE` where they know nothing yet. */
  readonly header: number
  /** The label as a double. @throws ML_LABEL when it cannot be one */
  code(label: unknown, where: string): number
  /** Makes sure that the double that `code` gave last keeps its meaning: a new class is known from now on. */
  keep(code: number): void
  /** The label that a double stands for. */
  label(code: number): unknown
  /** The prediction as users see it. */
  prediction(out: Float64Array): unknown
  /** Writes the header of a model that has learned nothing. */
  init(page: Float64Array, offset: number): void
  /** Counts a label that was learned. */
  count(page: Float64Array, offset: number, code: number, weight: number): void
  /** What would be guessed by all labels so far: probability of true, mean, or index of the commonest class. */
  typical(page: Float64Array, offset: number): number
  /** The label learned last, NaN before any. */
  last(page: Float64Array, offset: number): number
  /** Both as the outcomes show them. */
  baseline(typical: number, last: number): unknown
  /** What quality needs of an outcome: a row of the task's schema. */
  judged(out: Float64Array, typical: number, last: number, code: number, weight: number): unknown
  /** The same of rows, in columns of the schema: see `RowValues`. Absent where that cannot be. */
  judgedColumns?(rows: LearningRows): readonly Float64Array[] | undefined
  /** State of the task itself, beside the rows: the names of the classes. */
  snapshot(writer: ByteWriter): void
  /** @throws ML_CORRUPT; ML_OTHER_PLAN when the declared classes are others than the stored ones */
  restore(reader: ByteReader, where: string): void
  /** Names of the classes so far, where labels are classes. */
  readonly classes?: readonly string[]
}
