import { boolean, number } from '../formats/field-type.ts'
import { type RecordSchema, record } from '../formats/schema.ts'
import type { Judged } from './prediction.ts'

/** What edges name as their rows where outcomes travel to the quality operator: every label learned is one. */
export const JUDGED_ROWS = '~judged'

/** The fields of `Judged`, so that they travel as fixed rows. */
export const judgedSchema: RecordSchema<Judged> = record({
  probability: number(),
  label: boolean(),
  weight: number(),
  prior: number(),
  last: boolean().nullable(),
})
