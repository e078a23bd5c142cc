// Memory over ten times the rows: of enough for the young objects of V8 to have taken the room that they take in the end.
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { line, measure, median } from './measure.mjs'

const work = (name) => new URL(`./work/${name}`, import.meta.url).pathname
const cli = new URL('../dist/cli/main.cjs', import.meta.url).pathname

export async function memory({ folder, count = 600_000 }) {
  // The middle of three: a process in ten takes a fifth more, by when its first full collection comes.
  const peak = async (rows) => {
    execFileSync(process.execPath, [work('events.mjs'), join(folder, 'events.jsonl'), String(rows)])
    const peaks = []
    for (let i = 0; i < 3; i++) {
      for (const name of ['scored', '.millrace', 'out']) rmSync(join(folder, name), { recursive: true, force: true })
      peaks.push((await measure([cli, 'run', work('click-pipeline.mjs'), '--base', folder, '-q'])).rssMb)
    }
    return median(peaks)
  }
  const once = await peak(count)
  const tenTimes = await peak(10 * count)
  const ratio = tenTimes / once
  return line('peak memory over 10 times the rows, against once', ratio.toFixed(2), '<= 1.25', ratio <= 1.25)
}
