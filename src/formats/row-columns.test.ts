import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../bytes/writer.ts'
import { boolean, number, string } from './field-type.ts'
import { rowCodec } from './row-codec.ts'
import { columnWriter } from './row-columns.ts'
import { type RecordSchema, record } from './schema.ts'

const anyField = fc.record({ isBoolean: fc.boolean(), nullable: fc.boolean() })
const anyValue = fc.oneof(fc.constant(null), fc.double({ noNaN: true }), fc.constantFrom(0, -0, 1))

test('writes what the codec writes of records with the same fields', () => {
  fc.assert(
    fc.property(
      fc.array(anyField, { minLength: 1, maxLength: 20 }),
      fc.array(fc.array(anyValue, { minLength: 20, maxLength: 20 }), { minLength: 1, maxLength: 8 }),
      (fields, cells) => {
        const types = fields.map(({ isBoolean, nullable }) => {
          const type = isBoolean ? boolean() : number()
          return nullable ? type.nullable() : type
        })
        const schema = record(Object.fromEntries(types.map((type, f) => [`f${f}`, type]))) as RecordSchema<unknown>
        const columns = fields.map(() => new Float64Array(cells.length))
        const records = cells.map((row, i) => {
          const values = fields.map(({ isBoolean, nullable }, f) => {
            const value = row[f] === null && !nullable ? 1 : row[f]
            columns[f][i] = value === null ? Number.NaN : isBoolean ? Number(value > 0) : value
            return [`f${f}`, value !== null && isBoolean ? value > 0 : value]
          })
          return Object.fromEntries(values)
        })
        const codec = rowCodec(schema)
        const expected = new ByteWriter()
        for (const row of records) codec.encode(row, expected)
        const { most, write } = columnWriter(schema.fields, columns) as NonNullable<ReturnType<typeof columnWriter>>
        const bytes = new Uint8Array(most * records.length)
        const view = new DataView(bytes.buffer)
        let at = 0
        for (let i = 0; i < records.length; i++) {
          const end = write(view, at, i)
          expect(end - at).toBeLessThanOrEqual(most)
          at = end
        }
        expect(bytes.subarray(0, at)).toEqual(expected.view())
      },
    ),
  )
})

test('has none for a schema with texts', () => {
  const { fields } = record({ x: number(), name: string() })
  expect(columnWriter(fields, [new Float64Array(1), new Float64Array(1)])).toBeUndefined()
})
