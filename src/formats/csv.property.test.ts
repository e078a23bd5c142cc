import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAll, encoder } from './csv.fixture.ts'
import { referenceCsv } from './csv.reference.ts'
import { csvDecoder } from './csv.ts'
import type { DecoderState } from './decoder.ts'
import { boolean, integer, number, record, string, time } from './schema.ts'

describe('against the reference', () => {
  const Mixed = record({
    s: string().nullable(),
    n: number(),
    b: boolean().nullable(),
    i: integer().nullable(),
    t: time({ utcOffset: '+01:30' }),
  })
  const columns = ['t', 'i', 'ignored', 'n', 's', 'b']
  const number_ = fc.oneof(
    fc.double().map(String),
    fc.integer().map(String),
    fc.constantFrom('1e999', '0x10', '', ' ', '9007199254740993', '-0'),
  )
  const date = fc
    .date({ min: new Date(-1e12), max: new Date(5e12), noInvalidDate: true })
    .map((each) => each.toISOString())
  const time_ = fc.oneof(
    date,
    date.map((text) => text.slice(0, 19).replace('T', ' ')),
    date.map((text) => text.slice(0, 10)),
    fc.constantFrom('2013-02-30', '', '2013-01-01T05:15-0530'),
  )
  const plain = fc.constantFrom(
    '',
    'NA',
    'a',
    'é',
    '😀',
    '"',
    ',',
    '\n',
    '\r\n',
    '\r',
    '\0',
    'true',
    '0',
    'x'.repeat(30),
  )
  const text_ = fc.array(plain, { maxLength: 4 }).map((parts) => parts.join(''))
  const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const row = fc
    .tuple(
      time_,
      fc.oneof(number_, fc.constant('')),
      text_,
      number_,
      text_,
      fc.constantFrom('true', 'false', '1', '0', 'NA', 'TRUE'),
    )
    .map((cells) => `${cells.map(quoted).join(',')}\n`)
  const noise = fc
    .array(fc.constantFrom('"', '""', ',', '\n', '\r\n', '\r', '\0', 'a', '1', 'é', '\xff', '2013-01-01', '\n\n'), {
      maxLength: 12,
    })
    .map((parts) => parts.join(''))
  const bytesOf = (text: string) =>
    Uint8Array.from(text.split('\xff').flatMap((part, i) => [...(i > 0 ? [0xff] : []), ...encoder.encode(part)]))
  const input = fc
    .tuple(fc.boolean(), fc.array(fc.oneof({ weight: 3, arbitrary: row }, noise), { maxLength: 8 }))
    .map(([mark, parts]) => bytesOf(`${mark ? '\ufeff' : ''}${parts.join('')}`))
  const limit = fc.constantFrom(1, 5, 20, 40, 1000)

  it('gives the same records, rejections and positions, whatever the chunks', () => {
    const cuts = fc.array(fc.nat(400), { maxLength: 6 })
    fc.assert(
      fc.property(input, limit, cuts, fc.boolean(), (bytes, maxRecordBytes, places, single) => {
        const options = { header: false, columns, maxRecordBytes }
        const whole = decodeAll(csvDecoder(Mixed, options), [bytes])
        expect(whole.pieces.map(({ raw: _, reason: __, ...piece }) => piece)).toEqual(
          referenceCsv(bytes, Mixed, options),
        )
        const ends = single ? Array.from(bytes, (_, i) => i) : [...places].sort((a, b) => a - b)
        const chunks = [0, ...ends].map((from, i, all) => bytes.subarray(from, all[i + 1] ?? bytes.length))
        expect(decodeAll(csvDecoder(Mixed, options), chunks)).toEqual(whole)
        const ended = csvDecoder(Mixed, options)
        ended.push(bytes)
        ended.end()
        expect(decodeAll(ended, [])).toEqual(whole)
      }),
      { numRuns: 3_000 },
    )
  })

  it('resumes from any state with exactly the rest', () => {
    const header = encoder.encode('t,i,ignored,n,s,b\n')
    fc.assert(
      fc.property(
        input,
        limit.map((max) => Math.max(20, max)),
        (bytes, maxRecordBytes) => {
          if (bytes[0] === 0xef) bytes = bytes.subarray(3)
          const all = Uint8Array.from([...header, ...bytes])
          const { pieces, states } = decodeAll(csvDecoder(Mixed, { maxRecordBytes }), [all])
          for (const [i, state] of states.entries()) {
            const resumed = csvDecoder(Mixed, { maxRecordBytes }, JSON.parse(JSON.stringify(state)) as DecoderState)
            const rest = decodeAll(resumed, [all.subarray(state.consumed)])
            expect(rest.pieces).toEqual(pieces.slice(i))
            if (i > 0) expect(rest.states).toEqual(states.slice(i))
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
