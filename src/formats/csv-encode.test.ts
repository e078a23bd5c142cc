import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../bytes/writer.ts'
import { csvDecoder } from './csv.ts'
import { type CsvEncodeOptions, csvEncoder } from './csv-encode.ts'
import { boolean, number, record, string } from './schema.ts'

function encode(rows: readonly unknown[], options: CsvEncodeOptions = {}): string {
  const encoder = csvEncoder(options)
  const writer = new ByteWriter(1)
  encoder.begin(rows[0], writer)
  for (const row of rows) encoder.encode(row, writer)
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(writer.view())
}

const refused = expect.objectContaining({ code: 'ML_VALUE' })

describe('csvEncoder', () => {
  it('writes a header line and rows, quoting only where it must', () => {
    expect(
      encode([
        { id: 'a', n: 1.5, b: true },
        { id: 'b,"c"', n: -2, b: false },
        { id: 'd\ne', n: 10n, b: null },
      ]),
    ).toBe('id,n,b\na,1.5,true\n"b,""c""",-2,false\n"d\ne",10,\n')
  })

  it('takes columns, delimiter and header from its options', () => {
    expect(encode([{ a: 1, b: 'x;y', c: 3 }], { columns: ['c', 'b'], delimiter: ';' })).toBe('c;b\n3;"x;y"\n')
    expect(encode([{ a: 1 }], { header: false })).toBe('1\n')
    expect(encode([{ ['__proto__']: 1, constructor: 2 }])).toBe('__proto__,constructor\n1,2\n')
  })

  it('escapes what a spreadsheet would run, in texts and names and never in numbers (fault 37)', () => {
    const texts = ['=1+1', '+1', '-1', '@a', '\tx', '\rx', '=A1,"b"', 'a=1', "'=1"]
    expect(encode(texts.map((text) => ({ text, n: -1 })))).toBe(
      `text,n\n'=1+1,-1\n'+1,-1\n'-1,-1\n'@a,-1\n'\tx,-1\n"'\rx",-1\n"'=A1,""b""",-1\na=1,-1\n'=1,-1\n`,
    )
    expect(encode([{ '=cmd': 'x' }])).toBe("'=cmd\nx\n")
    expect(encode([{ text: '-1' }], { escapeFormulas: false })).toBe('text\n-1\n')
  })

  it('keeps the empty text, the text NA and null apart, and never writes an empty line', () => {
    expect(encode([{ a: '', b: 'NA', c: null, d: undefined }])).toBe('a,b,c,d\n"","NA",,\n')
    expect(encode([{ a: null }, { a: '' }])).toBe('a\n""\n""\n')
  })

  it('writes what csvDecoder reads back, bit for bit', () => {
    const Row = record({ s: string().nullable(), n: number().nullable(), b: boolean(), t: string() })
    const text = fc
      .oneof(
        fc.string({ unit: 'binary' }),
        fc
          .array(fc.constantFrom('"', ',', '\r\n', '\n', '=', '-', 'NA', 'é', '😀'), { maxLength: 5 })
          .map((parts) => parts.join('')),
      )
      .map((each) => each.replaceAll('\0', ''))
    const row = fc.record({
      s: fc.option(text),
      n: fc.option(
        fc.oneof(
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.double({ min: 2 ** 50, max: 1e22, noNaN: true }),
        ),
      ),
      b: fc.boolean(),
      t: text,
    })
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 10 }), (rows) => {
        const decoder = csvDecoder(Row)
        decoder.push(new TextEncoder().encode(encode(rows, { escapeFormulas: false })))
        decoder.end()
        const back: unknown[] = []
        while (decoder.next()) back.push(decoder.rejected ? decoder.rejection : decoder.record)
        expect(back).toEqual(rows)
      }),
      { numRuns: 1_000 },
    )
  })

  it('refuses what CSV would lose, and leaves the writer as it was', () => {
    const bad: unknown[] = [
      { a: Number.NaN },
      { a: Infinity },
      { a: {} },
      { a: [1] },
      { a: new Uint8Array(1) },
      { a: new Date(0) },
      { a: () => 1 },
      { a: 'x\0' },
      { a: '\ud800' },
      { a: '\ud800x' },
      { a: '\udc00' },
      { b: 1 },
      {},
      { a: 1, b: 2 },
      [1],
      'a',
      5,
      null,
      undefined,
      new Date(0),
      new Map([['a', 1]]),
    ]
    const writer = new ByteWriter()
    const encoder = csvEncoder()
    encoder.encode({ a: 1 }, writer)
    for (const row of bad) {
      expect(() => encoder.encode(row, writer)).toThrow(refused)
      expect(writer.length).toBe(2)
    }
    expect(() => csvEncoder({ columns: ['id'] }).encode({ Id: 1 }, writer)).toThrow('no property "id"')
    expect(() => csvEncoder().begin([], writer)).toThrow(refused)
    expect(writer.length).toBe(2)
  })

  it('does not take its columns from a row that is refused', () => {
    const encoder = csvEncoder()
    const writer = new ByteWriter()
    encoder.begin({ wrong: Number.NaN }, writer)
    expect(() => encoder.encode({ wrong: Number.NaN }, writer)).toThrow(refused)
    expect(encoder.columns).toBeNull()
    writer.reset()
    encoder.begin({ a: 1 }, writer)
    encoder.encode({ a: 1 }, writer)
    expect(encoder.columns).toEqual(['a'])
    expect(new TextDecoder().decode(writer.view())).toBe('a\n1\n')
  })

  it('refuses wrong options', () => {
    for (const options of [
      { columns: [] },
      { columns: ['a', 'a'] },
      { columns: [''] },
      { columns: 'a' },
      { delimiter: '' },
      { delimiter: '"' },
      { delimiter: '.' },
      { delimiter: 'é' },
      { header: 1 },
      { escapeFormulas: 0 },
      { column: ['a'] },
    ]) {
      expect(() => csvEncoder(options)).toThrow(expect.objectContaining({ code: 'ML_RANGE' }))
    }
    expect(() => csvEncoder({ name: 'csv' })).not.toThrow()
  })
})
