import { straight, TABLES, throughRecords } from '../../src/evaluate/row-vectors.fixture.ts'
import { demandSame, type FuzzTarget, textBytes } from '../target.ts'

/** A row of each table, of cells that suit their columns. */
const rows = TABLES.map(({ plan, header }) =>
  header
    .map((name, i) => (name === 'y' ? (i % 2 === 0 ? 'yes' : 'no') : plan.numeric.includes(name) ? `${i}.25` : `w${i}`))
    .join(','),
)

/** What `eval` reads: the first byte chooses the table. Vectors from bytes are those of the records, however they are cut. */
export const target: FuzzTarget = {
  name: 'table',
  corpus: () =>
    TABLES.flatMap((_table, i) =>
      [1, 3, 20].map((count) => textBytes(`${String.fromCharCode(i)}${`${rows[i]}\n`.repeat(count)}`)),
    ),
  dictionary: ['""', '"', ',', '\r\n', '\n', 'NA', 'yes', 'no', '-', '.', '1e5', '123456789', 'é', ' ', '\0'],
  run(input) {
    const { plan, header } = TABLES[(input[0] ?? 0) % TABLES.length]
    const first = textBytes(`${header.join(',')}\n`)
    const csv = new Uint8Array(first.length + Math.max(0, input.length - 1))
    csv.set(first)
    csv.set(input.subarray(1), first.length)
    const expected = throughRecords(plan, csv)
    demandSame(straight(plan, csv, csv.length), expected, 'the vectors of the records')
    demandSame(straight(plan, csv, 1 + (input.length % 61)), expected, 'the same from smaller chunks')
  },
}
