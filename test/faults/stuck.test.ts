/** Faults 30, 31: a function that does not return stands still with its thread, or takes all memory; whoever watches the process kills it, and the record is quarantined. */
import { expect, test } from 'vitest'
import { folderWith, rawReadings, readings, rowsOf, start } from '../cli-process.ts'

/** Long enough for a run to come to the record, or to its end. */
const PATIENCE_MS = 5000

/** Bodies of a function over `r`, each to be the last thing that its process does. */
const FATAL = {
  'fault 30: an endless loop': 'for (;;) if (r.at < 0) break',
  'fault 30: a regular expression that goes back again and again': "/^(a+)+$/.test(`${'a'.repeat(40)}!`)",
  'fault 31: more heap than there is':
    'const all: number[][] = []; for (;;) all.push(Array.from({ length: 1e6 }, (_, i) => i + r.at))',
}

test.each(Object.entries(FATAL))(
  '%s: the record is rejected after three deaths at it, and the stream goes on',
  {
    timeout: 180_000,
  },
  async (_name, body) => {
    const map = `((): typeof r => { if (r.at === 1_600_000_500_000) { ${body} } return r })()`
    const cwd = folderWith({ 'readings.ts': readings({ map }), 'raw.csv': rawReadings(1000) })
    const env = { NODE_OPTIONS: '--max-old-space-size=128' }
    let kills = 0
    for (; kills < 25; kills++) {
      const { child, ended } = start(['run', 'readings.ts', '--checkpoint-records', '100'], { cwd, env })
      const watchdog = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
      const { code } = await ended
      clearTimeout(watchdog)
      if (code === 0) break
    }
    expect(kills).toBeGreaterThanOrEqual(3)
    const letters = rowsOf(`${cwd}/out/readings-rejected`).rows.map((row) => JSON.parse(row))
    expect(letters).toMatchObject([{ code: 'ML_POISON', at: 'raw.map-1' }])
    expect(rowsOf(`${cwd}/out/readings`).rows).toHaveLength(999)
  },
)
