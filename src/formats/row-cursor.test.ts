import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { rowCodec } from './row-codec.ts'
import { MOST_ROWS, RowCursor } from './row-cursor.ts'
import { number, type RecordSchema, record, string } from './schema.ts'
import { order, schemaAndRow } from './value.fixture.ts'

/** The rows one behind the other, and where each ends. */
function written(schema: RecordSchema<unknown>, rows: readonly unknown[]): { bytes: Uint8Array; ends: number[] } {
  const codec = rowCodec(schema)
  const writer = new ByteWriter()
  const ends = rows.map((row) => {
    codec.encode(row, writer)
    return writer.length
  })
  return { bytes: writer.finish(), ends }
}

/** Comes to a row, as if it were the first. */
function goTo(cursor: RowCursor, start: number, end: number, i = 0): void {
  cursor.place(i, start, end)
  cursor.at(i)
}

function cursorOver(schema: RecordSchema<unknown>, bytes: Uint8Array): RowCursor {
  const cursor = RowCursor.of(schema) as RowCursor
  cursor.begin(bytes, new ByteReader(bytes, 'test'))
  return cursor
}

const pair = record({ id: string(), x: number() }) as RecordSchema<unknown>
const { bytes, ends } = written(pair, [
  { id: 'a', x: 1 },
  { id: 'b', x: 2 },
  { id: 'c', x: 3 },
])

interface Pair {
  id: string
  x: number
}

/** A cursor at the first row, and what shows it. */
function atFirst(): { cursor: RowCursor; shown: Pair } {
  const cursor = cursorOver(pair, bytes)
  goTo(cursor, 0, ends[0])
  return { cursor, shown: cursor.record as Pair }
}

describe('a row cursor', () => {
  test('shows each row as the record that it stands for: by fields, keys, spread and JSON', () => {
    fc.assert(
      fc.property(schemaAndRow, ([schema, row]) => {
        const { bytes, ends } = written(schema, [row, row])
        const cursor = cursorOver(schema, bytes)
        for (const [start, end] of [[0, ends[0]], ends]) {
          goTo(cursor, start, end)
          const shown = cursor.record as Record<string, unknown>
          expect(Object.keys(shown)).toEqual(Object.keys(row))
          for (const { name } of schema.fields) expect(Object.is(shown[name], row[name])).toBe(true)
          expect(JSON.stringify(shown)).toBe(JSON.stringify(row))
          expect(isDeepStrictEqual(Object.fromEntries(Object.entries(shown)), row)).toBe(true)
          expect(Object.getPrototypeOf(shown)).toBe(Object.prototype)
          expect(isDeepStrictEqual(cursor.toRecord(), row) && order(cursor.toRecord()) === order(row)).toBe(true)
          expect(cursor.start(schema.fields.length)).toBe(end)
        }
        expect(cursor.refused).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test('holds many rows, each at its number, in whatever order it comes to them', () => {
    const rows = Array.from({ length: MOST_ROWS }, (_unused, i) => ({ id: 'x'.repeat(i), x: i }))
    const { bytes, ends } = written(pair, rows)
    const cursor = cursorOver(pair, bytes)
    for (let i = 0; i < MOST_ROWS; i++) cursor.place(i, i === 0 ? 0 : ends[i - 1], ends[i])
    for (let n = 0; n < MOST_ROWS; n++) {
      const i = (n * 37) % MOST_ROWS
      cursor.at(i)
      expect({ ...cursor.record }).toEqual(rows[i])
      expect(cursor.toRecord()).toEqual(rows[i])
    }
  })

  test('refuses damaged bytes as the codec does, or shows what the codec reads', () => {
    fc.assert(
      fc.property(schemaAndRow, fc.nat(), fc.nat(255), ([schema, row], at, byte) => {
        const damaged = written(schema, [row]).bytes
        damaged[at % damaged.length] = byte
        const reader = new ByteReader(damaged, 'test')
        let read: unknown
        try {
          read = rowCodec(schema).decode(reader)
          reader.expectEnd()
        } catch {
          read = undefined
        }
        const cursor = cursorOver(schema, damaged)
        let shown: unknown
        try {
          goTo(cursor, 0, damaged.length)
          shown = { ...cursor.record }
        } catch (error) {
          expect(String(error)).toContain('ML_CORRUPT')
        }
        expect(isDeepStrictEqual(shown, read)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test('says which fields a function reads, each once', () => {
    const { cursor } = atFirst()
    expect(cursor.fieldsRead((row: Pair) => [row.x, row.x])).toEqual([1])
    expect(cursor.fieldsRead((row: Pair) => (row.id === 'a' ? 0 : row.x))).toEqual([0])
    expect(cursor.fieldsRead(() => 'all')).toEqual([])
    expect(cursor.refused).toBe(false)
  })

  test('does not let a record be read after its call: not at the next row, nor when there is none', () => {
    const { cursor, shown } = atFirst()
    goTo(cursor, ends[0], ends[1], 1)
    expect((cursor.record as Pair).id).toBe('b')
    expect(() => shown.id).toThrow('ML_VALUE: a function reads a record that it was given in an earlier call')
    expect(cursor.refused).toBe(true)
    const other = atFirst()
    other.cursor.end()
    expect(() => other.shown.x).toThrow('ML_VALUE')
    let witness: Pair | undefined
    const third = atFirst().cursor
    third.fieldsRead((row: Pair) => (witness = row))
    expect(() => witness?.x).toThrow('ML_VALUE')
  })

  test('does not let a record be changed, which would show in others', () => {
    const changes: ((row: Pair) => unknown)[] = [
      (row) => (row.x = 2),
      (row) => delete (row as Partial<Pair>).x,
      (row) => Object.assign(row, { more: 1 }),
      (row) => Object.defineProperty(row, 'x', { value: 2 }),
    ]
    for (const change of changes) {
      const { cursor, shown } = atFirst()
      expect(() => change(shown)).toThrow(TypeError)
      expect(shown).toEqual({ id: 'a', x: 1 })
      expect(cursor.toRecord()).toEqual({ id: 'a', x: 1 })
    }
  })
})
