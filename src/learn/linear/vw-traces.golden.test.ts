// `normalized` against Vowpal Wabbit 9.11.9 row by row: test/golden/vw-traces.json, made by bench/peers/vw_traces.py.
// Squared and quantile loss are not here: Vowpal Wabbit learns from predictions held within the labels met so far.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describeWithData, readSharedColumns } from '../../../test/shared-data.ts'
import { type Features, features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import type { LearnerSpec } from '../learner.ts'
import { ModelRow } from '../model-row.ts'
import { logistic } from './logistic.ts'
import { normalized } from './normalized.ts'
import { svm } from './svm.ts'

interface Trace {
  readonly values: readonly number[]
}

const traces = JSON.parse(
  readFileSync(new URL('../../../test/golden/vw-traces.json', import.meta.url), 'utf8'),
) as Record<string, Trace>

describeWithData('Vowpal Wabbit row by row', ['electricity.csv.gz'], () => {
  // Of hinge to where a margin comes out as 1: on which side of it rounding decides, and so whether the record counts.
  for (const [name, learner, rows] of [
    ['logistic', logistic, 100],
    ['hinge', svm, 19],
  ] as const) {
    test(`${name}: the same probability within 2e-3, single precision there, over ${rows} rows`, () => {
      const columns = readSharedColumns('electricity.csv.gz')
      const numeric = Object.keys(columns).filter((column) => column !== 'class' && column !== 'day')
      const fields = [...numeric.map((column) => [column, number()]), ['day', string()]]
      const list = features(record(Object.fromEntries(fields))) as unknown as {
        numeric(...names: readonly string[]): { categorical(name: string): Features<never> }
      }
      const inputs = list.numeric(...numeric).categorical('day')
      const model = new ModelRow(learner({ inputs, optimizer: normalized(0.5), standardise: false }) as LearnerSpec)
      const x = model.encoder.vector()
      const out = new Float64Array(1)
      traces[name].values.slice(0, rows).forEach((score, i) => {
        const row = Object.fromEntries(numeric.map((column) => [column, Number(columns[column][i])]))
        model.encoder.encode({ ...row, day: columns.day[i] }, x, true)
        model.fit()
        model.learner.testThenTrain(model.row, 0, x, columns.class[i] === 'UP' ? 1 : 0, 1, out)
        expect(Math.abs(out[0] - 1 / (1 + Math.exp(-score))), `row ${i}`).toBeLessThan(2e-3)
      })
    })
  }
})
