/** Fault 30: a function that does not return stands still with its thread; whoever watches the process kills it, and the record is quarantined. */
import { expect, test } from 'vitest'
import { folderWith, rawReadings, readings, rowsOf, start } from '../cli-process.ts'

/** Long enough for a run to come to the record, or to its end. */
const PATIENCE_MS = 5000

test('fault 30: a record at which a function never returns is rejected after three deaths at it, and the stream goes on', {
  timeout: 180_000,
}, async () => {
  const map = '((): typeof r => { if (r.at === 1_600_000_500_000) for (;;) if (r.at < 0) break; return r })()'
  const cwd = folderWith({ 'readings.ts': readings({ map }), 'raw.csv': rawReadings(1000) })
  let kills = 0
  for (; kills < 25; kills++) {
    const { child, ended } = start(['run', 'readings.ts', '--checkpoint-records', '100'], { cwd })
    const watchdog = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    const { code } = await ended
    clearTimeout(watchdog)
    if (code === 0) break
  }
  expect(kills).toBeGreaterThanOrEqual(3)
  const letters = rowsOf(`${cwd}/out/readings-rejected`).rows.map((row) => JSON.parse(row))
  expect(letters).toMatchObject([{ code: 'ML_POISON', at: 'raw.map-1' }])
  expect(rowsOf(`${cwd}/out/readings`).rows).toHaveLength(999)
})
