// Against the digits of River 0.26.1 in test/golden; see the README there.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { describeWithData, readSharedColumns, readSharedText } from '../../../test/shared-data.ts'
import { FeatureEncoder } from '../../features/feature-encoder.ts'
import type { FeatureSpec } from '../../features/feature-spec.ts'
import { features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import { createLearner } from '../create-learner.ts'
import type { LearnerSpec } from '../learner.ts'
import { ModelRow } from '../model-row.ts'
import { type BayesLinearOptions, bayesLinear } from './bayes-linear.ts'
import { bayesLogistic } from './bayes-logistic.ts'
import { naiveBayes } from './naive-bayes.ts'

const golden = (file: string) =>
  JSON.parse(readFileSync(new URL(`../../../test/golden/${file}`, import.meta.url), 'utf8'))

type Inputs = { readonly spec: FeatureSpec<never> }

/** A data set of the shared ones; text columns are categories, but for those dropped. */
function table(name: string, categories: readonly string[] = [], dropped: readonly string[] = []) {
  const columns = readSharedColumns(`${name}.csv.gz`)
  const all = Object.keys(columns)
  const label = all[all.length - 1]
  const used = all.slice(0, -1).filter((column) => !dropped.includes(column))
  const numeric = used.filter((column) => !categories.includes(column))
  const fields = Object.fromEntries(used.map((column) => [column, numeric.includes(column) ? number() : string()]))
  const list = features(record(fields)) as unknown as Inputs & { numeric(...names: string[]): typeof list } & {
    categorical(...names: unknown[]): typeof list
  }
  const dense = list.numeric(...numeric)
  const inputs: Inputs = categories.length === 0 ? dense : dense.categorical(...categories, { max: 30 })
  const rows = columns[label].map((_, i) =>
    Object.fromEntries(
      used.map((column) => [column, numeric.includes(column) ? Number(columns[column][i]) : columns[column][i]]),
    ),
  )
  return { inputs, rows, labels: columns[label] }
}

/** Each prediction before its record is learned. */
function play(
  spec: LearnerSpec,
  rows: readonly object[],
  labels: readonly number[],
  look: (out: Float64Array, i: number) => void,
): void {
  const learner = createLearner(spec)
  const encoder = new FeatureEncoder(spec.inputs)
  const x = encoder.vector()
  const page = new Float64Array(learner.size(80))
  learner.init(page, 0, 80)
  const out = new Float64Array(learner.outputs)
  rows.forEach((row, i) => {
    encoder.encode(row, x, true)
    learner.testThenTrain(page, 0, x, labels[i], 1, out)
    look(out, i)
  })
}

function accuracyOf(make: (inputs: Inputs) => LearnerSpec, name: string, positive?: string): number {
  const { inputs, rows, labels } = table(name)
  const classes = positive === undefined ? [...new Set(labels)] : ['', positive]
  let right = 0
  const codes = labels.map((label) => Math.max(0, classes.indexOf(label)))
  play(make(inputs), rows, codes, (out, i) => {
    const guess = positive === undefined ? out.indexOf(Math.max(...out)) : out[0] > 0.5 ? 1 : 0
    if (guess === codes[i]) right++
  })
  return right / rows.length
}

function errorsOf(
  options: Omit<BayesLinearOptions<never>, 'inputs'>,
  ...data: Parameters<typeof table>
): { r2: number; held: number } {
  const { inputs, rows, labels } = table(...data)
  const numbers = labels.map(Number)
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length
  let [left, all, held] = [0, 0, 0]
  play(bayesLinear({ inputs, ...options }), rows, numbers, (out, i) => {
    left += (out[0] - numbers[i]) ** 2
    all += (mean - numbers[i]) ** 2
    if (numbers[i] >= out[2] && numbers[i] <= out[3]) held++
  })
  return { r2: 1 - left / all, held: held / rows.length }
}

const riverOf = (file: string, family: string): Record<string, number>[] =>
  golden(`${file}.json`).results.filter(
    (each: { family: string; tool: string }) => each.family === family && each.tool === 'River',
  )

describeWithData('bayesLinear without its intercept', ['fried.csv.gz'], () => {
  test.each([
    ['bayesian-linear-1-1', 1, 1],
    ['bayesian-linear-0.1-4', 0.1, 4],
  ])('has the means and variances of %s to 1e-9', (name, alpha, beta) => {
    const { inputs, rows, labels } = table('fried')
    const { values } = golden('river-traces.json')[name] as { values: [number, number][] }
    const prior = { precision: alpha, precisions: { intercept: 1e12 } }
    const spec = bayesLinear({ inputs, prior, noise: { precision: beta } })
    play(spec, rows.slice(0, values.length), labels.map(Number), (out, i) => {
      expect(Math.abs(out[0] - values[i][0])).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(values[i][0])))
      expect(Math.abs(out[1] - values[i][1])).toBeLessThanOrEqual(1e-9 * (1 + values[i][1]))
    })
  })
})

