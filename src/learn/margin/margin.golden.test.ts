// Digits of River 0.26.1 and of plain references: test/golden says how they were made. Nothing here is random.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describeWithData, readSharedColumns } from '../../../test/shared-data.ts'
import { FeatureEncoder } from '../../features/feature-encoder.ts'
import type { FeatureSpec } from '../../features/feature-spec.ts'
import { logit } from '../../numeric/sigmoid.ts'
import { createLearner } from '../create-learner.ts'
import { decide, type LearnerSpec } from '../learner.ts'
import { alma } from './alma.ts'
import { arow } from './arow.ts'
import { type NamedRecord, ReferenceArow, ReferencePassiveAggressive, ReferenceScaler } from './margin.reference.ts'
import { passiveAggressive, passiveAggressiveRegression } from './passive-aggressive.ts'
import { perceptron } from './perceptron.ts'

type Inputs = Parameters<typeof perceptron<never>>[0]['inputs']
type Row = Readonly<Record<string, unknown>>

interface Stream {
  readonly inputs: Inputs
  readonly numeric: readonly string[]
  readonly rows: readonly Row[]
  readonly labels: readonly number[]
}

/** A shared data set as records; its numeric columns are all but the label, what is dropped and the categories. */
function streamOf(
  file: string,
  label: string,
  code: (text: string) => number,
  categories: readonly string[] = [],
): Stream {
  const { [label]: labels, ts: _time, ...columns } = readSharedColumns(file)
  const numeric = Object.keys(columns).filter((name) => !categories.includes(name))
  const spec: FeatureSpec = {
    version: 1,
    numeric: numeric.map((name) => ({ name, nullable: false, max: 1e15 })),
    categorical: categories.map((name) => ({
      name,
      of: [{ from: 'text', field: name, nullable: false }],
      storage: { by: 'dictionary', max: 100 },
    })),
  }
  const rows = labels.map((_label, i) =>
    Object.fromEntries(
      Object.entries(columns).map(([name, { [i]: text }]) => [name, categories.includes(name) ? text : Number(text)]),
    ),
  )
  return { inputs: { spec }, numeric, rows, labels: labels.map(code) }
}

/** Plays records, testing each before learning it; gives the prediction of each. */
function played(
  spec: LearnerSpec,
  { rows, labels }: Stream,
  count = rows.length,
): { predictions: number[]; weights: Record<string, number>; intercept: number } {
  const encoder = new FeatureEncoder(spec.inputs)
  const learner = createLearner(spec)
  const slots = encoder.slots + 20
  const page = new Float64Array(learner.size(slots))
  learner.init(page, 0, slots)
  const x = encoder.vector()
  const out = new Float64Array(1)
  const predictions = rows.slice(0, count).map((row, i) => {
    encoder.encode(row, x, true)
    learner.testThenTrain(page, 0, x, labels[i], 1, out)
    return out[0]
  })
  learner.check(page, 0, slots)
  const [set] = learner.weights?.(page, 0, encoder.slots) ?? []
  const weights = Object.fromEntries(Array.from(set.weights, (weight, slot) => [encoder.slotName(slot), weight]))
  return { predictions, weights, intercept: set.intercept }
}

function correctOf(spec: LearnerSpec, stream: Stream): number {
  const { predictions } = played(spec, stream)
  return predictions.filter((probability, i) => decide(probability) === (stream.labels[i] === 1)).length
}

function absoluteErrorOf(spec: LearnerSpec, stream: Stream): number {
  const { predictions } = played(spec, stream)
  return predictions.reduce((sum, value, i) => sum + Math.abs(value - stream.labels[i]), 0) / predictions.length
}

interface Trace {
  readonly method: string
  readonly values: readonly number[]
  readonly weights: Readonly<Record<string, number>>
  readonly intercept?: number
}

const traces: Readonly<Record<string, Trace>> = JSON.parse(
  readFileSync(new URL('../../../test/golden/river-traces.json', import.meta.url), 'utf8'),
)

/** Scores row by row, then the weights, to 9 digits; probabilities are read back into scores where they are not saturated. */
function follows(spec: LearnerSpec, stream: Stream, { values, weights, intercept = 0 }: Trace): void {
  const got = played(spec, stream, values.length)
  let compared = 0
  values.forEach((expected, i) => {
    if (spec.task === 'binary' && Math.abs(expected) > 12) return
    compared++
    const score = spec.task === 'binary' ? logit(got.predictions[i]) : got.predictions[i]
    expect(Math.abs(score - expected), `row ${i}`).toBeLessThan(
      (spec.task === 'binary' ? 1e-8 : 1e-9) * Math.max(1, Math.abs(expected)),
    )
  })
  expect(compared).toBeGreaterThan(50)
  for (const [name, weight] of Object.entries(weights)) expect(got.weights[name], name).toBeCloseTo(weight, 9)
  expect(got.intercept).toBeCloseTo(intercept, 9)
}

