// JSON lines → decode → features → learn → JSON lines exactly once, against a bare loop and against itself without checkpoints.
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { line, measure, median } from './measure.mjs'

export async function jsonl({ folder, rounds = 5, count = 400_000 }) {
  const events = join(folder, 'events.jsonl')
  execFileSync(process.execPath, [new URL('./work/events.mjs', import.meta.url).pathname, events, String(count)])
  const work = (name) => new URL(`./work/${name}`, import.meta.url).pathname
  const cli = new URL('../dist/cli/main.cjs', import.meta.url).pathname
  const run = (every) => {
    for (const name of ['scored', '.millrace', 'out']) rmSync(join(folder, name), { recursive: true, force: true })
    return measure([cli, 'run', work('click-pipeline.mjs'), '--base', folder, '-q', '--checkpoint-every', every])
  }
  const bare = []
  const checked = []
  const unchecked = []
  for (let i = 0; i < rounds; i++) {
    bare.push((await measure([work('bare.mjs'), events, join(folder, 'bare.jsonl')])).cpu)
    checked.push((await run('1s')).cpu)
    unchecked.push((await run('1h')).cpu)
  }
  const pairs = (a, b) => median(a.map((value, i) => value / b[i]))
  const againstBare = pairs(bare, checked)
  const againstSelf = pairs(unchecked, checked)
  const micros = (values) => `${((median(values) / count) * 1e6).toFixed(2)} µs`
  console.log(
    `        bare loop ${micros(bare)}, pipeline ${micros(checked)}, without checkpoints ${micros(unchecked)} of CPU an event`,
  )
  return [
    line(
      'JSON lines to JSON lines exactly once, against a bare loop',
      againstBare.toFixed(2),
      '>= 0.75',
      againstBare >= 0.75,
    ),
    line(
      'the same with a checkpoint each second, against none',
      againstSelf.toFixed(2),
      '>= 0.95',
      againstSelf >= 0.95,
    ),
  ].every(Boolean)
}