const files = [
  'fried',
  'trump_approval',
  'chick_weights',
  'bikes_hour',
  'electricity',
  'sea',
  'phishing',
  'bananas',
  'image_segments',
]
describeWithData(
  'on real data',
  files.map((name) => `${name}.csv.gz`),
  () => {
    describe('bayesLinear as it comes', () => {
      test.each([
        ['fried', [], []],
        ['trump_approval', [], []],
        ['chick_weights', [], []],
        ['bikes_hour', ['season', 'weathersit'], ['ts']],
      ])("has an R² on %s that is not below River's by more than 0.005", (name, categories, dropped) => {
        const peers = riverOf(name, 'bayes-linear').map(({ r2: river }) => river)
        const { r2 } = errorsOf({}, name, categories, dropped)
        expect(r2).toBeGreaterThanOrEqual(Math.max(...peers) - 0.005)
      })
    })

    describe('intervals of 90 % hold 90 ± 2 % of the labels', () => {
      test.each([
        ['fried', {}, []],
        ['fried', { robust: 4 }, []],
        ['bikes_hour', { forgetting: 0.99 }, ['ts']],
        ['trump_approval', { forgetting: 0.99, robust: 4 }, []],
      ])('on %s, %o', (name, options, dropped) => {
        const { held } = errorsOf(options, name, [], dropped)
        expect(Math.abs(held - 0.9)).toBeLessThanOrEqual(0.02)
      })
    })

    test.each([
      ['electricity', 'UP'],
      ['sea', '1'],
      ['phishing', '1'],
      ['bananas', '1'],
      ['image_segments', undefined],
    ])("naiveBayes on %s is not below River's by more than 0.005", (name, positive) => {
      const [river] = riverOf(name, 'naive-bayes')
      const make = (inputs: Inputs) =>
        positive === undefined ? naiveBayes({ inputs, maxClasses: 10 }) : naiveBayes({ inputs })
      const accuracy = accuracyOf(make, name, positive)
      expect(accuracy).toBeGreaterThanOrEqual(river.accuracy - 0.005)
    })

    // River 0.26.1, LogisticRegression(SGD(0.01)) after StandardScaler: 0.83733, 0.88918, 0.89280, 0.53717. Electricity and sea drift.
    test.each([
      ['electricity', 'UP', { forgetting: 0.99, prior: { precision: 1e-3 } }, 0.83733],
      ['sea', '1', { forgetting: 0.998 }, 0.88918],
      ['phishing', '1', {}, 0.8928],
      ['bananas', '1', {}, 0.53717],
    ])(
      "bayesLogistic on %s is not below River's logistic regression by more than 0.005",
      (name, positive, options, river) => {
        const accuracy = accuracyOf((inputs) => bayesLogistic({ inputs, ...options }), name, positive)
        expect(accuracy).toBeGreaterThanOrEqual(river - 0.005)
      },
    )
  },
)

describeWithData('messages by their words', ['sms_spam.csv.gz'], () => {
  const inputs = features(record({ text: string() })).text('text')
  const rows: [text: string, spam: 0 | 1][] = []
  for (const [, quoted, plain, label] of readSharedText('sms_spam.csv.gz').matchAll(
    /(?:"((?:[^"]|"")*)"|([^,\n]*)),(ham|spam)\n/g,
  )) {
    rows.push([(quoted ?? plain).replaceAll('""', '"'), label === 'spam' ? 1 : 0])
  }

  test.each([
    ['naiveBayes', naiveBayes({ inputs }), '0.98188'],
    ['bayesLogistic, diagonal', bayesLogistic({ inputs, covariance: 'diagonal' }), '0.97883'],
  ])("%s is above River's multinomial naive Bayes, 0.97435, and Vowpal Wabbit, 0.97363", (_name, spec, accuracy) => {
    const { learner, encoder, row } = new ModelRow(spec as never)
    const x = encoder.vector()
    const out = new Float64Array(learner.outputs)
    let right = 0
    for (const [text, spam] of rows) {
      encoder.encode({ text }, x, true)
      learner.testThenTrain(row, 0, x, spam, 1, out)
      if ((out[0] > 0.5 ? 1 : 0) === spam) right++
    }
    expect(rows.length).toBe(5574)
    expect((right / rows.length).toFixed(5)).toBe(accuracy)
  })
})
