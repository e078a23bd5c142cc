/** What is evaluated: which columns of a table are inputs and of which kind, and what the label is. Plain data. */
import { MillraceError } from '../errors.ts'
import type { CategoricalInput, CategoryStorage, FeatureSpec, NumericInput } from '../features/feature-spec.ts'
import { number, type RecordSchema, record, string } from '../formats/schema.ts'
import type { Task } from '../learn/learner.ts'

export interface TablePlan {
  /** In the order of the table. */
  readonly numeric: readonly string[]
  readonly categorical: readonly string[]
  /** Columns of whole sentences, whose words are the inputs. */
  readonly text: readonly string[]
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

/** The columns that are read, as fields: numbers, categories, texts, then the label, then the time. */
export function tableSchema({ numeric, categorical, text, label, task, time }: TablePlan): RecordSchema<unknown> {
  const fields: Record<string, ReturnType<typeof number> | ReturnType<typeof string>> = {}
  for (const name of numeric) fields[name] = number().nullable() as ReturnType<typeof number>
  for (const name of [...categorical, ...text]) fields[name] = string().nullable() as ReturnType<typeof string>
  if (Object.hasOwn(fields, label)) {
    throw new MillraceError('ML_SCHEMA', { what: 'the label is an input too', got: label, where: 'evaluation' })
  }
  fields[label] = task === 'regression' ? number() : string()
  if (time !== null && !Object.hasOwn(fields, time)) fields[time] = string()
  return record(fields) as RecordSchema<unknown>
}

/** The words of a text, as `features(...).text(...)` takes them by default, but more of a long one. */
const WORDS: CategoryStorage = { by: 'tokens', bits: 18, ngrams: 1, lowercase: true, max: 1024, count: 'count' }

function inputOf(name: string, storage: CategoryStorage): CategoricalInput {
  return { name, of: [{ from: 'text', field: name, nullable: true }], storage }
}

/** The inputs as a learner takes them. */
export function tableInputs({ numeric, categorical, text }: TablePlan): FeatureSpec {
  return {
    version: 1,
    numeric: numeric.map((name): NumericInput => ({ name, nullable: true, max: LARGEST_INPUT })),
    categorical: [
      ...categorical.map((name) => inputOf(name, { by: 'dictionary', max: MOST_CATEGORIES })),
      ...text.map((name) => inputOf(name, WORDS)),
    ],
  }
}
