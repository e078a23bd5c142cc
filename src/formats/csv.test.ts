import { describe, expect, it } from 'vitest'
import { decode, decodeAll, encoder, Flight, malformed, outcomes, reasons, tooLong, wrongField } from './csv.fixture.ts'
import { csvDecoder } from './csv.ts'
import { boolean, integer, number, record, string, time } from './schema.ts'

describe('csvDecoder', () => {
  it('reads columns by name, in any order, and ignores those it does not know', () => {
    const decoder = csvDecoder(Flight)
    const { pieces } = decodeAll(decoder, [encoder.encode('extra,note,distance,id\n,fine,12.5,a\n1,,-0,b\n')])
    expect(outcomes(pieces)).toEqual([
      { id: 'a', distance: 12.5, note: 'fine' },
      { id: 'b', distance: -0, note: null },
    ])
    expect(Object.keys(pieces[0].outcome as object)).toEqual(['id', 'distance', 'note'])
    expect(decoder.ignoredColumns).toEqual(['extra'])
  })

  it('reads a byte order mark, CRLF, blank lines and a last line without line break', () => {
    const pieces = decode('\ufeffid,distance,note\r\n\r\na,1,x\r\n\n\nb,2,y')
    expect(outcomes(pieces)).toEqual([
      { id: 'a', distance: 1, note: 'x' },
      { id: 'b', distance: 2, note: 'y' },
    ])
    expect(pieces.map(({ position, consumed, row }) => [position, consumed, row])).toEqual([
      [23, 30, 0],
      [32, 37, 1],
    ])
  })

  it('reads quoted cells with delimiters, line breaks and doubled quotes', () => {
    expect(outcomes(decode('"id","dist""ance",distance,note\n"a,b",,"1","say ""no""\r\nor, well"\n'))).toEqual([
      { id: 'a,b', distance: 1, note: 'say "no"\r\nor, well' },
    ])
  })

  it('reads every type, and null where a field may be', () => {
    const All = record({
      s: string(),
      n: number(),
      i: integer(),
      b: boolean(),
      t: time(),
      u: time({ unit: 's' }),
      m: time({ unit: 'ms' }),
    })
    expect(
      outcomes(
        decode('s,n,i,b,t,u,m\nNA,1e3,-5,true,2013-01-01T05:15:00-05:00,1.5,7\n,2,3,0,1970-01-01 00:00Z,0,0\n', All),
      ),
    ).toEqual([
      { s: 'NA', n: 1000, i: -5, b: true, t: Date.UTC(2013, 0, 1, 10, 15), u: 1500, m: 7 },
      { s: '', n: 2, i: 3, b: false, t: 0, u: 0, m: 0 },
    ])
    const Nullable = record({ s: string().nullable(), n: number().nullable() })
    expect(outcomes(decode('s,n\nNA,\n"NA",""\n"","NA"\n-,1\n', Nullable))).toEqual([
      { s: null, n: null },
      { s: 'NA', n: null },
      { s: '', n: null },
      { s: '-', n: 1 },
    ])
    expect(outcomes(decode('s,n\nNA,-\n-,1\n', Nullable, { nullValues: ['-'] }))).toEqual([
      { s: 'NA', n: null },
      { s: null, n: 1 },
    ])
  })

  it('reads other delimiters, and files without a header line', () => {
    expect(outcomes(decode('id\tdistance\tnote\n"a,1"\t1\tx\n', Flight, { delimiter: '\t' }))).toEqual([
      { id: 'a,1', distance: 1, note: 'x' },
    ])
    expect(outcomes(decode('a;1;x\n', Flight, { delimiter: ';', header: false }))).toEqual([
      { id: 'a', distance: 1, note: 'x' },
    ])
    const options = { header: false, columns: ['note', 'skip', 'id', 'distance'] }
    expect(outcomes(decode('x,?,a,1\n', Flight, options))).toEqual([{ id: 'a', distance: 1, note: 'x' }])
  })

  it('gives nothing for an empty input, a byte order mark, blank lines or a header alone', () => {
    for (const text of ['', '\ufeff', '\n\r\n\n', 'id,distance,note', 'id,distance,note\n'])
      expect(decode(text)).toEqual([])
  })

  it('makes plain records of field names like __proto__, and leaves prototypes alone', () => {
    const Odd = record({ ['__proto__']: string(), constructor: string() })
    const [{ outcome }] = decode('constructor,__proto__\nc,p\n', Odd)
    expect(Object.entries(outcome as object)).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ])
    expect(Object.getPrototypeOf(outcome)).toBe(Object.prototype)
    expect(({} as { c?: unknown }).c).toBeUndefined()
  })

  it('applies the check of the schema to decoded records', () => {
    const validate = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) =>
          (value as { n: number }).n > 0 ? { value } : { issues: [{ message: 'not positive' }] },
      },
    }
    const pieces = decode('n\n1\n-1\n2\n', record({ n: number() }, { validate }))
    expect(outcomes(pieces)).toEqual([{ n: 1 }, { code: 'ML_CHECK' }, { n: 2 }])
    expect(pieces[1]).toMatchObject({ reason: 'not positive', raw: '-1', position: 4, consumed: 7, row: 1 })
  })
})

