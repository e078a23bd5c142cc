// Every prediction of a prefix, against River 0.26.1 row by row: test/golden/river-traces.json, made by bench/peers/traces.py.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describeWithData, readSharedColumns } from '../../../test/shared-data.ts'
import { type Features, features } from '../../features/features.ts'
import { number, record } from '../../formats/schema.ts'
import type { LearnerSpec } from '../learner.ts'
import { ModelRow } from '../model-row.ts'
import { adagrad } from './adagrad.ts'
import { adam } from './adam.ts'
import { ftrl } from './ftrl.ts'
import { invScaling } from './inv-scaling.ts'
import { linear } from './linear.ts'
import { logistic } from './logistic.ts'
import { huber, poisson, quantile, squaredHinge } from './losses.ts'
import { momentum } from './momentum.ts'
import { rmsProp } from './rms-prop.ts'
import { sgd } from './sgd.ts'
import { softmax } from './softmax.ts'
import { svm } from './svm.ts'

interface Trace {
  readonly stream: string
  readonly values: readonly (number | Record<string, number>)[]
  readonly weights?: Readonly<Record<string, number>>
  readonly intercept?: number
}

const traces = JSON.parse(
  readFileSync(new URL('../../../test/golden/river-traces.json', import.meta.url), 'utf8'),
) as Record<string, Trace>

type Inputs = { readonly inputs: Features<never> }
/** Written so that the same options serve every stream. */
const methods: Record<string, (at: Inputs) => unknown> = {
  'logistic-sgd': (at) => logistic({ ...at }),
  'logistic-momentum': (at) => logistic({ ...at, optimizer: momentum(0.01), interceptRate: 0.01 }),
  'logistic-adagrad': (at) => logistic({ ...at, optimizer: adagrad(0.1), interceptRate: 0.01 }),
  'logistic-rmsprop': (at) => logistic({ ...at, optimizer: rmsProp(0.01), interceptRate: 0.01 }),
  'logistic-adam': (at) => logistic({ ...at, optimizer: adam(0.01), interceptRate: 0.01 }),
  'logistic-sgd-inverse-scaling': (at) => logistic({ ...at, optimizer: invScaling(0.1), interceptRate: 0.01 }),
  'logistic-l1': (at) => logistic({ ...at, l1: 0.01 }),
  'logistic-l2': (at) => logistic({ ...at, l2: 0.01 }),
  'logistic-clipped': (at) => logistic({ ...at, clipGradient: 0.3 }),
  'logistic-weighted': (at) => logistic({ ...at }),
  'logistic-no-intercept': (at) => logistic({ ...at, intercept: false }),
  'logistic-hinge': (at) => svm({ ...at }),
  'logistic-squared-hinge': (at) => svm({ ...at, loss: squaredHinge() }),
  'logistic-unscaled': (at) => logistic({ ...at, standardise: false }),
  // Not River's: it takes each step a gradient late and zeroes no weight. Algorithm 1 of the paper, in plain Python.
  'logistic-ftrl-paper-l1=0-l2=0': (at) => logistic({ ...at, optimizer: ftrl(0.1), interceptRate: 0.01 }),
  'logistic-ftrl-paper-l1=1-l2=0': (at) => logistic({ ...at, optimizer: ftrl(0.1, { l1: 1 }), interceptRate: 0.01 }),
  'logistic-ftrl-paper-l1=0-l2=1': (at) => logistic({ ...at, optimizer: ftrl(0.1, { l2: 1 }), interceptRate: 0.01 }),
  'linear-squared': (at) => linear({ ...at }),
  'linear-l1': (at) => linear({ ...at, l1: 0.1 }),
  'linear-l2': (at) => linear({ ...at, l2: 0.1 }),
  'linear-clipped': (at) => linear({ ...at, clipGradient: 10 }),
  'linear-huber-5': (at) => linear({ ...at, optimizer: sgd(0.1), loss: huber(5) }),
  'linear-quantile-0.5': (at) => linear({ ...at, optimizer: sgd(0.1), loss: quantile(0.5), interceptRate: 1 }),
  'linear-quantile-0.9': (at) => linear({ ...at, optimizer: sgd(0.1), loss: quantile(0.9), interceptRate: 1 }),
  'linear-poisson': (at) => linear({ ...at, optimizer: sgd(0.001), loss: poisson() }),
  'softmax-sgd': (at) => softmax({ ...at, intercept: false, maxClasses: 7 }),
  // Adam's correction counts records; River's counts them for each class, so a class that comes late differs.
  'softmax-l2': (at) => softmax({ ...at, intercept: false, maxClasses: 7, l2: 0.01 }),
}

/** The row whose step would pass the least point of the loss, and ends there; River's goes on. */
const until: Record<string, number> = { 'logistic-squared-hinge': 50 }

const labels: Record<string, string> = { electricity: 'class', fried: 'target', image_segments: 'category' }
const files = Object.keys(labels).map((stream) => `${stream}.csv.gz`)

describeWithData('River row by row', files, () => {
  for (const [name, make] of Object.entries(methods)) {
    test(name, () => {
      const trace = traces[name]
      const columns = readSharedColumns(`${trace.stream}.csv.gz`)
      const numeric = Object.keys(columns).filter((column) => column !== labels[trace.stream])
      const schema = record(Object.fromEntries(numeric.map((column) => [column, number()])))
      const inputs = (features(schema) as unknown as { numeric(...names: string[]): Features<never> }).numeric(
        ...numeric,
      )
      const spec = make({ inputs }) as LearnerSpec
      const model = new ModelRow(spec)
      const x = model.encoder.vector()
      const out = new Float64Array(model.learner.outputs)
      const classes: string[] = []
      trace.values.slice(0, until[name]).forEach((value, i) => {
        const row = Object.fromEntries(numeric.map((column) => [column, Number(columns[column][i])]))
        const label = columns[labels[trace.stream]][i]
        model.encoder.encode(row, x, true)
        const code = trace.stream === 'image_segments' ? known(classes, label) : label === 'UP' ? 1 : Number(label) || 0
        const weight = name === 'logistic-weighted' ? (code === 1 ? 2 : 0.5) : 1
        model.learner.testThenTrain(model.row, 0, x, code, weight, out)
        if (typeof value === 'number') expectClose(out[0], spec.kind === 'svm' ? 1 / (1 + Math.exp(-value)) : value, i)
        else
          for (const [seen, probability] of Object.entries(value))
            expectClose(out[classes.indexOf(seen)], probability, i)
      })
      const [set] = model.learner.weights?.(model.row, 0, numeric.length) ?? []
      if (trace.weights === undefined || until[name] !== undefined) return
      numeric.forEach((column, slot) => {
        expectClose(set.weights[slot], trace.weights?.[column] ?? 0, slot)
      })
      expectClose(set.intercept, trace.intercept ?? 0, -1)
    })
  }
})

/** The number of a class, in order of appearance. */
function known(classes: string[], label: string): number {
  if (!classes.includes(label)) classes.push(label)
  return classes.indexOf(label)
}

/** To 10 digits: deviations of the scaler are summed in another order in River. */
function expectClose(got: number, expected: number, at: number): void {
  expect(Math.abs(got - expected), `${got} for ${expected} at ${at}`).toBeLessThanOrEqual(
    1e-10 * Math.max(1, Math.abs(expected)),
  )
}
