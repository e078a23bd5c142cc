// A million keyed logistic models of 20 features in one stage: speed on zipf and uniform keys, memory, snapshot, restore.
import { features, logistic, number, pipeline, record, sgd, string } from 'millrace'
import { memory } from 'millrace/memory'
import { ByteReader } from '../../dist/bytes/reader.js'
import { ByteWriter } from '../../dist/bytes/writer.js'

const standardise = process.argv[2] === 'standardise'
const KEYS = Number(process.argv[3] ?? 1_000_000)
const RECORDS = 1_000_000
const fields = Object.fromEntries(Array.from({ length: 20 }, (_unused, i) => [`f${i}`, number()]))
const Event = record({ key: string(), label: number(), ...fields })
const names = Object.keys(fields)
const model = logistic({ inputs: features(Event).numeric(...names), optimizer: sgd(0.05), standardise })
const declared = pipeline('keyed', ({ from }) => {
  from('events', memory([], Event))
    .keyBy((e) => e.key)
    .learn('model', model, { label: (e) => (e.label > 0 ? 1 : 0) })
})
const program = declared.program()
const index = program.plan.stages.findIndex(({ operators }) => operators.includes('model'))
const open = () => program.openStage(index, { emit() {}, sink: () => ({ append() {}, roll() {} }) })

let state = 12345
const next = () => {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) / 4294967296
}
// Records are made as a decoder makes them: the key a text out of bytes, the rest by a constructor in schema order.
const values = Array.from({ length: 4096 }, () => Float64Array.from({ length: 21 }, () => next() - 0.5))
const make = new Function(
  'key',
  'v',
  `return { key, label: v[20], ${names.map((name, i) => `${name}: v[${i}]`).join(', ')} }`,
)
const KEY_BYTES = 12
const keys = Buffer.alloc(KEYS * KEY_BYTES)
for (let i = 0; i < KEYS; i++)
  keys.write(`k-${String(Math.imul(i, 0x9e3779b1) >>> 0).padStart(10, '0')}`, i * KEY_BYTES, 'latin1')
const zipf = Uint32Array.from({ length: RECORDS }, () => Math.min(KEYS - 1, Math.floor(KEYS ** next()) - 1))
const uniform = Uint32Array.from({ length: RECORDS }, () => Math.floor(next() * KEYS))
const each = Uint32Array.from({ length: KEYS }, (_unused, i) => i)

let time = 0
/** CPU microseconds of making the records alone, as a decoder would: no part of what is measured. */
function makeOnly(order) {
  const start = process.cpuUsage()
  let kept
  for (let i = 0; i < order.length; i++) {
    const at = order[i] * KEY_BYTES
    kept = make(keys.latin1Slice(at, at + KEY_BYTES), values[i & 4095])
  }
  const { user, system } = process.cpuUsage(start)
  return kept === undefined ? 0 : user + system
}

/** Records per CPU second through order buffer, keying, features, test and training. */
function feed(stage, order) {
  const making = makeOnly(order)
  const start = process.cpuUsage()
  for (let i = 0; i < order.length; i++) {
    const at = order[i] * KEY_BYTES
    const value = make(keys.latin1Slice(at, at + KEY_BYTES), values[i & 4095])
    stage.push(0, { time: ++time, origin: 'events', split: '0', position: time, path: -1, value })
    if ((i & 255) === 255) {
      stage.advance(time)
      while (stage.run(4096));
    }
  }
  stage.advance(time)
  while (stage.run(4096));
  const { user, system } = process.cpuUsage(start)
  return (order.length / (user + system - making)) * 1e6
}
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]

globalThis.gc()
const before = process.memoryUsage().rss
let stage = open()
const created = feed(stage, each)
const onZipf = median([feed(stage, zipf), feed(stage, zipf), feed(stage, zipf)])
const onUniform = median([feed(stage, uniform), feed(stage, uniform), feed(stage, uniform)])
globalThis.gc()
const bytes = process.memoryUsage().rss - before
const capture = stage.capture()
const writer = new ByteWriter(1 << 20)
const groups = []
let longestMs = 0
for (let group = 0; group < 128; group++) {
  const start = performance.now()
  capture.writeGroup(group, writer, (uid, part) => groups.push({ uid, group, part: part.slice() }))
  longestMs = Math.max(longestMs, performance.now() - start)
}
capture.release()
stage = undefined
globalThis.gc()
const restored = open()
const start = process.cpuUsage()
for (const { uid, group, part } of groups) restored.restoreGroup(uid, group, new ByteReader(part, 'bench'))
const { user, system } = process.cpuUsage(start)
feed(restored, uniform.subarray(0, 1000))
const snapshotBytes = groups.reduce((sum, { part }) => sum + part.length, 0)
console.log(
  JSON.stringify({ created, onZipf, onUniform, bytes, restoreS: (user + system) / 1e6, longestMs, snapshotBytes }),
)
