import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FeatureEncoder } from '../features/feature-encoder.ts'
import { CsvDecoder, csvDecoder } from '../formats/csv.ts'
import type { RecordSchema } from '../formats/schema.ts'
import { createTask } from '../learn/tasks/create-task.ts'
import { labelReader } from './label-reader.ts'
import { RowVectors } from './row-vectors.ts'
import { type TablePlan, tableInputs, tableSchema } from './table-plan.ts'

const plan: TablePlan = {
  numeric: ['a', 'b'],
  categorical: ['c', 'd'],
  text: [],
  label: 'y',
  task: 'binary',
  positive: 'yes',
  negative: 'no',
  leftOut: [],
  time: null,
}

const long = ['1234', '-123456.789', '0.056443', '12345678', '999999999', '1234567890', '12345.67890', '-0.0']
const wrong = ['-', '.', '.5', '5.', '5.x', '1.2.3', '--1', '12345.', '+4', '1e300', 'x', 'NA']
const cell = fc.oneof(
  fc.constantFrom('1', '-2.5', '1e3', '', '"7"', '""', '0.1234567890123456789', ...long, ...wrong),
  fc.tuple(fc.nat(99_999), fc.nat(9999)).map(([whole, part]) => `${whole}.${part}`),
  fc.integer({ min: -999_999_999, max: 999_999_999 }).map(String),
)
const words = ['abcd', 'ab d', 'abc ', ' x', 'abcdefgh', 'abcdefg', 'abcd efgh', 'a-b_c', 'a;b', '~', '!']
const text = fc.oneof(
  fc.constantFrom('', 'NA', '"NA"', '""', 'p', 'q', '"a ""quoted"" one"', '"with, comma"', 'é', '"p"', ...words),
  fc.string({ maxLength: 9, unit: fc.constantFrom('a', 'b', 'Z', '9', ' ', '.') }),
)
const label = fc.constantFrom('yes', 'no', '"yes"', 'maybe', '')
const rows = fc.array(fc.tuple(cell, cell, text, text, label, fc.boolean()), { maxLength: 40 })
const ends = fc.constantFrom('\n', '\r\n')

interface Row {
  readonly a: number | null
  readonly b: number | null
  readonly c: string | null
  readonly d: string | null
  readonly y: string
}

describe('vectors read straight from rows', () => {
  it('are those of the encoder for the records of the same rows, and the same rows are rejected', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 300 }), ends, (lines, chunk, end) => {
        const cells = lines.map(([a, b, c, d, y, cut]) => [a, b, c, d, y].slice(0, cut && a === 'x' ? 3 : 5).join(','))
        const csv = ['a,b,c,d,y', ...cells, ''].join(end)
        expect(straight(csv, chunk)).toEqual(throughRecords(csv))
      }),
      { numRuns: 1000 },
    )
  })

  it('says which cell is wrong, and how', () => {
    const reasons = problems('a,b,c,d,y\n1,2,p,q,yes\n1,two,p,q,yes\n1,2,p,q,perhaps\n1,1e20,p,q,no\n1,2,p\n')
    expect(reasons).toEqual([
      'column "b": "two" is not a plain decimal number',
      'the label "perhaps" is not "yes" or "no"',
      'column "b": "1e20" is larger than 1000000000000000',
      'the row has 3 cells, not 5',
    ])
  })
})

type Seen = [dense: number[], missing: number[], active: string[], label: number] | 'rejected'

function straight(csv: string, chunk: number): Seen[] {
  const seen: Seen[] = []
  const { decoder, rows: of, encoder } = opened()
  const look = () => {
    while (decoder.next()) {
      const { x, label: y } = of()
      seen.push(decoder.rejected ? 'rejected' : vectorOf(encoder, x, y))
    }
  }
  const bytes = new TextEncoder().encode(csv)
  for (let at = 0; at < bytes.length; at += chunk) {
    decoder.push(bytes.subarray(at, at + chunk))
    look()
  }
  decoder.end()
  look()
  return seen
}

function throughRecords(csv: string): Seen[] {
  const encoder = new FeatureEncoder(tableInputs(plan))
  const decoder = csvDecoder(tableSchema(plan) as RecordSchema<Row>)
  const x = encoder.vector()
  decoder.push(new TextEncoder().encode(csv))
  decoder.end()
  const seen: Seen[] = []
  while (decoder.next()) {
    const known = !decoder.rejected && ['yes', 'no'].includes(decoder.record.y)
    try {
      if (!known) throw new Error('no label')
      encoder.encode(decoder.record, x, true)
      seen.push(vectorOf(encoder, x, decoder.record.y === 'yes' ? 1 : 0))
    } catch {
      seen.push('rejected')
    }
  }
  return seen
}

function vectorOf(encoder: FeatureEncoder, x: RowVectors['x'], y: number): Seen {
  const active = [...x.active.subarray(0, x.activeCount)].map((slot) => encoder.slotName(slot))
  return [[...x.dense], [...x.missing], active, y]
}

function problems(csv: string): string[] {
  const { decoder } = opened()
  decoder.push(new TextEncoder().encode(csv))
  decoder.end()
  const reasons: string[] = []
  while (decoder.next()) if (decoder.rejected) reasons.push(decoder.rejection.reason)
  return reasons
}

function opened(): { decoder: CsvDecoder<undefined>; rows: () => RowVectors; encoder: FeatureEncoder } {
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
