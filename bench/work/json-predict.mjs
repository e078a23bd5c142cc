// JSON lines in memory to predictions, against a bare loop that parses and stringifies the same lines, in turns in one process.
//
// Bare: text of a chunk, split, JSON.parse, JSON.stringify. Ours: bytes, every line checked against its schema, record,
// features, prediction of a model that has learned; malformed lines would be rejected.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { features } from '../../dist/features/features.js'
import { jsonDecoder } from '../../dist/formats/json-lines.js'
import { logistic } from '../../dist/learn/linear/logistic.js'
import { sgd } from '../../dist/learn/linear/sgd.js'
import { ModelRow } from '../../dist/learn/model-row.js'
import { Event } from './click-event.mjs'

const [file, count] = [process.argv[2], Number(process.argv[3])]
execFileSync(process.execPath, [new URL('./events.mjs', import.meta.url).pathname, file, String(count)])
const bytes = readFileSync(file)
const CHUNK = 1 << 18

const inputs = features(Event).numeric('f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7').categorical('page')
const model = new ModelRow(logistic({ inputs, optimizer: sgd(0.05) }))
const x = model.encoder.vector()
const out = new Float64Array(1)

function bare() {
  let length = 0
  let rest = ''
  for (let at = 0; at < bytes.length; at += CHUNK) {
    const lines = (rest + bytes.toString('latin1', at, Math.min(bytes.length, at + CHUNK))).split('\n')
    rest = lines.pop()
    for (const line of lines) length += JSON.stringify(JSON.parse(line)).length
  }
  return length
}

function predicted() {
  const decoder = jsonDecoder(Event)
  let sum = 0
  const drain = () => {
    while (decoder.next()) {
      if (decoder.rejected) throw new Error(decoder.rejection.reason)
      model.encoder.encode(decoder.record, x, false)
      model.learner.predictOne(model.row, 0, x, out)
      sum += out[0]
    }
  }
  for (let at = 0; at < bytes.length; at += CHUNK) {
    decoder.push(bytes.subarray(at, at + CHUNK))
    drain()
  }
  decoder.end()
  drain()
  return sum
}

// The model learns the events once, so that it has something to say.
const first = jsonDecoder(Event)
first.push(bytes)
first.end()
while (first.next()) {
  model.encoder.encode(first.record, x, true)
  model.fit()
  model.learner.learnOne(model.row, 0, x, first.record.clicked ? 1 : 0, 1)
}

const cpuOf = (work) => {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}
const ratios = []
const micros = []
for (let i = 0; i < 9; i++) {
  const [slow, fast] = [cpuOf(bare), cpuOf(predicted)]
  ratios.push(slow / fast)
  micros.push([slow / count, fast / count])
}
const middle = (values) => values.slice(2).sort((a, b) => a - b)[3]
process.stdout.write(
  JSON.stringify({
    ratio: middle(ratios),
    bare: middle(micros.map(([b]) => b)),
    ours: middle(micros.map(([, o]) => o)),
  }),
)
