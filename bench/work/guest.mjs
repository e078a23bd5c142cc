// The demo through its hosted guests in one process, as a cluster runs it with one task each: every record between two
// tasks is a frame, every guest has a realm of its own without help from its host. The rows of each sink go to a file.
import { mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { bundlePipeline } from '../../dist/bundle/bundle.js'
import { evaluateBundle } from '../../dist/bundle/evaluate.js'

const [file, base, target] = process.argv.slice(2)
const END_OF_TIME = Number.MAX_SAFE_INTEGER
const CHUNK_BYTES = 1 << 16
const PIECES = 256
const STEPS = 512
const HEAD_BYTES = 16
const [MORE, , FINISHED] = [1, 2, 4]
const [FRAME, APPEND] = [0, 1]

const path = (relative) => new URL(relative, import.meta.url).pathname
const bundle = await bundlePipeline(file, { guestModule: path('../../dist/runtime/flink/guest.js') })

/** A guest in its realm: `call` returns the answer. */
function open(opener, ...args) {
  const exports = evaluateBundle(bundle, { capabilities: {} })
  const hosted = exports[opener](exports.pipeline, '{}', ...args)
  exports.setPhase('processing')
  let window = Buffer.from(hosted.output())
  const call = (name, ...values) => {
    const length = hosted[name](...values)
    if (length < 0) window = Buffer.from(hosted.output())
    return window.subarray(0, Math.abs(length))
  }
  const put = (bytes, at = 0) => Buffer.from(hosted.input(at + bytes.length)).set(bytes, at)
  return { hosted, call, put }
}

const { plan } = evaluateBundle(bundle).pipeline.program({})
const stages = plan.stages.map((stage, index) => ({
  ...open('openStage', index, 0, '[]'),
  operators: stage.operators,
  upstream: [...new Set(stage.inputs.map(({ edge }) => edge.from.uid))],
  reached: Number.NEGATIVE_INFINITY,
}))
const sources = plan.sources.map(({ uid, options }) => {
  const guest = open('openSplits')
  const number = guest.hosted.open(uid, options.paths[0], '')
  const data = gunzipSync(readFileSync(new URL(options.paths[0], `file://${base}/`)))
  return { ...guest, uid, number, data, at: 0, hungry: true, finished: false, watermark: Number.NEGATIVE_INFINITY }
})
mkdirSync(target, { recursive: true })
const sinks = plan.operators.filter(({ kind }) => kind === 'sink')
const files = new Map(sinks.map(({ uid }) => [uid, openSync(join(target, uid), 'w')]))
let frameBytes = 0

/** Takes an answer apart: frames go to their stages, rows to their sinks. Returns its flags and its count. */
function deliver(answer, operators) {
  const flags = answer.readUInt32LE(0)
  const count = answer.readUInt32LE(4)
  // A copy, as the host makes one: what the frames cause may be written over them.
  const entries = Buffer.from(answer.subarray(HEAD_BYTES))
  for (let at = 0; at < entries.length; ) {
    const kind = entries[at]
    const place = entries.readUInt16LE(at + 1)
    const from = at + (kind === FRAME ? 9 : 7)
    const length = entries.readUInt32LE(from - 4)
    const bytes = entries.subarray(from, from + length)
    if (kind === FRAME) submit(stages[place], entries.readUInt16LE(at + 3), bytes)
    else if (kind === APPEND) writeSync(files.get(operators[place]), bytes)
    at = from + length
  }
  return { flags, count }
}

function submit(stage, input, frame) {
  const head = Buffer.alloc(8)
  head.writeUInt32LE(input, 0)
  head.writeUInt32LE(frame.length, 4)
  frameBytes += frame.length
  stage.put(frame, 8)
  stage.put(head)
  deliver(stage.call('frames', 8 + frame.length), stage.operators)
}

function advance() {
  const watermarkOf = (uid) =>
    sources.find((source) => source.uid === uid)?.watermark ??
    stages.find(({ operators }) => operators.includes(uid)).reached
  for (const stage of stages) {
    const watermark = Math.min(...stage.upstream.map(watermarkOf))
    if (!(watermark > stage.reached)) continue
    stage.hosted.advance(watermark)
    while ((deliver(stage.call('run', STEPS), stage.operators).flags & MORE) !== 0);
    stage.reached = watermark
    if (watermark < END_OF_TIME) continue
    deliver(stage.call('end'), stage.operators)
    deliver(stage.call('flush'), stage.operators)
  }
}

for (;;) {
  const source = sources.filter(({ finished }) => !finished).sort((a, b) => a.watermark - b.watermark)[0]
  if (source === undefined) break
  if (source.hungry) {
    const chunk = source.data.subarray(source.at, source.at + CHUNK_BYTES)
    source.at += chunk.length
    source.put(chunk)
    if (chunk.length === 0) source.hosted.end(source.number)
    else source.hosted.push(source.number, chunk.length)
  }
  const answer = source.call('pump', source.number, PIECES)
  source.watermark = answer.readDoubleLE(8)
  const { flags, count } = deliver(answer, [])
  source.hungry = count < PIECES
  source.finished = (flags & FINISHED) !== 0
  if (source.finished) source.watermark = END_OF_TIME
  advance()
}
console.log(JSON.stringify({ frameMb: frameBytes / 1e6 }))
