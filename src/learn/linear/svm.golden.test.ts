import { expect, test } from 'vitest'
import { describeWithData, readSharedColumns } from '../../../test/shared-data.ts'
import { type Features, features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import { decide, type LearnerSpec } from '../learner.ts'
import { ModelRow } from '../model-row.ts'
import { normalized } from './normalized.ts'
import { type SvmOptions, svm } from './svm.ts'

type Columns = Readonly<Record<string, readonly string[]>>

/** Share of labels that were predicted before they were learned. */
function accuracyOf(columns: Columns, categorical: readonly string[], options: Partial<SvmOptions<never>>): number {
  const numeric = Object.keys(columns).filter((name) => name !== 'class' && !categorical.includes(name))
  const fields = [...numeric.map((name) => [name, number()]), ...categorical.map((name) => [name, string()])]
  const list = features(record(Object.fromEntries(fields))) as unknown as Record<
    'numeric' | 'categorical',
    (...names: readonly string[]) => typeof list
  >
  const inputs = list.numeric(...numeric).categorical(...categorical) as unknown as Features<never>
  const model = new ModelRow(svm({ inputs, ...options }) as LearnerSpec)
  const x = model.encoder.vector()
  const out = new Float64Array(1)
  let right = 0
  columns.class.forEach((label, i) => {
    const row: Record<string, unknown> = {}
    for (const name of numeric) row[name] = Number(columns[name][i])
    for (const name of categorical) row[name] = columns[name][i]
    model.encoder.encode(row, x, true)
    model.fit()
    model.learner.testThenTrain(model.row, 0, x, label === 'UP' ? 1 : 0, 1, out)
    if (decide(out[0]) === (label === 'UP')) right++
  })
  return right / columns.class.length
}

describeWithData('a support vector machine on electricity', ['electricity.csv.gz'], () => {
  const columns = readSharedColumns('electricity.csv.gz')

  test("standardised, sgd(0.01): River 0.26.1's 0.85768", () => {
    expect(accuracyOf(columns, [], {}).toFixed(5)).toBe('0.85768')
  })

  test("normalized(0.5), not standardised: Vowpal Wabbit 9.11.9's 0.76446 within 0.002", () => {
    const accuracy = accuracyOf(columns, ['day'], { optimizer: normalized(0.5), standardise: false })
    expect(Math.abs(accuracy - 0.76446)).toBeLessThan(0.002)
  })
})
