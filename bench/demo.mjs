// The demo, installation and build aside: wall seconds and peak memory.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { line, measure, median } from './measure.mjs'

const path = (relative) => new URL(relative, import.meta.url).pathname

export async function demo({ folder, rounds = 3 }) {
  const runs = []
  for (let i = 0; i < rounds; i++) {
    for (const name of ['out', '.millrace']) rmSync(join(folder, name), { recursive: true, force: true })
    const params = ['departures', 'landings'].flatMap((name) => [
      '--param',
      `${name}=${path(`../examples/data/${name}.csv.gz`)}`,
    ])
    runs.push(
      await measure([
        path('../dist/cli/main.cjs'),
        'run',
        path('../examples/flight-delays.ts'),
        '--base',
        folder,
        '-q',
        ...params,
      ]),
    )
  }
  const wall = median(runs.map((run) => run.wall))
  const rss = median(runs.map((run) => run.rssMb))
  return [
    line('the demo: 664,122 records, seconds', wall.toFixed(1), '<= 10 s', wall <= 10),
    line('the demo: peak memory', `${rss.toFixed(0)} MB`, '<= 250 MB', rss <= 250),
  ].every(Boolean)
}
