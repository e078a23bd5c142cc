import { expect, test } from 'vitest'
import { describeWithData, readSharedColumns } from '../../test/shared-data.ts'
import { Baselines } from './baselines.ts'
import { BinaryQuality } from './binary-quality.ts'
import type { BinaryReport } from './binary-report.ts'

/** Plays a stream of labels: the model is a baseline itself, so its values are those of MOA's classifier of that name. */
function played(labels: readonly boolean[], model: 'noChange' | 'majority'): BinaryReport {
  const known = new Baselines()
  const quality = new BinaryQuality()
  for (const label of labels) {
    const { prior, majority, last } = known
    const probability = Number((model === 'noChange' ? last : majority) ?? false)
    quality.update({ probability, label, weight: 1, prior, majority, last })
    known.learn(label, 1)
  }
  return quality.report()
}

/** MOA 24.07, EvaluatePrequential with BasicClassificationPerformanceEvaluator; five and four digits, no seed. */
const golden = [
  {
    file: 'electricity.csv.gz',
    column: 'class',
    positive: 'UP',
    rows: 45_312,
    noChange: [0.85328, 0.6997],
    majority: [0.57537, 0.0002],
  },
  {
    file: 'nycflights_delayed.csv.gz',
    column: '',
    positive: '1',
    rows: 327_346,
    noChange: [0.60981, 0.1912],
    majority: [0.59366, 0.0041],
  },
] as const

for (const { file, column, positive, rows, noChange, majority } of golden) {
  describeWithData(`the baselines on ${file}`, [file], () => {
    const columns = readSharedColumns(file)
    const labels = (columns[column] ?? Object.values(columns).at(-1)).map((label) => label === positive)

    test('repeat the last label as well as MOA does, in accuracy and κ, with κ_T 0 by definition', () => {
      const report = played(labels, 'noChange')
      expect(report.records).toBe(rows)
      expect(report.accuracy?.toFixed(5)).toBe(String(noChange[0]))
      expect(report.kappa?.toFixed(4)).toBe(String(noChange[1]))
      expect(report.kappaT).toBe(0)
      expect(report.baselines.noChange.accuracy).toBe(report.accuracy)
      expect(report.baselines.majority.accuracy?.toFixed(5)).toBe(String(majority[0]))
    })

    test('guess the more frequent label as well as MOA does', () => {
      const report = played(labels, 'majority')
      expect(report.accuracy?.toFixed(5)).toBe(String(majority[0]))
      expect(report.kappa?.toFixed(4)).toBe(String(majority[1]))
    })

    test('give a prior whose log loss is close to the entropy of the labels', () => {
      const share = labels.filter(Boolean).length / labels.length
      const entropy = -share * Math.log(share) - (1 - share) * Math.log(1 - share)
      const { prior } = played(labels, 'majority').baselines
      expect(prior.logLoss).toBeCloseTo(entropy, 2)
    })
  })
}
