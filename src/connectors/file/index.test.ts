import { describe, expect, expectTypeOf, test } from 'vitest'
import { integer, record, string } from '../../formats/schema.ts'
import type { SinkDeclaration, SourceDeclaration } from '../../stream/declarations.ts'
import { csv, jsonl } from './index.ts'

const Flight = record({ carrier: string(), delay: integer().nullable() })

describe('a declaration of files', () => {
  test('with a schema is a source of its records', () => {
    const one = csv('a.csv.gz', Flight, { delimiter: ';', nullValues: ['NA'] })
    expectTypeOf(one).toEqualTypeOf<SourceDeclaration<{ readonly carrier: string; readonly delay: number | null }>>()
    expect(one).toEqual({
      role: 'source',
      kind: 'file',
      options: { paths: ['a.csv.gz'] },
      format: { name: 'csv', delimiter: ';', nullValues: ['NA'] },
      schema: Flight,
    })
    expect(jsonl(['a', 'b'], Flight, { maxRecordBytes: 10 })).toMatchObject({
      options: { paths: ['a', 'b'] },
      format: { name: 'jsonl', maxRecordBytes: 10 },
    })
  })

  test('without one is a sink', () => {
    const sink = csv('out', { columns: ['a', 'b'], partBytes: 1000, header: undefined })
    expectTypeOf(sink).toEqualTypeOf<SinkDeclaration>()
    expect(sink).toEqual({
      role: 'sink',
      kind: 'file',
      options: { folder: 'out', partBytes: 1000 },
      format: { name: 'csv', columns: ['a', 'b'] },
    })
    expect(jsonl('out')).toEqual({ role: 'sink', kind: 'file', options: { folder: 'out' }, format: { name: 'jsonl' } })
    expect(csv('out').format).toEqual({ name: 'csv' })
  })

  test('survives JSON, the schema through its own', () => {
    const { schema: _, ...rest } = csv('a', Flight, { columns: undefined })
    expect(JSON.parse(JSON.stringify(rest))).toEqual(rest)
  })

  test.each<[string, () => unknown]>([
    ['no path', () => csv([], Flight)],
    ['an empty path', () => csv(['a', ''], Flight)],
    ['a path given twice', () => jsonl(['a', 'b', 'a'], Flight)],
    ['a wrong option of CSV', () => csv('a', Flight, { delimiter: 'ab' })],
    ['a wrong option of JSON lines', () => jsonl('a', Flight, { maxRecordBytes: 0 })],
    ['a wrong option of a CSV sink', () => csv('out', { columns: ['a', 'a'] })],
    ['an unknown option of a JSON sink', () => jsonl('out', { columns: ['a'] } as never)],
    ['parts of no bytes', () => jsonl('out', { partBytes: 0 })],
    ['a sink of several folders', () => jsonl(['a', 'b'] as never)],
  ])('is refused at once with %s', (_, declare) => {
    expect(declare).toThrow(/^ML_RANGE: /)
  })

  test('says by its type that options do not go where a schema is wanted', () => {
    // @ts-expect-error a list of paths needs a schema
    expect(() => csv(['a', 'b'])).toThrow(/ML_RANGE: a file sink takes one folder/)
    // @ts-expect-error the option is misspelt
    expect(() => csv('a', Flight, { delimeter: ';' })).toThrow(/there is no option "delimeter"/)
  })
})
