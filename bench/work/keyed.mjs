// A million keyed logistic models of 20 features in one stage: speed on zipf and uniform keys, memory, snapshot.
// The bare loop over the same records runs in turn with it: what the machine can do at the moment.
// The parts of the snapshot go into the folder that is named last, for keyed-restore.mjs.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ByteWriter } from '../../dist/bytes/writer.js'
import { BareModels, feedBare } from './bare-models.mjs'
import { keysOf, uniformNumber, zipfNumber } from './keyed-records.mjs'
import { feed, keyedStage } from './keyed-stage.mjs'

const [, , name, keys, folder] = process.argv
const standardise = name === 'standardise'
const KEYS = Number(keys)
const RECORDS = 1_000_000
const ROUNDS = 5
const open = keyedStage(standardise)

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
const stage = open()
const created = feed(stage, each)
feed(stage, zipf)
feed(stage, uniform)
globalThis.gc()
const bytes = process.memoryUsage().rss - before
const bare = new BareModels(standardise)
const createdBare = feedBare(bare, each)
const onZipf = inTurn(stage, bare, zipf)
const onUniform = inTurn(stage, bare, uniform)

const capture = stage.capture()
const writer = new ByteWriter(1 << 20)
let longestMs = 0
let snapshotBytes = 0
for (let group = 0; group < 128; group++) {
  const start = performance.now()
  capture.writeGroup(group, writer, (uid, part) => {
    snapshotBytes += part.length
    writeFileSync(join(folder, `${group}~${uid}`), part)
  })
  longestMs = Math.max(longestMs, performance.now() - start)
}
capture.release()
console.log(JSON.stringify({ created, createdBare, onZipf, onUniform, bytes, longestMs, snapshotBytes }))