describe('rejections', () => {
  it('are rows of another width, and the next row is read', () => {
    const pieces = decode('id,distance,note\na,1\nb,1,x,y\nc,1,x\n')
    expect(outcomes(pieces)).toEqual([malformed, malformed, { id: 'c', distance: 1, note: 'x' }])
    expect(reasons(pieces).slice(0, 2)).toEqual(['the row has 2 cells, not 3', 'the row has 4 cells, not 3'])
    expect(pieces.map((piece) => piece.raw).slice(0, 2)).toEqual(['a,1', 'b,1,x,y'])
  })

  it('are numbers that Number would have guessed (faults 1, 13, 15, 17)', () => {
    for (const text of [
      '',
      ' ',
      '0x10',
      'NaN',
      'Infinity',
      '-Infinity',
      '1e999',
      '1 ',
      '1,5'.replace(',', '_'),
      '9007199254740993',
      'é',
    ]) {
      const pieces = decode(`id,distance,note\na,${text},x\nb,2,x\n`)
      expect([text, ...outcomes(pieces)]).toEqual([text, wrongField, { id: 'b', distance: 2, note: 'x' }])
    }
    expect(reasons(decode('id,distance,note\na,0x10,x\n'))).toEqual([
      'field "distance": "0x10" is not a plain decimal number',
    ])
  })

  it('are times that do not exist, lack an offset or lie outside the range (fault 9)', () => {
    const Event = record({ at: time() })
    expect(
      reasons(
        decode(
          'at\n2013-02-30T00:00:00Z\n2013-01-01T00:00:00\n9999-01-01T00:00:00Z\n1969-12-31T23:59:59.999Z\n',
          Event,
        ),
      ),
    ).toEqual([
      'field "at": "2013-02-30T00:00:00Z" is not an ISO 8601 date-time that exists',
      'field "at": "2013-01-01T00:00:00" has no offset from UTC: say which with time({ utcOffset })',
      'field "at": "9999-01-01T00:00:00Z" is outside 1970-01-01T00:00:00Z to 2100-01-01T00:00:00Z',
      'field "at": "1969-12-31T23:59:59.999Z" is outside 1970-01-01T00:00:00Z to 2100-01-01T00:00:00Z',
    ])
    expect(outcomes(decode('at\n253370764800000\n-1\n1e3\n5\n', record({ at: time({ unit: 'ms' }) })))).toEqual([
      wrongField,
      wrongField,
      wrongField,
      { at: 5 },
    ])
    expect(outcomes(decode('at\n2013-01-01 00:00\n', record({ at: time({ utcOffset: '-05:00' }) })))).toEqual([
      { at: Date.UTC(2013, 0, 1, 5) },
    ])
  })

  it('are NUL and invalid UTF-8, in ignored columns too (fault 6)', () => {
    for (const bad of [[0x00], [0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf]]) {
      for (const column of [0, 1, 2, 3]) {
        const cells: (string | number[])[] = ['a', '1', 'x', 'extra']
        cells[column] = bad
        const row = cells
          .flatMap((cell) => [...(typeof cell === 'string' ? encoder.encode(cell) : cell), 0x2c])
          .slice(0, -1)
        const bytes = Uint8Array.from([
          ...encoder.encode('id,distance,note,more\n'),
          ...row,
          ...encoder.encode('\nb,2,y,é\n'),
        ])
        expect(outcomes(decode(bytes))).toEqual([malformed, { id: 'b', distance: 2, note: 'y' }])
      }
    }
    expect(decode(Uint8Array.from([...encoder.encode('id,distance,note\na,1,'), 0xff, 0x00, 0x0a]))[0].raw).toBe(
      'a,1,\\xff\\x00',
    )
  })

  it('are quotes and carriage returns out of place, up to the next line feed', () => {
    const pieces = decode('id,distance,note\na"b,1,x\nb,2,y\n"c"d,3,z\ne,4,x\ry\nf,5,z\n"g\nh,",6\ni,7,z\nj,8,y\r')
    expect(pieces.map(({ outcome, raw, reason }) => [raw ?? (outcome as { id: string }).id, reason])).toEqual([
      ['a"b,1,x', 'cell 1 has a quote inside unquoted text'],
      ['b', undefined],
      ['"c"d,3,z', 'cell 1 has text after its closing quote'],
      ['e,4,x\ry', 'cell 3 has a carriage return that is not part of a line break'],
      ['f', undefined],
      ['"g\nh,",6', 'the row has 2 cells, not 3'],
      ['i', undefined],
      ['j,8,y', 'cell 3 has a carriage return that is not part of a line break'],
    ])
  })

  it('are the line of a quote that is never closed; the next line is read (fault 5)', () => {
    const pieces = decode('id,distance,note\na,1,"x\nb,2,y\nc,3,z\n')
    expect(outcomes(pieces)).toEqual([
      malformed,
      { id: 'b', distance: 2, note: 'y' },
      { id: 'c', distance: 3, note: 'z' },
    ])
    expect(pieces[0]).toMatchObject({
      raw: 'a,1,"x',
      reason: 'cell 3 has a quote that is never closed',
      position: 17,
      consumed: 24,
    })
    const long = `id,distance,note\na,1,"x\n${'b,2,y\n'.repeat(30)}c,3,"z"\n`
    expect(decode(long, Flight, { maxRecordBytes: 100 })[0]).toMatchObject({
      outcome: tooLong,
      raw: 'a,1,"x',
      consumed: 24,
    })
    expect(decode(long, Flight, { maxRecordBytes: 100 }).length).toBe(32)
  })

  it('hold neither a 64 MiB line nor a 64 MiB quote in memory, and read on after it (fault 5)', () => {
    for (const opening of ['a,1,', 'a,1,"']) {
      const decoder = csvDecoder(Flight)
      decoder.push(encoder.encode(`id,distance,note\n${opening}`))
      const chunk = new Uint8Array(1 << 16).fill(120)
      const before = process.memoryUsage().arrayBuffers
      let most = 0
      for (let i = 0; i < 1024; i++) {
        decoder.push(chunk)
        expect(decoder.next()).toBe(false)
        most = Math.max(most, process.memoryUsage().arrayBuffers - before)
      }
      expect(most).toBeLessThan(8 << 20)
      decoder.push(encoder.encode('\nb,2,y\n'))
      expect([decoder.next(), decoder.rejected, decoder.rejection.code]).toEqual([true, true, 'ML_RECORD_SIZE'])
      expect(decoder.rejection.raw).toBe(opening.padEnd(4096, 'x'))
      expect([decoder.position, decoder.consumed]).toEqual([17, 17 + opening.length + (64 << 20) + 1])
      expect([decoder.next(), decoder.rejected, decoder.record]).toEqual([
        true,
        false,
        { id: 'b', distance: 2, note: 'y' },
      ])
    }
  })

  it('take time in proportion to the input, however often a quote is left open', () => {
    const lines = `a,1,"x\n${'b,2,y\n'.repeat(200)}`.repeat(500)
    const start = performance.now()
    const pieces = decode(`id,distance,note\n${lines}`)
    expect(pieces.length).toBeGreaterThan(500)
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})

describe('the header', () => {
  it('must have every field; the message names the columns found and the nearest', () => {
    const missing = () => decode('flight_id,dist,notes\n')
    expect(missing).toThrow(expect.objectContaining({ code: 'ML_SCHEMA' }))
    expect(missing).toThrow('fields "id", "distance", "note"')
    expect(missing).toThrow('Columns found: "flight_id", "dist", "notes"; did you mean "notes" for "note"?')
    expect(() => decode('id;distance;note\n')).toThrow('Columns found: "id;distance;note"')
  })

  it('must not have a field twice, be malformed, too long or in another encoding', () => {
    expect(() => decode('id,distance,id,note\n')).toThrow(/two columns named "id"/)
    expect(outcomes(decode('id,distance,note,x,x\na,1,y,,\n'))).toEqual([{ id: 'a', distance: 1, note: 'y' }])
    expect(() => decode('id,"distance,note\n')).toThrow(
      /ML_SCHEMA: the CSV header cannot be read: cell 2 has a quote that is never closed/,
    )
    expect(() => decode('id,distance,note\n', Flight, { maxRecordBytes: 10 })).toThrow(
      /cannot be read: the row is longer than 10 bytes/,
    )
    expect(() => decode(Uint8Array.from([0x69, 0xff, 0x0a]))).toThrow(/not valid UTF-8/)
    expect(() => decode(Uint8Array.from([0xff, 0xfe, 0x69, 0x00, 0x64, 0x00, 0x0a, 0x00]))).toThrow(/NUL byte/)
  })

  it('is kept in the state, so that a resumed decoder needs no first line', () => {
    const state = { consumed: 100, row: 7, header: ['note', 'id', 'distance'] }
    const decoder = csvDecoder(Flight, {}, state)
    expect(decoder.state()).toEqual(state)
    const { pieces } = decodeAll(decoder, [encoder.encode('x,a,1\n')])
    expect(pieces).toEqual([{ outcome: { id: 'a', distance: 1, note: 'x' }, position: 100, consumed: 106, row: 7 }])
    expect(() => csvDecoder(Flight, {}, { ...state, header: ['note', 'id'] })).toThrow(/ML_SCHEMA/)
    expect(() => csvDecoder(Flight, {}, { ...state, header: null })).toThrow(/ML_CORRUPT/)
  })
})

describe('options', () => {
  it('are checked when the decoder is made', () => {
    for (const options of [
      { delimiter: '"' },
      { delimiter: ',,' },
      { delimiter: 'é' },
      { header: 1 },
      { columns: ['a'] },
      { header: false, columns: [] },
      { nullValues: 'NA' },
      { maxRecordBytes: 0 },
      { maxRecordBytes: '1 MB' },
      { delimeter: ';' },
    ]) {
      expect(() => csvDecoder(Flight, options)).toThrow(expect.objectContaining({ code: 'ML_RANGE' }))
    }
  })
})
