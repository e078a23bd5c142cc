// A million keyed logistic models of 20 features in one stage: speed on zipf and uniform keys, memory, snapshot, restore.
// The bare loop over the same records runs in turn with it: what the machine can do at the moment.
import { setFlagsFromString } from 'node:v8'
import { features, logistic, number, pipeline, record, sgd, string } from 'millrace'
import { memory } from 'millrace/memory'
import { ByteReader } from '../../dist/bytes/reader.js'
import { ByteWriter } from '../../dist/bytes/writer.js'
import { BareModels } from './bare-models.mjs'
import {
  cpuOf,
  INPUTS,
  keyOf,
  keysOf,
  names,
  recordOf,
  speedOf,
  uniformNumber,
  values,
  zipfNumber,
} from './keyed-records.mjs'

// As `millrace run` does: see stream-flags.ts.
setFlagsFromString('--no-allocation-site-pretenuring')
setFlagsFromString('--max-inlined-bytecode-size-cumulative=2000')

const standardise = process.argv[2] === 'standardise'
const KEYS = Number(process.argv[3] ?? 1_000_000)
const RECORDS = 1_000_000
const ROUNDS = 5
const fields = Object.fromEntries(names.map((name) => [name, number()]))
const Event = record({ key: string(), label: number(), ...fields })
const model = logistic({ inputs: features(Event).numeric(...names), optimizer: sgd(0.05), standardise })
const declared = pipeline('keyed', ({ from }) => {
  from('events', memory([], Event))
    .keyBy((e) => e.key)
    .learn('model', model, { label: (e) => (e.label > 0 ? 1 : 0) })
})
const program = declared.program()
const index = program.plan.stages.findIndex(({ operators }) => operators.includes('model'))
const open = () => program.openStage(index, { emit() {}, sink: () => ({ append() {}, roll() {} }) })

let time = 0
/** Through order buffer, keying, features, test and training. */
function feed(stage, keys) {
  return speedOf(keys, recordOf, () => {
    for (let i = 0; i < keys.count; i++) {
      const value = recordOf(keys, i)
      stage.push(0, { time: ++time, origin: 'events', split: '0', position: time, path: -1, value })
      if ((i & 255) === 255) {
        stage.advance(time)
        while (stage.run(4096));
      }
    }
    stage.advance(time)
    while (stage.run(4096));
  })
}

function feedBare(models, keys) {
  return speedOf(keys, keyOf, () => {
    for (let i = 0; i < keys.count; i++) {
      const inputs = values[i & 4095]
      models.learn(keyOf(keys, i), inputs, inputs[INPUTS] > 0 ? 1 : 0)
    }
  })
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1]

/** Medians of both and of their quotients, each taken of neighbours in time. */
function inTurn(stage, bare, keys) {
  const rounds = Array.from({ length: ROUNDS }, () => ({ ours: feed(stage, keys), bare: feedBare(bare, keys) }))
  return {
    ours: median(rounds.map(({ ours }) => ours)),
    bare: median(rounds.map(({ bare }) => bare)),
    ratio: median(rounds.map(({ ours, bare }) => ours / bare)),
  }
}

const each = keysOf(KEYS, (i) => i)
const zipf = keysOf(RECORDS, () => zipfNumber(KEYS))
const uniform = keysOf(RECORDS, () => uniformNumber(KEYS))
globalThis.gc()
const before = process.memoryUsage().rss
let stage = open()
const created = feed(stage, each)
feed(stage, zipf)
feed(stage, uniform)
globalThis.gc()
const bytes = process.memoryUsage().rss - before
let bare = new BareModels(standardise)
const createdBare = feedBare(bare, each)
const onZipf = inTurn(stage, bare, zipf)
const onUniform = inTurn(stage, bare, uniform)

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
const bareParts = bare.snapshot()
stage = undefined
bare = undefined
globalThis.gc()
// The first restore also pays for fresh memory, as a new process does: its time is the figure. The ratio is that of several.
const restores = Array.from({ length: 3 }, () => {
  const restored = open()
  const ours = cpuOf(() => {
    for (const { uid, group, part } of groups) restored.restoreGroup(uid, group, new ByteReader(part, 'bench'))
  })
  feed(restored, { ...uniform, count: 1000 })
  const restoredBare = new BareModels(standardise)
  return { ours, bare: cpuOf(() => restoredBare.restore(bareParts)) }
})
const restoreS = restores[0].ours
const restoreRatio = median(restores.map(({ ours, bare }) => ours / bare))
const snapshotBytes = groups.reduce((sum, { part }) => sum + part.length, 0)
console.log(
  JSON.stringify({ created, createdBare, onZipf, onUniform, bytes, restoreS, restoreRatio, longestMs, snapshotBytes }),
)
