import { expect, it } from 'vitest'
import { describeWithData, readSharedColumns } from '../../../test/shared-data.ts'
import { features } from '../../features/features.ts'
import { number, record } from '../../formats/schema.ts'
import type { LearnerSpec } from '../learner.ts'
import { logistic } from '../linear/logistic.ts'
import { sgd } from '../linear/sgd.ts'
import { ModelRow } from '../model-row.ts'
import { type AnyTransformerSpec, compose } from './compose.ts'
import { minMax } from './min-max.ts'
import { interactions, polynomial } from './products.ts'
import { robustScaler } from './robust-scaler.ts'
import { standardScaler } from './standard-scaler.ts'

const names = [
  'empty_server_form_handler',
  'popup_window',
  'https',
  'request_from_other_domain',
  'anchor_from_other_domain',
  'is_popular',
  'long_url',
  'age_of_domain',
  'ip_in_url',
] as const
const Site = record({
  empty_server_form_handler: number(),
  popup_window: number(),
  https: number(),
  request_from_other_domain: number(),
  anchor_from_other_domain: number(),
  is_popular: number(),
  long_url: number(),
  age_of_domain: number(),
  ip_in_url: number(),
})

interface Run {
  readonly transformers: readonly AnyTransformerSpec[]
  readonly rate: number
  readonly accuracy: number
  /** Probabilities of the records 10, 500 and 1249, before they are learned. */
  readonly probabilities: readonly number[]
}

// River 0.26.1, prequential over all 1,250 rows; no seed, tolerance 1e-9. Its intercept learns by the rate of the weights.
const runs: Record<string, Run> = {
  'PolynomialExtender | StandardScaler | LogisticRegression(SGD(0.01))': {
    transformers: [polynomial(2), standardScaler()],
    rate: 0.01,
    accuracy: 0.8888,
    probabilities: [0.5088108847003151, 0.6184412277932014, 0.05219036052657403],
  },
  'MinMaxScaler | PolynomialExtender(interaction_only) | LogisticRegression(SGD(0.1))': {
    transformers: [minMax(), interactions()],
    rate: 0.1,
    accuracy: 0.8784,
    probabilities: [0.5535487062200715, 0.6220180094018383, 0.04038636124671921],
  },
  'RobustScaler | LogisticRegression(SGD(0.1))': {
    transformers: [robustScaler()],
    rate: 0.1,
    accuracy: 0.5424,
    probabilities: [0.6211642601028525, 0.9521251122652483, 1],
  },
}

describeWithData('pipelines of transformers and logistic regression on phishing', ['phishing.csv.gz'], () => {
  const columns = readSharedColumns('phishing.csv.gz')
  for (const [name, { transformers, rate, accuracy, probabilities }] of Object.entries(runs)) {
    it(`${name}: River's accuracy and probabilities`, () => {
      const inputs = compose(features(Site).numeric(...names), ...transformers)
      const spec = logistic({ inputs, optimizer: sgd(rate), standardise: false }) as unknown as LearnerSpec
      const { encoder, learner, row } = new ModelRow(spec)
      const x = encoder.vector()
      const out = new Float64Array(1)
      const seen: number[] = []
      let right = 0
      columns.is_phishing.forEach((label, i) => {
        encoder.encode(Object.fromEntries(names.map((column) => [column, Number(columns[column][i])])), x, true)
        learner.testThenTrain(row, 0, x, label === '1' ? 1 : 0, 1, out)
        if (out[0] > 0.5 === (label === '1')) right++
        if ([10, 500, 1249].includes(i)) seen.push(out[0])
      })
      expect(right / columns.is_phishing.length).toBe(accuracy)
      seen.forEach((probability, i) => {
        expect(Math.abs(probability - probabilities[i])).toBeLessThan(1e-9)
      })
    })
  }
})
