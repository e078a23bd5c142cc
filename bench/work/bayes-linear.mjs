// Bayesian linear regression over rows in memory, predicted then learned: rows per CPU second once warm.
import { FeatureVector } from '../../dist/features/feature-vector.js'
import { bayesLinear } from '../../dist/learn/bayes/bayes-linear.js'
import { createLearner } from '../../dist/learn/create-learner.js'
import { Xoshiro128 } from '../../dist/numeric/xoshiro128.js'

const [features, rows, passes] = process.argv.slice(2).map(Number)
const random = new Xoshiro128(7)
const numeric = Array.from({ length: features }, (_, i) => ({ name: `x${i}`, nullable: false, max: 1e15 }))
const learner = createLearner(bayesLinear({ inputs: { spec: { version: 1, numeric, categorical: [] } } }))
const labels = new Float64Array(rows)
const vectors = Array.from({ length: rows }, (_, i) => {
  const x = new FeatureVector(features, 0)
  labels[i] = random.nextDouble()
  for (let j = 0; j < features; j++) {
    x.dense[j] = 2 * random.nextDouble() - 1
    labels[i] += ((j % 5) - 2) * x.dense[j]
  }
  return x
})
const out = new Float64Array(learner.outputs)
const row = new Float64Array(learner.size(features))

// The clock of CPU time is coarse: many rounds between two looks at it.
const AT_ONCE = 20

const speeds = []
let error = 0
for (let i = 0; i < passes; i++) {
  learner.init(row, 0, features)
  error = 0
  const before = process.cpuUsage()
  for (let i = 0, r = 0; i < AT_ONCE * rows; i++, r = r + 1 < rows ? r + 1 : 0) {
    learner.testThenTrain(row, 0, vectors[r], labels[r], 1, out)
    error += Math.abs(out[0] - labels[r])
  }
  const { user, system } = process.cpuUsage(before)
  speeds.push((AT_ONCE * rows) / ((user + system) / 1e6))
}
const warm = speeds.slice(2).sort((a, b) => a - b)
process.stdout.write(JSON.stringify({ rowsPerCpuSecond: warm[warm.length >> 1], mae: error / rows / AT_ONCE }))
