/** What is evaluated: which columns of a table are inputs and of which kind, and what the label is. Plain data. */
import { MillraceError } from '../errors.ts'
import type { CategoricalInput, FeatureSpec, NumericInput } from '../features/feature-spec.ts'
import { number, type RecordSchema, record, string } from '../formats/schema.ts'
import type { Task } from '../learn/learner.ts'

export interface TablePlan {
  /** In the order of the table. */
  readonly numeric: readonly string[]
  readonly categorical: readonly string[]
  readonly label: string
  readonly task: Task
  /** The text of the label that counts as true; null where labels are no classes of two. */
  readonly positive: string | null
  /** The other text; null: every other one. */
  readonly negative: string | null
  /** Columns left out without being asked to: each record has a text of its own there. */
  readonly leftOut: readonly string[]
  /** A column of times, for the axis of the plot; null: the number of the record. */
  readonly time: string | null
}

export const LARGEST_INPUT = 1e15
const MOST_CATEGORIES = 100_000

/** The columns that are read, as fields: inputs, then the label, then the time. */
export function tableSchema({ numeric, categorical, label, task, time }: TablePlan): RecordSchema<unknown> {
  const fields: Record<string, ReturnType<typeof number> | ReturnType<typeof string>> = {}
  for (const name of numeric) fields[name] = number().nullable() as ReturnType<typeof number>
  for (const name of categorical) fields[name] = string().nullable() as ReturnType<typeof string>
  if (Object.hasOwn(fields, label)) {
    throw new MillraceError('ML_SCHEMA', { what: 'the label is an input too', got: label, where: 'evaluation' })
  }
  fields[label] = task === 'regression' ? number() : string()
  if (time !== null && !Object.hasOwn(fields, time)) fields[time] = string()
  return record(fields) as RecordSchema<unknown>
}

/** The inputs as a learner takes them. */
export function tableInputs({ numeric, categorical }: TablePlan): FeatureSpec {
  return {
    version: 1,
    numeric: numeric.map((name): NumericInput => ({ name, nullable: true, max: LARGEST_INPUT })),
    categorical: categorical.map(
      (name): CategoricalInput => ({
        name,
        of: [{ from: 'text', field: name, nullable: true }],
        storage: { by: 'dictionary', max: MOST_CATEGORIES },
      }),
    ),
  }
}
