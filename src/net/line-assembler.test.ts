import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvDecoder } from '../formats/csv.ts'
import { jsonDecoder } from '../formats/json-lines.ts'
import { integer, record, string } from '../formats/schema.ts'
import { LineAssembler } from './line-assembler.ts'

/** What an assembler hands on of a text that comes in chunks of these sizes. */
function assembled(bytes: Uint8Array, sizes: readonly number[], maxLineBytes: number, quoted = false): Buffer {
  const assembler = new LineAssembler(maxLineBytes, quoted)
  const out: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]
    out.push(assembler.take(bytes.subarray(at, at + size)).slice())
    expect(assembler.heldBytes).toBeLessThanOrEqual(maxLineBytes + 2)
    at += size
  }
  return Buffer.concat(out)
}

const text = fc
  .array(fc.constantFrom('\n', '\r\n', '"', 'a', 'bc', ',', '\u00e9', 'x'.repeat(15)), { maxLength: 60 })
  .map((parts) => Buffer.from(parts.join('')))
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })

describe('lines put together', () => {
  test('are the same whatever the chunks are, and all of them where none is too long', () => {
    fc.assert(
      fc.property(text, sizes, (bytes, cuts) => {
        const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1)
        expect(assembled(bytes, cuts, 10_000)).toEqual(whole)
        expect(assembled(bytes, cuts, 20)).toEqual(assembled(bytes, [bytes.length || 1], 20))
        expect(assembled(bytes, cuts, 20, true)).toEqual(assembled(bytes, [bytes.length || 1], 20, true))
      }),
    )
  })

  test('end in a line feed each, and a line too long is one that a decoder of the same limit rejects', () => {
    fc.assert(
      fc.property(text, sizes, (started, cuts) => {
        const bytes = Buffer.concat([started, Buffer.from('\n')])
        const decoder = jsonDecoder(record({ a: integer() }), { maxRecordBytes: 20 })
        decoder.push(assembled(bytes, cuts, 20))
        const lines = bytes.toString('latin1').split('\n').slice(0, -1)
        for (const line of lines) {
          const bare = line.replace(/\r$/, '')
          if (/^[ \t\r]*$/.test(line) && bare.length <= 20) continue
          expect(decoder.next()).toBe(true)
          expect(decoder.rejected && decoder.rejection.code).toBe(bare.length > 20 ? 'ML_RECORD_SIZE' : 'ML_MALFORMED')
        }
        expect(decoder.next()).toBe(false)
      }),
    )
  })

  test('of CSV never let a quote reach into the next line', () => {
    const Row = record({ a: string(), b: string() })
    fc.assert(
      fc.property(text, sizes, (bytes, cuts) => {
        const options = { header: false, columns: ['a', 'b'], maxRecordBytes: 64 }
        const decoder = csvDecoder(Row, options)
        // Between each two lines of one client stands a good one of another.
        const assembler = new LineAssembler(64, true)
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = cuts[i % cuts.length]
          const lines = Buffer.from(assembler.take(bytes.subarray(at, at + size)))
          for (let from = 0; from < lines.length; ) {
            const end = lines.indexOf(10, from) + 1
            decoder.push(lines.subarray(from, end))
            decoder.push(Buffer.from('good,one\n'))
            from = end
          }
          at += size
        }
        let good = 0
        while (decoder.next()) if (!decoder.rejected && decoder.record.a === 'good') good++
        const expected = bytes.toString('latin1').split('\n').length - 1
        expect(good).toBe(expected)
      }),
    )
  })
})
