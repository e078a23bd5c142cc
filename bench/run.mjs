// `npm run bench [-- name ...]`: speed and memory as ratios against a peer or a limit in the same run.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { demo } from './demo.mjs'
import { evaluation } from './eval.mjs'
import { flink } from './flink.mjs'
import { guest } from './guest.mjs'
import { jsonl } from './jsonl.mjs'
import { kafka } from './kafka.mjs'
import { keyed } from './keyed.mjs'
import { memory } from './memory.mjs'
import { recovery } from './recovery.mjs'
import { slowSink } from './slow-sink.mjs'
import { snapshot } from './snapshot.mjs'
import { socket } from './socket.mjs'

const benches = {
  demo,
  guest,
  memory,
  jsonl,
  keyed,
  snapshot,
  kafka,
  socket,
  slow: slowSink,
  recovery,
  flink,
  eval: evaluation,
}
const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !Object.hasOwn(benches, name))
if (unknown.length > 0) {
  console.error(`there is no bench ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}
console.log(`Node ${process.versions.node}, ${cpus().length} x ${cpus()[0].model}`)
const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
let held = true
try {
  for (const name of chosen.length > 0 ? chosen : Object.keys(benches)) held = (await benches[name]({ folder })) && held
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = held ? 0 : 1
