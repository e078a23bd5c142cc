// The demo through the guests that Flink hosts, all in one process, against the embedded engine: what it costs that
// records travel as bytes. The cluster's own share comes on top.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inTurns, line, median } from './measure.mjs'

const path = (relative) => new URL(relative, import.meta.url).pathname

export async function guest({ folder, rounds = 3 }) {
  for (const name of ['out', '.millrace']) rmSync(join(folder, name), { recursive: true, force: true })
  const example = path('../examples/flight-delays.ts')
  const params = ['departures', 'landings'].flatMap((name) => [
    '--param',
    `${name}=${path(`../examples/data/${name}.csv.gz`)}`,
  ])
  const [embedded, guests] = await inTurns(
    [path('../dist/cli/main.cjs'), 'run', example, '--base', folder, '--fresh', '-q', ...params],
    [path('./work/guest.mjs'), example, path('..'), join(folder, 'guest')],
    rounds,
  )
  const same = ['scores', 'outcomes'].every((sink) => {
    const parts = readdirSync(join(folder, 'out', sink)).filter((name) => name.startsWith('part-'))
    const rows = Buffer.concat(parts.sort().map((name) => readFileSync(join(folder, 'out', sink, name))))
    return rows.equals(readFileSync(join(folder, 'guest', sink)))
  })
  const cpu = [embedded, guests].map((runs) => median(runs.map((run) => run.cpu)))
  const ratio = cpu[0] / cpu[1]
  const { frameMb } = JSON.parse(guests[0].out)
  const seconds = cpu.map((value) => value.toFixed(1)).join(' / ')
  return [
    line('the demo through hosted guests: rows', same ? 'the same' : 'different', 'as of the embedded engine', same),
    line(
      `the demo, embedded / guests: CPU ${seconds} s, ${frameMb.toFixed(0)} MB of frames`,
      ratio.toFixed(2),
      '>= 0.65',
      ratio >= 0.65,
    ),
  ].every(Boolean)
}
