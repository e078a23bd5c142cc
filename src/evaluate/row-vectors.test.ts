import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planOf, problems, straight, TABLES, throughRecords } from './row-vectors.fixture.ts'

const [{ plan }] = TABLES

const long = ['1234', '-123456.789', '0.056443', '12345678', '999999999', '1234567890', '12345.67890', '-0.0']
const wrong = ['-', '.', '.5', '5.', '5.x', '1.2.3', '--1', '12345.', '+4', '1e300', 'x', 'NA']
const cell = fc.oneof(
  fc.constantFrom('1', '-2.5', '1e3', '', '"7"', '""', '0.1234567890123456789', ...long, ...wrong),
  fc.tuple(fc.nat(99_999), fc.nat(9999)).map(([whole, part]) => `${whole}.${part}`),
  fc.integer({ min: -999_999_999, max: 999_999_999 }).map(String),
)
const words = ['abcd', 'ab d', 'abc ', ' x', 'abcdefgh', 'abcdefg', 'abcd efgh', 'a-b_c', 'a;b', '~', '!']
const text = fc.oneof(
  fc.constantFrom('', 'NA', '"NA"', '""', 'p', 'q', '"a ""quoted"" one"', '"with, comma"', 'é', '"p"', ...words),
  fc.string({ maxLength: 9, unit: fc.constantFrom('a', 'b', 'Z', '9', ' ', '.') }),
)
const number = fc.oneof({ arbitrary: fc.nat(5000).map(String), weight: 20 }, { arbitrary: fc.constant(''), weight: 1 })
const category = fc.constantFrom('p', 'abcdefgh')
const label = fc.constantFrom('yes', 'no', '"yes"', 'maybe', '')
const ends = fc.constantFrom('\n', '\r\n')

describe('vectors read straight from rows', () => {
  for (const { plan, header } of TABLES) {
    const columns = header.map((name) => (name === 'y' ? label : plan.numeric.includes(name) ? cell : text))
    const row = fc.tuple(fc.tuple(...columns), fc.boolean())
    const ordinary = columns.map((kind) => (kind === cell ? number : kind === text ? category : fc.constant('yes')))
    const usual = fc.tuple(fc.tuple(...ordinary))
    const rows = fc.array(fc.oneof(row, usual), { maxLength: 40 })

    it(`are those of the encoder for the records of the same rows, and the same rows are rejected: ${header.length} columns`, () => {
      fc.assert(
        fc.property(rows, fc.integer({ min: 1, max: 300 }), ends, (lines, chunk, end) => {
          const cut = ([cells, isCut = false]: readonly [string[], boolean?]) =>
            cells.slice(0, isCut && cells[0] === 'x' ? header.length - 2 : header.length).join(',')
          const csv = new TextEncoder().encode([header.join(','), ...lines.map(cut), ''].join(end))
          expect(straight(plan, csv, chunk)).toEqual(throughRecords(plan, csv))
        }),
        { numRuns: header.length > 10 ? 150 : 700 },
      )
    })
  }

  it('are right of a table of any width', () => {
    const numeric = Array.from({ length: 50_000 }, (_unused, i) => `n${i}`)
    const wide = planOf(numeric, [])
    const csv = new TextEncoder().encode(`${numeric.join(',')},y\n${numeric.map((_name, i) => i).join(',')},yes\n`)
    expect(straight(wide, csv, csv.length)).toEqual(throughRecords(wide, csv))
  })

  it('says which cell is wrong, and how', () => {
    const csv = 'a,b,c,d,y\n1,2,p,q,yes\n1,two,p,q,yes\n1,2,p,q,perhaps\n1,1e20,p,q,no\n1,2,p\n'
    expect(problems(plan, new TextEncoder().encode(csv))).toEqual([
      'column "b": "two" is not a plain decimal number',
      'the label "perhaps" is not "yes" or "no"',
      'column "b": "1e20" is larger than 1000000000000000',
      'the row has 3 cells, not 5',
    ])
  })
})
