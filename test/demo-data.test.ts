import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'

const folder = new URL('../examples/data/', import.meta.url)
const departures = read('departures')
const landings = read('landings')

describe('the flights of the demo', () => {
  test('are the bytes their README names', () => {
    const readme = readFileSync(new URL('README.md', folder), 'utf8')
    for (const { text } of [departures, landings]) {
      expect(readme).toContain(createHash('sha256').update(text).digest('hex'))
    }
  })

  test('tell nothing at departure that only a flight under way could know', () => {
    expect(departures.header).toBe('flightId,carrier,flight,origin,destination,distance,scheduledAt,scheduledMinutes')
    expect(landings.header).toBe('flightId,landedAt,arrivalDelay')
  })

  test('depart 336,776 times and land 327,346 times, each once and after its departure, in order of time', () => {
    const scheduled = new Map(departures.rows.map((row) => [row[0], row[6]]))
    expect(departures.rows.length).toBe(336_776)
    expect(scheduled.size).toBe(336_776)
    const landed = new Set(landings.rows.filter((row) => row[1] > (scheduled.get(row[0]) ?? '~')).map((row) => row[0]))
    expect(landings.rows.length).toBe(327_346)
    expect(landed.size).toBe(327_346)
    expect(outOfOrder(departures.rows, 6) + outOfOrder(landings.rows, 1)).toBe(0)
  })
})

function read(name: string): { text: Buffer; header: string; rows: string[][] } {
  const text = gunzipSync(readFileSync(new URL(`${name}.csv.gz`, folder)))
  const [header, ...lines] = text.toString('utf8').trimEnd().split('\n')
  return { text, header, rows: lines.map((line) => line.split(',')) }
}

/** Instants of one format compare as text; ties go by flightId. */
function outOfOrder(rows: string[][], instant: number): number {
  const key = (row: string[]): string => `${row[instant]} ${row[0]}`
  return rows.filter((row, index) => index > 0 && key(rows[index - 1]) >= key(row)).length
}
