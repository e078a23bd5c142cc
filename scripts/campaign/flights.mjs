/** The flights of the demo, or the first of them, as a plain and a gzip file: both readers have to resume. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { repository } from '../repository.mjs'

/** Writes the first `records` departures and the landings before the last of them; returns params for the pipeline. */
export function cutFlights(folder, records) {
  const [head, ...rows] = lines('departures')
  const kept = rows.slice(0, records)
  const column = head.split(',').indexOf('scheduledAt')
  const last = kept.at(-1).split(',')[column]
  const [landedHead, ...landed] = lines('landings')
  const landedColumn = landedHead.split(',').indexOf('landedAt')
  const before = landed.filter((row) => records >= rows.length || row.split(',')[landedColumn] <= last)
  const departures = join(folder, 'departures.csv')
  const landings = join(folder, 'landings.csv.gz')
  writeFileSync(departures, text(head, kept))
  writeFileSync(landings, gzipSync(text(landedHead, before)))
  return { departures, landings }
}

function lines(name) {
  return gunzipSync(readFileSync(join(repository, `examples/data/${name}.csv.gz`)))
    .toString('latin1')
    .trimEnd()
    .split('\n')
}

function text(head, rows) {
  return Buffer.from(`${[head, ...rows].join('\n')}\n`, 'latin1')
}
