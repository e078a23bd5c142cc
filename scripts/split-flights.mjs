/**
 * Splits the flights that left New York in 2013 into the two streams of the demo: what is known when a flight is due to
 * depart, and its landing, which carries the label and comes hours later, out of order, or never.
 *
 *   node scripts/split-flights.mjs [FOLDER of flights.csv.gz and airports.csv.gz]
 *
 * The table gives wall clocks; a stream needs instants.
 * - Scheduled departure: `time_hour` is the UTC instant of the scheduled hour (daylight saving applied) and `minute` is
 *   added. The check: New York's clock at that instant reads `sched_dep_time`, on every row.
 * - Scheduled arrival: the first instant after it at which the clock of the destination reads `sched_arr_time`.
 *   No flight of the table is scheduled for 24 hours or more (the longest, to Honolulu, for 11 h 40 min).
 * - Landing: scheduled arrival plus `arr_delay`. The checks: the clock of the destination then reads `arr_time`, and
 *   the flight has been under way, since scheduled departure plus `dep_delay`, at least for its `air_time`.
 *
 * Left out on purpose: `tailnum` is the aircraft that flew, and is missing only where none did, so at the scheduled
 * departure it would tell of a cancellation to come.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'

const repository = dirname(dirname(fileURLToPath(import.meta.url)))
const from = process.argv[2] ?? join(repository, '../shared/data/nycflights13')
const to = join(repository, 'examples/data')
const minuteMs = 60_000
const expected = { flights: 336_776, landed: 327_346, never: 9_430, oddClocks: 1 }

/** Puerto Rico and the US Virgin Islands are missing from airports.csv: Atlantic time, no daylight saving. */
const atlantic = ['BQN', 'PSE', 'SJU', 'STT'].map((faa) => [faa, { standardHours: -4, savesDaylight: false }])
const newYork = { standardHours: -5, savesDaylight: true }

const zones = new Map(atlantic)
for (const { faa, tz, dst } of table('airports.csv.gz')) {
  zones.set(faa, { standardHours: Number(tz), savesDaylight: dst === 'A' })
}

let oddClocks = 0
const departures = []
const landings = []
for (const row of table('flights.csv.gz')) {
  const zone = zones.get(row.dest) ?? fail(`airport ${row.dest} has no time zone`)
  const scheduledAt = Date.parse(row.time_hour) + Number(row.minute) * minuteMs
  check(clockAt(scheduledAt, newYork) === clock(row.sched_dep_time), 'sched_dep_time', row)

  const arrivalAt = nextInstant(scheduledAt, clock(row.sched_arr_time), zone)
  const date = `${row.year}-${row.month.padStart(2, '0')}-${row.day.padStart(2, '0')}`
  const flightId = `${date}-${row.carrier}-${row.flight}-${row.origin}`
  departures.push({
    flightId,
    carrier: row.carrier,
    flight: Number(row.flight),
    origin: row.origin,
    destination: row.dest,
    distance: Number(row.distance),
    scheduledAt,
    scheduledMinutes: (arrivalAt - scheduledAt) / minuteMs,
  })

  if (row.arr_delay === 'NA') continue
  const departedAt = scheduledAt + Number(row.dep_delay) * minuteMs
  const landedAt = arrivalAt + Number(row.arr_delay) * minuteMs
  check(clockAt(departedAt, newYork) === clock(row.dep_time), 'dep_time', row)
  check(landedAt > scheduledAt && landedAt - departedAt >= Number(row.air_time) * minuteMs, 'air_time', row)
  // One landing, in the night the clocks went forward, is written in the standard time that had just ended.
  if (clockAt(landedAt, zone) !== clock(row.arr_time)) {
    check(clockAt(landedAt, { ...zone, savesDaylight: false }) === clock(row.arr_time), 'arr_time', row)
    oddClocks++
  }
  landings.push({ flightId, landedAt, arrivalDelay: Number(row.arr_delay) })
}

const counts = {
  flights: departures.length,
  landed: landings.length,
  never: departures.length - landings.length,
  oddClocks,
}
for (const [name, count] of Object.entries(expected)) {
  if (counts[name] !== count) fail(`${name}: got ${counts[name]}, expected ${count}`)
}
if (new Set(departures.map((row) => row.flightId)).size !== departures.length) fail('flightId is not unique')

console.log(`${counts.flights} flights = ${counts.landed} landed + ${counts.never} that never did`)
write('departures.csv.gz', departures, 'scheduledAt')
write('landings.csv.gz', landings, 'landedAt')

/** Sorts by instant, ties by flightId in code units, and writes the same bytes each time: gzip 9, no time in its header. */
function write(name, rows, instant) {
  rows.sort((a, b) => a[instant] - b[instant] || (a.flightId < b.flightId ? -1 : 1))
  const columns = Object.keys(rows[0])
  const lines = rows.map((row) => columns.map((column) => (column === instant ? iso(row[column]) : row[column])).join())
  const text = Buffer.from(`${columns.join()}\n${lines.join('\n')}\n`)
  const packed = gzipSync(text, { level: 9, memLevel: 9 })
  packed[9] = 255 // The header's operating system: unknown.
  writeFileSync(join(to, name), packed)
  const digest = createHash('sha256').update(text).digest('hex')
  console.log(`${name}: ${rows.length} rows, ${packed.length} bytes; CSV of ${text.length} bytes, sha256 ${digest}`)
}

/** The rows of a gzipped CSV file without quotes, as objects by column name. */
function table(name) {
  const [header, ...lines] = gunzipSync(readFileSync(join(from, name)))
    .toString('utf8')
    .trimEnd()
    .split('\n')
  const columns = header.split(',')
  return lines.map((line) => {
    const cells = line.split(',')
    if (cells.length !== columns.length) fail(`${name}: a row of ${cells.length} cells: ${line}`)
    return Object.fromEntries(columns.map((column, index) => [column, cells[index]]))
  })
}

/** hhmm → minutes after midnight; 2400 is midnight. */
function clock(hhmm) {
  return (Math.floor(Number(hhmm) / 100) * 60 + (Number(hhmm) % 100)) % 1440
}

/** What the clock on the wall of a zone reads at an instant, in minutes after midnight. */
function clockAt(instant, zone) {
  return modulo(instant / minuteMs + offsetMinutes(instant, zone), 1440)
}

/** The first instant after `after` at which the clock of the zone reads `minutes`; its offset is that of the result. */
function nextInstant(after, minutes, zone) {
  const guess = after + modulo(minutes - clockAt(after, zone), 1440) * minuteMs
  const shift = offsetMinutes(guess, zone) - offsetMinutes(after, zone)
  return guess - shift * minuteMs
}

/** Offset from UTC. In 2013 US daylight saving time ran from 10 March to 3 November, each at 02:00 on the wall. */
function offsetMinutes(instant, { standardHours, savesDaylight }) {
  const begins = Date.UTC(2013, 2, 10, 2 - standardHours)
  const ends = Date.UTC(2013, 10, 3, 1 - standardHours)
  return (savesDaylight && instant >= begins && instant < ends ? standardHours + 1 : standardHours) * 60
}

function modulo(value, by) {
  return ((value % by) + by) % by
}

function iso(instant) {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`
}

function check(holds, what, row) {
  if (!holds) fail(`${what} does not agree with the derived instants in ${JSON.stringify(row)}`)
}

function fail(message) {
  console.error(`split-flights: ${message}`)
  process.exit(1)
}
