import { boolean, number, string } from '../formats/field-type.ts'
import { type RecordSchema, record } from '../formats/schema.ts'
import type { Task } from '../learn/learner.ts'
import type { JudgedBinary, JudgedMulticlass, JudgedRegression } from '../learn/tasks/judged.ts'

/** What edges name as their rows where outcomes travel to the quality operator: every label learned is one. */
export function judgedRows(task: Task): string {
  return `~judged-${task}`
}

/** The fields of what is judged, by the name of the rows, so that they travel as fixed rows. */
export function judgedSchema(rows: string): RecordSchema<unknown> | undefined {
  return schemas.get(rows)
}

const binary: RecordSchema<JudgedBinary> = record({
  probability: number(),
  label: boolean(),
  weight: number(),
  prior: number(),
  last: boolean().nullable(),
})

const multiclass: RecordSchema<JudgedMulticlass> = record({
  label: string(),
  predicted: string().nullable(),
  probability: number(),
  brier: number(),
  confidence: number(),
  weight: number(),
  majority: string().nullable(),
  last: string().nullable(),
})

const regression: RecordSchema<JudgedRegression> = record({
  value: number(),
  label: number(),
  weight: number(),
  mean: number().nullable(),
  last: number().nullable(),
  low: number().nullable(),
  high: number().nullable(),
})

const schemas = new Map<string, RecordSchema<unknown>>([
  [judgedRows('binary'), binary],
  [judgedRows('multiclass'), multiclass],
  [judgedRows('regression'), regression],
])
