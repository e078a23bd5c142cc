import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { rowCodec } from '../formats/row-codec.ts'
import { RowCursor } from '../formats/row-cursor.ts'
import { number, type RecordSchema, record, string } from '../formats/schema.ts'
import { type Key, KeyEncoder, keyText } from '../state/key.ts'
import { RowKeys } from './row-keys.ts'

interface Row {
  readonly a: string
  readonly b: string | null
  readonly n: number | null
  readonly x: number
}

const schema = record({
  a: string(),
  b: string().nullable(),
  n: number().nullable(),
  x: number(),
}) as RecordSchema<Row> as RecordSchema<unknown>

const anyRow: fc.Arbitrary<Row> = fc.record(
  {
    a: fc.oneof(fc.constantFrom('', 'a', 'aa', 'user-0001', 'ü', 'x'.repeat(150)), fc.string()),
    b: fc.constantFrom(null, '', 'a', 'aa'),
    n: fc.constantFrom(null, 0, 1),
    x: fc.constantFrom(0, -0, 1, 2),
  },
  { noNullPrototype: true },
)

const functions: readonly ((row: Row) => Key)[] = [
  (row) => row.a,
  (row) => row.n,
  (row) => [row.a, row.x],
  (row) => [row.b, row.n, row.a],
  (row) => (row.x > 0 ? row.a : row.n),
  (row) => JSON.stringify(row),
  (row) => `${row.a.slice(0, 1)}${row.b}`,
  () => 'all',
]

function cursorOver(rows: readonly Row[]): { cursor: RowCursor; next: (i: number) => void } {
  const codec = rowCodec(schema)
  const writer = new ByteWriter()
  const ends = rows.map((row) => {
    codec.encode(row, writer)
    return writer.length
  })
  const bytes = writer.finish()
  const cursor = RowCursor.of(schema) as RowCursor
  cursor.begin(bytes, new ByteReader(bytes, 'test'))
  return { cursor, next: (i) => cursor.next(i === 0 ? 0 : ends[i - 1], ends[i]) }
}

test('gives every row the key that its function gives the record, however often it came before', () => {
  fc.assert(
    fc.property(fc.array(anyRow, { minLength: 1, maxLength: 80 }), fc.constantFrom(...functions), (rows, keyOf) => {
      const encoder = new KeyEncoder(128)
      const keys = new RowKeys(keyOf as never, 128)
      const { cursor, next } = cursorOver(rows)
      for (let round = 0; round < 3; round++) {
        rows.forEach((row, i) => {
          next(i)
          const expected = encoder.encode(keyOf(row))
          const key = keys.of(cursor, expected.hash)
          expect(keyText(key)).toBe(keyText(expected))
          expect([key.hash, key.group]).toEqual([expected.hash, expected.group])
        })
      }
    }),
    { numRuns: 300 },
  )
})

test('calls the function no more for a key that has come three times, until there are too many others', () => {
  const rows = Array.from({ length: 40_000 }, (_unused, i): Row => ({ a: `key-${i}`, b: null, n: null, x: i }))
  const { cursor, next } = cursorOver(rows)
  const encoder = new KeyEncoder(128)
  let calls = 0
  const keys = new RowKeys(
    ((row: Row) => {
      calls++
      return row.a
    }) as never,
    128,
  )
  const ask = (i: number): string => {
    next(i)
    return keyText(keys.of(cursor, encoder.encode(rows[i].a).hash))
  }
  for (let i = 0; i < 3; i++) ask(7)
  const before = calls
  expect(ask(7)).toBe(keyText(encoder.encode('key-7')))
  expect(calls).toBe(before)
  // Each often enough to be kept.
  for (let i = 0; i < rows.length; i++)
    for (let n = 0; n < 3; n++) expect(ask(i)).toBe(keyText(encoder.encode(rows[i].a)))
  expect(calls).toBeGreaterThan(before + 2 * rows.length)
})

test('hands back what a table told a key, and nothing of an age that has passed', () => {
  const rows: Row[] = ['a', 'b'].map((a) => ({ a, b: null, n: null, x: 0 }))
  const { cursor, next } = cursorOver(rows)
  const encoder = new KeyEncoder(128)
  const keys = new RowKeys(((row: Row) => row.a) as never, 128)
  const ask = (i: number) => {
    next(i)
    return keys.of(cursor, encoder.encode(rows[i].a).hash)
  }
  for (let n = 0; n < 3; n++) for (const i of [0, 1]) ask(i)
  const [young, old] = [{}, {}]
  Object.assign(ask(0), { slot: 5, slotAge: old })
  Object.assign(ask(1), { slot: 6, slotAge: old })
  expect(ask(0)).toMatchObject({ slot: 5, slotAge: old })
  expect(ask(1)).toMatchObject({ slot: 6, slotAge: old })
  Object.assign(ask(0), { slot: 7, slotAge: young })
  expect(ask(1).slotAge).toBeUndefined()
  expect(ask(0)).toMatchObject({ slot: 7, slotAge: young })
})
