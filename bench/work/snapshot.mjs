// Models of 100 MB in the embedded engine with checkpoints: how long a turn of the event loop takes, by the wall and in
// CPU time of the process. On a shared machine the wall shows the neighbours too; the CPU time counts our threads alone.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { features, logistic, number, pipeline, record, sgd, string } from 'millrace'
import { run } from 'millrace/embedded'

const KEYS = 480_000
const ROUNDS = 4
const fields = Object.fromEntries(Array.from({ length: 20 }, (_unused, i) => [`f${i}`, number()]))
const Event = record({ key: string(), label: number(), ...fields })
const model = logistic({
  inputs: features(Event).numeric(...Object.keys(fields)),
  optimizer: sgd(0.05),
  standardise: false,
})

const rest = Array.from({ length: 64 }, (_unused, i) => {
  const values = Object.keys(fields).map((name, j) => `"${name}":${((i * 31 + j * 17) % 100) / 100}`)
  return Buffer.from(`","label":${i % 2},${values.join(',')}}\n`)
})
/** Each key once a round, in a scattered order. */
const events = {
  kind: 'events',
  splits: async () => [{ id: '0' }],
  open: async (_context, _split, _offset) => {
    let at = 0
    const chunk = Buffer.alloc(1 << 19)
    return {
      read: async () => {
        if (at >= KEYS * ROUNDS) return null
        let length = 0
        for (let i = 0; i < 1000; i++, at++) {
          length += chunk.write(`{"key":"k${Math.imul(at % KEYS, 0x9e3779b1) >>> 0}`, length, 'latin1')
          length += rest[at & 63].copy(chunk, length)
        }
        return chunk.subarray(0, length)
      },
      close: async () => {},
    }
  },
}
const declared = pipeline('snapshot', ({ from }) => {
  from('events', { role: 'source', kind: 'events', options: {}, format: { name: 'jsonl' }, schema: Event })
    .keyBy((e) => e.key)
    .learn('model', model, { label: (e) => (e.label > 0 ? 1 : 0) })
})

const base = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
const handle = await run(declared, { base, checkpointEvery: '1500ms', connectors: { sources: [events], sinks: [] } })
let watching = false
let longestMs = 0
let longestCpuMs = 0
let sizeBytes = 0
let checkpoints = 0
let last
const timer = setInterval(() => {
  const { records, lastCheckpoint } = handle.progress()
  // From the second round on every key is there and the state has its full size.
  if (records > KEYS * 1.2 && !watching) {
    watching = true
    last = lastCheckpoint?.id
    watchTurns()
  }
  if (watching && lastCheckpoint !== undefined && lastCheckpoint.id !== last) {
    last = lastCheckpoint.id
    checkpoints++
    sizeBytes = lastCheckpoint.sizeBytes
  }
}, 20)

/** One turn of the loop lies between two immediates. */
function watchTurns() {
  let wall = performance.now()
  let cpu = cpuMs()
  const turn = () => {
    const wallNow = performance.now()
    const cpuNow = cpuMs()
    longestMs = Math.max(longestMs, wallNow - wall)
    // The loop's thread took neither more than the wall's time nor more than all threads together.
    longestCpuMs = Math.max(longestCpuMs, Math.min(wallNow - wall, cpuNow - cpu))
    wall = wallNow
    cpu = cpuNow
    if (watching) setImmediate(turn)
  }
  turn()
}

function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

await handle.done
watching = false
clearInterval(timer)
rmSync(base, { recursive: true })
console.log(JSON.stringify({ longestMs, longestCpuMs, sizeBytes, checkpoints }))
