// Logistic regression over dense rows in memory, tested then trained: rows per CPU second of the best-settled passes.
import { FeatureVector } from '../../dist/features/feature-vector.js'
import { createLearner } from '../../dist/learn/create-learner.js'
import { logistic } from '../../dist/learn/linear/logistic.js'
import { sgd } from '../../dist/learn/linear/sgd.js'
import { Xoshiro128 } from '../../dist/numeric/xoshiro128.js'

const [features, rows, standardise, passes] = process.argv.slice(2).map(Number)
const random = new Xoshiro128(7)
const numeric = Array.from({ length: features }, (_, i) => ({ name: `x${i}`, nullable: false, max: 1e15 }))
const inputs = { spec: { version: 1, numeric, categorical: [] } }
const learner = createLearner(logistic({ inputs, optimizer: sgd(0.01), standardise: standardise === 1 }))
// Rows in memory as vectors, as the C loop has them as arrays.
const truth = Float64Array.from({ length: features }, () => 2 * random.nextDouble() - 1)
const labels = new Float64Array(rows)
const vectors = Array.from({ length: rows }, (_, i) => {
  const x = new FeatureVector(features, 0)
  let score = 0
  for (let j = 0; j < features; j++) {
    x.dense[j] = random.nextDouble() - 0.5
    score += truth[j] * x.dense[j]
  }
  labels[i] = score > 0 ? 1 : 0
  return x
})

const out = new Float64Array(1)
const row = new Float64Array(learner.size(features))

function pass() {
  learner.init(row, 0, features)
  let correct = 0
  for (let i = 0; i < rows; i++) {
    learner.testThenTrain(row, 0, vectors[i], labels[i], 1, out)
    if (out[0] > 0.5 === (labels[i] === 1)) correct++
  }
  return correct / rows
}

// The clock of CPU time is coarse: many passes between two looks at it.
const AT_ONCE = 100

const speeds = []
let accuracy = 0
for (let i = 0; i < passes; i++) {
  const before = process.cpuUsage()
  for (let j = 0; j < AT_ONCE; j++) accuracy = pass()
  const { user, system } = process.cpuUsage(before)
  speeds.push((AT_ONCE * rows) / ((user + system) / 1e6))
}
const warm = speeds.slice(2).sort((a, b) => a - b)
process.stdout.write(JSON.stringify({ rowsPerCpuSecond: warm[warm.length >> 1], accuracy }))
