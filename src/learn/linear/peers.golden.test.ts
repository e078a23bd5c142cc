// Whole data sets, tested then trained in the order of the file, against what River 0.26.1 reached: test/golden/.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describeWithData, readSharedColumns } from '../../../test/shared-data.ts'
import { type Features, features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import { decide, type LearnerSpec, type Task } from '../learner.ts'
import { ModelRow } from '../model-row.ts'
import { adagrad } from './adagrad.ts'
import { linear } from './linear.ts'
import { logistic } from './logistic.ts'
import { huber } from './losses.ts'
import { softmax } from './softmax.ts'
import { svm } from './svm.ts'

interface Golden {
  readonly task: Task
  readonly label: string
  readonly positive: string | null
  readonly numeric: readonly string[]
  readonly categorical: readonly string[]
  readonly results: readonly { tool: string; family: string; method: string; accuracy?: number; r2?: number }[]
}

type Inputs = { readonly inputs: Features<never> }

/** By what a method of River says; `same` where we must come out the same to 4 digits, else within 0.005 or better. */
const methods: Record<Task, readonly { river: string; same: boolean; make: (at: Inputs) => unknown }[]> = {
  binary: [
    { river: 'LogisticRegression(optim.SGD(0.01))', same: true, make: logistic },
    {
      river: 'LogisticRegression(optim.AdaGrad(0.1))',
      same: true,
      make: (at) => logistic({ ...at, optimizer: adagrad(0.1), interceptRate: 0.01 }),
    },
    { river: 'LogisticRegression(optim.SGD(0.01), loss=optim.losses.Hinge())', same: true, make: svm },
  ],
  multiclass: [
    { river: 'SoftmaxRegression(optim.SGD(0.01))', same: true, make: (at) => softmax({ ...at, intercept: false }) },
    { river: 'SoftmaxRegression(optim.SGD(0.01))', same: false, make: softmax },
  ],
  regression: [
    { river: 'LinearRegression(optim.SGD(0.01))', same: false, make: linear },
    {
      river: 'LinearRegression(optim.SGD(0.01), loss=optim.losses.Huber(10.0))',
      same: true,
      make: (at) => linear({ ...at, loss: huber(10) }),
    },
  ],
}

for (const name of [
  'sea',
  'phishing',
  'bananas',
  'image_segments',
  'covertype_ramp',
  'bikes_hour',
  'nycflights_delay',
]) {
  describeWithData(`linear models on ${name}`, [`${name}.csv.gz`], () => {
    const path = new URL(`../../../test/golden/${name}.json`, import.meta.url)
    const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden
    const columns = readSharedColumns(`${name}.csv.gz`)
    for (const { river, same, make } of methods[golden.task]) {
      const result = golden.results.find(({ tool, method }) => tool === 'River' && method.endsWith(river))
      test(`${river}: ${same ? 'the same to 4 digits' : 'no more than 0.005 below it'}`, () => {
        const expected = result?.accuracy ?? result?.r2 ?? Number.NaN
        const reached = played(golden, columns, make)
        if (same) expect(Math.abs(reached - expected)).toBeLessThan(1e-4)
        else expect(reached).toBeGreaterThan(expected - 0.005)
      })
    }
  })
}

/** Accuracy, of numbers R². */
function played(golden: Golden, columns: Record<string, string[]>, make: (at: Inputs) => unknown): number {
  const { numeric, categorical, task, positive } = golden
  const fields = [...numeric.map((name) => [name, number()]), ...categorical.map((name) => [name, string()])]
  const list = features(record(Object.fromEntries(fields))) as unknown as Record<
    'numeric' | 'categorical',
    (...names: readonly string[]) => typeof list
  >
  const inputs = list.numeric(...numeric).categorical(...categorical) as unknown as Features<never>
  const model = new ModelRow(make({ inputs }) as LearnerSpec)
  const x = model.encoder.vector()
  const out = new Float64Array(model.learner.outputs)
  const labels = columns[golden.label]
  const classes: string[] = []
  let [right, errors, sum, squares] = [0, 0, 0, 0]
  labels.forEach((label, i) => {
    const row: Record<string, unknown> = {}
    for (const name of numeric) row[name] = Number(columns[name][i])
    for (const name of categorical) row[name] = columns[name][i]
    if (task === 'multiclass' && !classes.includes(label)) classes.push(label)
    const y =
      task === 'binary' ? (label === positive ? 1 : 0) : task === 'multiclass' ? classes.indexOf(label) : Number(label)
    model.encoder.encode(row, x, true)
    model.fit()
    model.learner.testThenTrain(model.row, 0, x, y, 1, out)
    if (task === 'binary' && (decide(out[0]) ? 1 : 0) === y) right++
    if (task === 'multiclass' && out[y] > 0 && out.indexOf(Math.max(...out)) === y) right++
    errors += (out[0] - y) ** 2
    sum += y
    squares += y * y
  })
  return task === 'regression' ? 1 - errors / (squares - (sum * sum) / labels.length) : right / labels.length
}
