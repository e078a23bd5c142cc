import { describe, expect, test } from 'vitest'
import { decodeAll, type Piece } from './json-lines.fixture.ts'
import { type JsonLinesOptions, jsonDecoder } from './json-lines.ts'
import { boolean, integer, number, type RecordSchema, record, string, time } from './schema.ts'

const encoder = new TextEncoder()
const Flight = record({ id: string(), distance: number(), note: string().nullable() })
function decode(
  text: string | Uint8Array,
  schema: RecordSchema<unknown> = Flight,
  options: JsonLinesOptions = {},
): Piece[] {
  return decodeAll(schema, options, [typeof text === 'string' ? encoder.encode(text) : text]).pieces
}

/** Why a line of Flight is rejected, with its code; undefined when it is not. */
function reason(line: string | Uint8Array, schema: RecordSchema<unknown> = Flight): string | undefined {
  const [piece] = decode(line, schema)
  return piece.reason === undefined ? undefined : `${(piece.outcome as { code: string }).code} ${piece.reason}`
}

function outcomes(pieces: Piece[]): unknown[] {
  return pieces.map((piece) => piece.outcome)
}

describe('JSON lines', () => {
  test('become records with the fields of the schema in its order, whatever the order of the line', () => {
    const pieces = decode(
      '{"id":"a","distance":1.5,"note":"x"}\n{ "note" : null , "distance":-2e3,"id":"b" }\n{"distance":0,"id":""}\n',
    )
    expect(outcomes(pieces)).toEqual([
      { id: 'a', distance: 1.5, note: 'x' },
      { id: 'b', distance: -2000, note: null },
      { id: '', distance: 0, note: null },
    ])
    for (const { outcome } of pieces) expect(Object.keys(outcome as object)).toEqual(['id', 'distance', 'note'])
  })

  test('carry byte offsets past a byte order mark, CRLF, blank lines and a last line without line break', () => {
    const lines = [
      '\ufeff{"id":"é","distance":1}\r\n',
      '\n',
      ' \t\r\n',
      '{"id":"b","distance":2}\n',
      'oops\r\n',
      '{"id":"c","distance":3}',
    ]
    const at = lines.map((_, i) => encoder.encode(lines.slice(0, i).join('')).length)
    const pieces = decode(lines.join(''))
    expect(pieces.map(({ position, consumed, row }) => [position, consumed, row])).toEqual([
      [3, at[1], 0],
      [at[3], at[4], 1],
      [at[4], at[5], 2],
      [at[5], at[5] + 23, 3],
    ])
    expect(pieces[2].raw).toBe('oops')
    expect(decode('\ufeff')).toEqual([])
    expect(decode('\n\n \n')).toEqual([])
  })

  test('take a byte order mark at the very start only, not where reading resumes', () => {
    const line = encoder.encode('\ufeff{"id":"a","distance":1}\n')
    const { pieces } = decodeAll(Flight, {}, [line], { consumed: 100, row: 5, header: null })
    expect(pieces).toMatchObject([{ outcome: { code: 'ML_MALFORMED' }, position: 100, consumed: 127, row: 5 }])
  })

  test('keep their place over megabytes, whether chunks are taken one by one or several at once', () => {
    const line = (i: number): string => `{"id":"${'é'.repeat(i % 100)}","distance":${i}}`
    const text = Array.from({ length: 10_000 }, (_, i) => line(i)).join('\n')
    const bytes = encoder.encode(text)
    for (const [size, together] of [
      [50, 1],
      [70_000, 1],
      [30_000, 3],
      [bytes.length, 1],
    ]) {
      const decoder = jsonDecoder(Flight)
      let row = 0
      let at = 0
      const drain = (): void => {
        while (decoder.next()) {
          if (decoder.position !== at || decoder.row !== row) expect([decoder.position, decoder.row]).toEqual([at, row])
          if (decoder.rejected || decoder.record.distance !== row) expect(decoder.rejection).toEqual(row)
          at += encoder.encode(line(row++)).length + 1
        }
      }
      for (let from = 0, pushed = 1; from < bytes.length; from += size, pushed++) {
        decoder.push(bytes.subarray(from, from + size))
        if (pushed % together === 0) drain()
      }
      decoder.end()
      drain()
      expect([row, decoder.consumed]).toEqual([10_000, bytes.length])
    }
  })

  test('may nest, name and order what no field asks for as they like, as long as it is JSON', () => {
    const extra = '"x":{"a":[1,{"b":"\\u00e9\\n"},[]],"c":{}},"y":[true,false,null,-0.5e-3,"é"]'
    for (const line of [
      `{${extra},"id":"a","distance":1}`,
      `{"id":"a",${extra},"distance":1}`,
      `{"id":"a","distance":1,${extra} } `,
    ]) {
      expect(outcomes(decode(`${line}\n${line}`))).toEqual(Array(2).fill({ id: 'a', distance: 1, note: null }))
    }
  })

  test('keep __proto__, constructor and toString as data, in fields and beside them', () => {
    const Odd = record({ ['__proto__']: string(), constructor: number(), toString: string().nullable() })
    const [{ outcome }] = decode('{"__proto__":"p","constructor":1,"hasOwnProperty":{"__proto__":{"polluted":1}}}', Odd)
    expect(Object.getPrototypeOf(outcome)).toBe(Object.prototype)
    expect(Object.entries(outcome as object)).toEqual([
      ['__proto__', 'p'],
      ['constructor', 1],
      ['toString', null],
    ])
    expect(({} as { polluted?: unknown }).polluted).toBe(undefined)
    expect(outcomes(decode('{"__proto__":{"distance":9},"id":"a","distance":1}'))).toEqual([
      { id: 'a', distance: 1, note: null },
    ])
  })

  test('give strings exactly: escapes, pairs of surrogates, any script, any length', () => {
    const texts = ['\b\f\n\r\t"\\/', 'é', '日本', '😀', '\u007f\u0080\uffff', 'x'.repeat(5000), '', 'é'.repeat(40)]
    for (const text of texts) {
      const escaped = Array.from(
        { length: text.length },
        (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`,
      ).join('')
      for (const literal of [JSON.stringify(text), `"${escaped}"`, `"${escaped.toUpperCase().replaceAll('U', 'u')}"`]) {
        expect(outcomes(decode(`{"id":${literal},"distance":1}`))).toEqual([{ id: text, distance: 1, note: null }])
      }
    }
    expect(outcomes(decode('{"\\u0069\\u0064":"\\/","distance":1}'))).toEqual([{ id: '/', distance: 1, note: null }])
  })

  test('read times as the field declares them', () => {
    const Times = record({
      iso: time(),
      local: time({ utcOffset: '-05:00' }),
      ms: time({ unit: 'ms' }),
      s: time({ unit: 's' }),
    })
    const line = (date: string): string =>
      `{"iso":"${date}T05:15:00.250Z","local":"${date} 05:15","ms":1357017300000,"s":1357017300.25}`
    const at = Date.UTC(2013, 0, 1, 5, 15)
    expect(outcomes(decode([line('2013-01-01'), line('2013-01-01'), line('2013-01-02')].join('\n'), Times))).toEqual(
      [0, 0, 86_400_000].map((later) => ({
        iso: at + 250 + later,
        local: at + 18_000_000 + later,
        ms: at,
        s: at + 250,
      })),
    )
    expect(reason('{"iso":"2013-02-29T00:00:00Z"}', Times)).toMatch(
      'ML_FIELD field "iso": "2013-02-29T00:00:00Z" is not an ISO 8601',
    )
    expect(reason('{"iso":"9999-01-01T00:00:00Z"}', Times)).toMatch(
      'is outside 1970-01-01T00:00:00Z to 2100-01-01T00:00:00Z, at column 8',
    )
    expect(reason('{"iso":"2013-01-01T00:00:00"}', Times)).toMatch('has no offset from UTC')
    expect(reason('{"iso":1357017300000}', Times)).toMatch('field "iso": 1357017300000 is not a time')
    expect(reason('{"ms":1.5}', Times)).toMatch('is not a whole number of milliseconds')
    expect(reason('{"s":-1}', Times)).toMatch('is outside 1970')
    expect(reason('{"s":"1"}', Times)).toMatch('"1" is not a time')
  })
})

describe('a line is rejected, and says why', () => {
  test('when it is not JSON', () => {
    const cases: Record<string, string> = {
      '{"id":"a","distance":1}}': 'there is text after the object, at column 24',
      '{"id":"a","distance":1} x': 'there is text after the object, at column 25',
      '{"id":"a","distance":01}': 'a number has a leading zero, at column 22',
      '{"id":"a","distance":-}': 'a value should be here, at column 22',
      '{"id":"a","distance":1.}': 'a number has no digit after its point, at column 22',
      '{"id":"a","distance":1e}': 'a number has no digit in its exponent, at column 22',
      '{"id":"a","distance":.5}': 'a value should be here, at column 22',
      '{"id":"a","distance":+1}': 'a value should be here, at column 22',
      '{"id":"a","distance":0x10}': 'a comma or } should be here, at column 23',
      '{"id":"a","distance":NaN}': 'a value should be here, at column 22',
      '{"id":"a","distance":-Infinity}': 'a value should be here, at column 22',
      '{"id":"a","distance":1,}': 'a name in quotes should be here, at column 24',
      '{"id":"a" "distance":1}': 'a comma or } should be here, at column 11',
      '{"id" "a"}': 'a colon should be here, at column 7',
      '{"id":"a","distance":1': 'the line ends where a comma or } should be, at column 23',
      '{"id":"a': 'a string is not closed, at column 7',
      '{"id":"a\tb","distance":1}': 'a control character in a string, at column 9',
      '{"id":"a\0b","distance":1}': 'a control character in a string, at column 9',
      '{"id":"\\x","distance":1}': 'an unknown escape in a string, at column 8',
      '{"id":"\\u12g4","distance":1}': 'an escape in a string has not four hexadecimal digits, at column 8',
      '{"id":"a","distance":tru}': 'a value should be here, at column 22',
      '{"id":"a","distance":1,"x":[1,]}': 'a value should be here, at column 31',
      '{"id":"a","distance":1,"x":[1 2]}': 'a comma or ] should be here, at column 31',
      '{"id":"a","distance":1,"x":{"y":1,}}': 'a name in quotes should be here, at column 35',
      "{'id':'a'}": 'a name in quotes should be here, at column 2',
      '[1]': 'the line is not a JSON object, at column 1',
      null: 'the line is not a JSON object, at column 1',
      '\0': 'the line is not a JSON object, at column 1',
    }
    for (const [line, why] of Object.entries(cases)) expect([line, reason(line)]).toEqual([line, `ML_MALFORMED ${why}`])
  })

  test('when a name comes twice, in the object, beside the fields or inside them', () => {
    expect(reason('{"id":"a","id":"a","distance":1}')).toBe('ML_MALFORMED the name "id" appears twice, at column 11')
    expect(reason('{"id":"a","\\u0069d":"a","distance":1}')).toBe(
      'ML_MALFORMED the name "id" appears twice, at column 11',
    )
    expect(reason('{"x":1,"id":"a","x":1,"distance":1}')).toBe('ML_MALFORMED the name "x" appears twice, at column 17')
    expect(reason('{"id":"a","distance":1,"x":[{"__proto__":1,"__proto__":1}]}')).toMatch(
      'the name "__proto__" appears twice, at column 44',
    )
    const many = Array.from({ length: 200 }, (_, i) => `"x${i}":${i}`).join()
    expect(reason(`{"id":"a","distance":1,${many}}`)).toBe(undefined)
    for (const again of ['"x0":1', '"x70":1', '"x199":1', '"":1,"":2']) {
      expect(reason(`{"id":"a","distance":1,${many},${again}}\n`)).toMatch('appears twice')
    }
  })

  test('when it holds a lone surrogate, a NUL or bytes that are not UTF-8, in text that is used or not', () => {
    for (const [bad, why] of [
      ['\\ud800', 'a lone surrogate'],
      ['\\udc00', 'a lone surrogate'],
      ['\\ud800\\ud800', 'a lone surrogate'],
      ['\\udc00\\udc00', 'a lone surrogate'],
      ['\\ud83dx', 'a lone surrogate'],
      ['\\u0000', 'a NUL'],
    ]) {
      for (const line of [`{"id":"${bad}"}`, `{"x":"${bad}"}`, `{"${bad}":1}`, `{"x":[{"${bad}":1}]}`])
        expect(reason(line)).toMatch(`ML_MALFORMED ${why} in a string`)
    }
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80]]) {
      for (const [before, after] of [
        ['{"id":"', '","distance":1}'],
        ['{"x":"', '"}'],
        ['{"', '":1}'],
      ]) {
        const line = Uint8Array.from([...encoder.encode(before), ...bad, ...encoder.encode(after)])
        expect(reason(line)).toMatch('ML_MALFORMED a string is not valid UTF-8')
        expect(decode(line)[0].raw).toMatch(`\\x${bad[0].toString(16)}`)
      }
    }
    expect(reason(Uint8Array.from([...encoder.encode('{"id":"a","distance":1}'), 0xff]))).toMatch(
      'there is text after the object',
    )
  })

  test('when it is deeper than 64 levels, at any depth and in bounded time', () => {
    const nested = (levels: number): string => `{"id":"a","distance":1,"x":${'['.repeat(levels)}${']'.repeat(levels)}}`
    expect(reason(nested(63))).toBe(undefined)
    expect(reason(nested(64))).toBe('ML_MALFORMED more than 64 levels deep, at column 91')
    expect(reason(`{"id":${'{"a":'.repeat(100_000)}`)).toMatch('more than 64 levels deep')
    expect(decode(`${'['.repeat(500_000)}\n{"id":"a","distance":1}`)).toHaveLength(2)
  })

  test('when a field is missing or not of its type', () => {
    const cases: Record<string, string> = {
      '{"distance":1}': 'field "id" is missing',
      '{"id":null,"distance":1}': 'field "id": null is not a string, at column 7',
      '{"id":1,"distance":1}': 'field "id": 1 is not a string, at column 7',
      '{"id":["a"],"distance":1}': 'field "id": ["a"] is not a string, at column 7',
      '{"id":"a","distance":"1"}': 'field "distance": "1" is not a number, at column 22',
      '{"id":"a","distance":""}': 'field "distance": "" is not a number, at column 22',
      '{"id":"a","distance":true}': 'field "distance": true is not a number, at column 22',
      '{"id":"a","distance":{}}': 'field "distance": {} is not a number, at column 22',
      '{"id":"a","distance":1e999}': 'field "distance": 1e999 is too large for a double, at column 22',
      '{"id":"a","distance":9007199254740993}':
        'field "distance": 9007199254740993 is an integer past 2^53 that a double cannot hold, at column 22',
    }
    for (const [line, why] of Object.entries(cases)) expect([line, reason(line)]).toEqual([line, `ML_FIELD ${why}`])
    const Typed = record({ i: integer(), b: boolean() })
    expect(
      outcomes(decode('{"i":12.0,"b":true}\n{"i":-0,"b":false}\n{"i":-9007199254740991,"b":true}', Typed)),
    ).toEqual([
      { i: 12, b: true },
      { i: 0, b: false },
      { i: -Number.MAX_SAFE_INTEGER, b: true },
    ])
    for (const bad of ['1.5', '1e3', '9007199254740992', '1.0e0', '"1"', 'null'])
      expect(reason(`{"i":${bad},"b":true}`, Typed)).toMatch('ML_FIELD field "i"')
    for (const bad of ['1', '0', '"true"', 'null'])
      expect(reason(`{"i":1,"b":${bad}}`, Typed)).toMatch(`ML_FIELD field "b": ${bad} is not true or false`)
  })

  test('when the check given with the schema refuses it', () => {
    const validate = (value: unknown): unknown =>
      (value as { d: number }).d > 0 ? { value } : { issues: [{ message: 'must fly', path: ['d'] }] }
    const Checked = record({ d: number() }, { validate: { '~standard': { version: 1, vendor: 'test', validate } } })
    expect(outcomes(decode('{"d":1}\n{"d":0}', Checked))).toEqual([{ d: 1 }, { code: 'ML_CHECK' }])
    expect(reason('{"d":0}', Checked)).toBe('ML_CHECK d: must fly')
  })

  test('when it is too long, however it arrives, and the next line is read', () => {
    const fits = `{"id":"${'x'.repeat(20)}","distance":1}`
    const options = { maxRecordBytes: fits.length }
    for (const feed of ['\n', '\r\n']) {
      for (const step of [1, 7, 1000]) {
        const bytes = encoder.encode([fits, `${fits} `, `${fits}  `, 'y'.repeat(200), ' '.repeat(50), fits].join(feed))
        const chunks = Array.from({ length: Math.ceil(bytes.length / step) }, (_, i) =>
          bytes.subarray(i * step, (i + 1) * step),
        )
        const { pieces } = decodeAll(Flight, options, chunks)
        expect(pieces.map(({ reason: why }) => why)).toEqual([
          undefined,
          ...Array(4).fill(`the line is longer than ${fits.length} bytes`),
          undefined,
        ])
        expect(pieces[3].raw).toBe('y'.repeat(200))
      }
    }
  })

  test('without being held: a line of 64 MiB costs no more memory than the limit', () => {
    const decoder = jsonDecoder(Flight)
    const chunk = new Uint8Array(1 << 16).fill(0x61)
    decoder.push(encoder.encode('{"id":"'))
    const before = process.memoryUsage()
    for (let i = 0; i < 1024; i++) {
      decoder.push(chunk)
      expect(decoder.next()).toBe(false)
    }
    const after = process.memoryUsage()
    expect(after.rss - before.rss).toBeLessThan(16 << 20)
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(8 << 20)
    decoder.push(encoder.encode('"}\n{"id":"a","distance":1}\n'))
    expect([decoder.next(), decoder.rejected, decoder.rejection.code, decoder.rejection.raw.length]).toEqual([
      true,
      true,
      'ML_RECORD_SIZE',
      4096,
    ])
    expect([decoder.next(), decoder.rejected, decoder.record]).toEqual([
      true,
      false,
      { id: 'a', distance: 1, note: null },
    ])
  })
})

describe('options of JSON lines', () => {
  test('are checked', () => {
    expect(() => jsonDecoder(Flight, { maxBytes: 1 })).toThrow('ML_RANGE: there is no option "maxBytes"')
    for (const maxRecordBytes of [0, -1, 1.5, '1', 2 ** 40])
      expect(() => jsonDecoder(Flight, { maxRecordBytes })).toThrow('ML_RANGE')
    const decoder = jsonDecoder(Flight)
    decoder.end()
    expect(() => decoder.push(new Uint8Array(1))).toThrow('ML_RANGE')
  })
})