describeWithData('learners by margin on electricity', ['electricity.csv.gz'], () => {
  const stream = streamOf('electricity.csv.gz', 'class', (text) => (text === 'UP' ? 1 : 0))
  const { inputs } = stream

  // Tool: River 0.26.1; for AROW a plain reference in Python (test/golden/README.md).
  const followed: Record<string, LearnerSpec> = {
    'pa-classifier-0': passiveAggressive({ inputs, variant: 'hard' }),
    'pa-classifier-1': passiveAggressive({ inputs, variant: 'I', aggressiveness: 0.01 }),
    'pa-classifier-2': passiveAggressive({ inputs, variant: 'II', aggressiveness: 0.01 }),
    alma: alma({ inputs }),
    perceptron: perceptron({ inputs }),
    'arow-diagonal-r=0.1': arow({ inputs, r: 0.1 }),
    'arow-diagonal-r=1': arow({ inputs, r: 1 }),
  }
  for (const [name, spec] of Object.entries(followed)) {
    test(`${name} follows ${traces[name].method}, row by row`, () => follows(spec, stream, traces[name]))
  }

  const counted: readonly [string, LearnerSpec, number][] = [
    ['PAClassifier(C=0.01, mode=1): 0.86006', followed['pa-classifier-1'], 38971],
    ['PAClassifier(C=0.01, mode=2): 0.89855', followed['pa-classifier-2'], 40715],
    ['ALMAClassifier(): 0.90643', followed.alma, 41072],
    ['Perceptron(): 0.91077', followed.perceptron, 41269],
  ]
  for (const [name, spec, correct] of counted) {
    test(`standardised, as many right as River 0.26.1's ${name}`, () => {
      expect(correctOf(spec, stream)).toBe(correct)
    })
  }

  test('AROW with r = 1 has as many right as its reference by maps: 0.76159, for it settles and this stream does not', () => {
    const correct = correctOf(followed['arow-diagonal-r=1'], stream)
    const scaler = new ReferenceScaler(stream.numeric)
    const reference = new ReferenceArow(1)
    let expected = 0
    stream.rows.forEach((row, i) => {
      const x = row as NamedRecord
      if (reference.score(scaler.scaled(x)) > 0 === (stream.labels[i] === 1)) expected++
      scaler.observe(x)
      reference.learn(scaler.scaled(x), 2 * stream.labels[i] - 1, 1)
    })
    expect(correct).toBe(expected)
    expect((correct / stream.rows.length).toFixed(5)).toBe('0.76159')
  })
})

describeWithData('learners by margin on phishing', ['phishing.csv.gz'], () => {
  const stream = streamOf('phishing.csv.gz', 'is_phishing', Number)
  const { inputs } = stream
  const counted: readonly [string, LearnerSpec, number][] = [
    ['PAClassifier(C=0.01, mode=1): 0.8952', passiveAggressive({ inputs, aggressiveness: 0.01 }), 1119],
    ['PAClassifier(C=0.01, mode=2): 0.896', passiveAggressive({ inputs, variant: 'II', aggressiveness: 0.01 }), 1120],
    ['ALMAClassifier(): 0.8256', alma({ inputs }), 1032],
    ['Perceptron(): 0.8584', perceptron({ inputs }), 1073],
  ]
  for (const [name, spec, correct] of counted) {
    test(`standardised, as many right as River 0.26.1's ${name}`, () => {
      expect(correctOf(spec, stream)).toBe(correct)
    })
  }
})

describeWithData('passive-aggressive regression on fried', ['fried.csv.gz'], () => {
  const stream = streamOf('fried.csv.gz', 'target', Number)
  const { inputs } = stream
  const variants = ['hard', 'I', 'II'] as const

  for (const [mode, variant] of variants.entries()) {
    test(`${variant} follows the paper by a plain reference in Python, row by row`, () => {
      follows(passiveAggressiveRegression({ inputs, variant }), stream, traces[`pa-regressor-${mode}-paper`])
    })

    test(`River 0.26.1's PARegressor(C=1, mode=${mode}) is the paper's with the loss of 2y - 1, which this is not`, () => {
      const { values } = traces[`pa-regressor-${mode}-river`]
      const scaler = new ReferenceScaler(stream.numeric)
      const reference = new ReferencePassiveAggressive(variant, 1, 0.1, (y) => 2 * y - 1)
      values.forEach((expected, i) => {
        const row = stream.rows[i] as Record<string, number>
        const score = reference.score(scaler.scaled(row))
        expect(Math.abs(score - expected), `row ${i}`).toBeLessThan(1e-9 * Math.max(1, Math.abs(expected)))
        scaler.observe(row)
        reference.learn(scaler.scaled(row), stream.labels[i], 1)
      })
    })
  }

  test('I with C = 0.01 errs by 2.2705, where River 0.26.1 errs by 2.2720', () => {
    expect(absoluteErrorOf(passiveAggressiveRegression({ inputs, aggressiveness: 0.01 }), stream).toFixed(4)).toBe(
      '2.2705',
    )
  })

  test('I with C = 1 errs by 3.0050, where River 0.26.1 errs by 5.9751', () => {
    expect(absoluteErrorOf(passiveAggressiveRegression({ inputs }), stream).toFixed(4)).toBe('3.0050')
  })
})

describeWithData('passive-aggressive regression on bikes_hour', ['bikes_hour.csv.gz'], () => {
  const stream = streamOf('bikes_hour.csv.gz', 'cnt', Number, ['season', 'weathersit'])
  const { inputs } = stream

  test('I with C = 0.01 errs by 109.342, where River 0.26.1 errs by 109.318', () => {
    expect(absoluteErrorOf(passiveAggressiveRegression({ inputs, aggressiveness: 0.01 }), stream).toFixed(3)).toBe(
      '109.342',
    )
  })

  test('I with C = 1 errs by 89.543, where River 0.26.1 errs by 90.419: no step explodes at row 688, where a constant input changes', () => {
    expect(absoluteErrorOf(passiveAggressiveRegression({ inputs }), stream).toFixed(3)).toBe('89.543')
  })
})
