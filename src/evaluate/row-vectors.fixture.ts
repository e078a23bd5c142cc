/** Rows of a table as vectors, read straight from their bytes and by way of records: both must come to the same. */
import { FeatureEncoder } from '../features/feature-encoder.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import { CsvDecoder, csvDecoder } from '../formats/csv.ts'
import type { RecordSchema } from '../formats/schema.ts'
import { createTask } from '../learn/tasks/create-task.ts'
import { labelReader } from './label-reader.ts'
import { RowVectors } from './row-vectors.ts'
import { type TablePlan, tableInputs, tableSchema } from './table-plan.ts'

/** Numbers, categories and a label; other columns of the table are skipped. */
export function planOf(numeric: readonly string[], categorical: readonly string[]): TablePlan {
  const labels = { label: 'y', task: 'binary', positive: 'yes', negative: 'no' } as const
  return { numeric, categorical, text: [], ...labels, leftOut: [], time: null }
}

/** One of columns of all kinds, and one of more columns than one function reads. */
export const TABLES: readonly { readonly plan: TablePlan; readonly header: readonly string[] }[] = [
  { plan: planOf(['a', 'b'], ['c', 'd']), header: ['a', 'b', 'c', 'd', 'y'] },
  { plan: planOf(['b', 'd'], ['c']), header: ['a', 'b', 'c', 'y', 'd', 'e'] },
  wideTable(),
]

export type Seen =
  | [dense: number[], missing: number[], missingCount: number, active: string[], label: number]
  | 'rejected'

/** @param chunk bytes given at once */
export function straight(plan: TablePlan, csv: Uint8Array, chunk: number): Seen[] {
  const seen: Seen[] = []
  const { decoder, rows, encoder } = opened(plan)
  const look = () => {
    while (decoder.next()) {
      const { x, label } = rows()
      seen.push(decoder.rejected ? 'rejected' : vectorOf(encoder, x, label))
    }
  }
  for (let at = 0; at < csv.length; at += chunk) {
    decoder.push(csv.subarray(at, at + chunk))
    look()
  }
  decoder.end()
  look()
  return seen
}

export function throughRecords(plan: TablePlan, csv: Uint8Array): Seen[] {
  const encoder = new FeatureEncoder(tableInputs(plan))
  const decoder = csvDecoder(tableSchema(plan) as RecordSchema<Record<string, unknown>>)
  const x = encoder.vector()
  decoder.push(csv)
  decoder.end()
  const seen: Seen[] = []
  while (decoder.next()) {
    const label = decoder.rejected ? undefined : decoder.record[plan.label]
    try {
      if (label !== plan.positive && label !== plan.negative) throw new Error('no label')
      encoder.encode(decoder.record, x, true)
      seen.push(vectorOf(encoder, x, label === plan.positive ? 1 : 0))
    } catch {
      seen.push('rejected')
    }
  }
  return seen
}

/** What was wrong with the rows that are not right. */
export function problems(plan: TablePlan, csv: Uint8Array): string[] {
  const { decoder } = opened(plan)
  decoder.push(csv)
  decoder.end()
  const reasons: string[] = []
  while (decoder.next()) if (decoder.rejected) reasons.push(decoder.rejection.reason)
  return reasons
}

function opened(plan: TablePlan): {
  decoder: CsvDecoder<undefined>
  rows: () => RowVectors
  encoder: FeatureEncoder
} {
  const encoder = new FeatureEncoder(tableInputs(plan))
  const labels = labelReader(plan, createTask({ task: 'binary' }))
  let made: RowVectors | undefined
  const schema = tableSchema(plan) as RecordSchema<undefined>
  const decoder = new CsvDecoder<undefined>(schema, {}, undefined, (columns, nulls) => {
    made = new RowVectors({ plan, encoder, labels, delimiter: 44, width: () => decoder.width }, columns, nulls)
    return made
  })
  return { decoder, rows: () => made as RowVectors, encoder }
}

function vectorOf(encoder: FeatureEncoder, x: FeatureVector, label: number): Seen {
  const active = [...x.active.subarray(0, x.activeCount)].map((slot) => encoder.slotName(slot))
  return [[...x.dense], [...x.missing], x.missingCount, active, label]
}

function wideTable(): { plan: TablePlan; header: readonly string[] } {
  const numeric = Array.from({ length: 40 }, (_unused, i) => `n${i}`)
  const categorical = Array.from({ length: 10 }, (_unused, i) => `c${i}`)
  return { plan: planOf(numeric, categorical), header: [...numeric, 's', ...categorical, 'y'] }
}
