import { referenceCsv } from '../../src/formats/csv.reference.ts'
import { csvDecoder } from '../../src/formats/csv.ts'
import type { CsvOptions } from '../../src/formats/csv-options.ts'
import { boolean, integer, number, record, string, time } from '../../src/formats/schema.ts'
import { demandSame, type FuzzTarget, textBytes } from '../target.ts'
import { bare, piecesOf, sizesOf } from './pieces.ts'

const Row = record({
  s: string(),
  n: number(),
  i: integer().nullable(),
  b: boolean(),
  t: time({ utcOffset: '-05:00' }).nullable(),
})
const columns = ['s', 'n', 'x', 'i', 'b', 't']
const VARIANTS: readonly CsvOptions[] = [
  { header: false, columns, maxRecordBytes: 1 << 20 },
  { header: false, columns, maxRecordBytes: 40, delimiter: ';' },
  { header: true, maxRecordBytes: 300 },
]

const rows = [
  'a,1.5,,3,true,2013-01-01T05:15:00Z\n',
  '"a ""b""\n c",-0,x,NA,0,NA\r\n',
  'é,12345678901234567890,,9007199254740993,1,2013-02-30\n',
  ',"1e999",,,false,2013-01-01 05:15\n"open',
]

/** The first byte chooses the options. Checked against the plain reference, and for all chunks alike. */
export const target: FuzzTarget = {
  name: 'csv',
  corpus: () =>
    VARIANTS.flatMap((_variant, i) =>
      [...rows, rows.join(''), `s,n,i,b,t\n${rows[0]}`, '\ufefft,b,i,n,s\r\n2013-01-01,1,2,3,4'].map((text) =>
        textBytes(String.fromCharCode(i) + (i === 1 ? text.replaceAll(',', ';') : text)),
      ),
    ),
  dictionary: ['""', '"', ',', ';', '\r\n', '\n\n', 'NA', '\ufeff', '2013-01-01T05:15:00.250+05:30', '1e5', '-'],
  run(input) {
    const options = VARIANTS[(input[0] ?? 0) % VARIANTS.length]
    const bytes = input.subarray(1)
    const whole = piecesOf(csvDecoder(Row, options), bytes, [bytes.length])
    const cut = piecesOf(csvDecoder(Row, options), bytes, sizesOf(bytes))
    demandSame(cut.pieces, whole.pieces, 'the same pieces from smaller chunks')
    if (options.header === false) {
      const { maxRecordBytes = 0, delimiter } = options
      const expected = referenceCsv(bytes, Row, { columns, maxRecordBytes, ...(delimiter && { delimiter }) })
      demandSame(bare(whole.pieces), expected, 'the pieces of the reference')
    }
    const at = bytes.length % whole.states.length
    const state = whole.states[at]
    const rest = piecesOf(csvDecoder(Row, options, state), bytes.subarray(state.consumed), [13])
    demandSame(rest.pieces, whole.pieces.slice(at), 'the same pieces after resuming')
  },
}
