// Quality over whole data sets, in the order of the file; River's digits are those of test/golden/.
import { expect, test } from 'vitest'
import { describeWithData, readSharedColumns } from '../../../test/shared-data.ts'
import { type Features, features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import type { LearnerSpec } from '../learner.ts'
import { ModelRow } from '../model-row.ts'
import { linear, type RegressionOptions } from './linear.ts'
import { huber } from './losses.ts'
import { normalized } from './normalized.ts'
import { sgd } from './sgd.ts'

type Columns = Record<string, readonly (string | number)[]>

interface Data {
  readonly columns: Columns
  readonly numeric: readonly string[]
  readonly categorical?: readonly string[]
  readonly label: string
}

/** R² of predictions before each row is learned, and the largest error. */
function judged({ columns, numeric, categorical = [], label }: Data, options: Partial<RegressionOptions<never>> = {}) {
  const fields = [...numeric.map((name) => [name, number()]), ...categorical.map((name) => [name, string()])]
  const schema = record(Object.fromEntries(fields))
  const list = features(schema) as unknown as Record<
    'numeric' | 'categorical',
    (...names: readonly string[]) => typeof list
  >
  const inputs = list.numeric(...numeric).categorical(...categorical) as unknown as Features<never>
  const model = new ModelRow(linear({ inputs, ...options }) as LearnerSpec)
  const x = model.encoder.vector()
  const out = new Float64Array(1)
  let [errors, worst, sum, squares] = [0, 0, 0, 0]
  const { length } = columns[label]
  for (let i = 0; i < length; i++) {
    const row: Record<string, unknown> = {}
    for (const name of numeric) row[name] = Number(columns[name][i])
    for (const name of categorical) row[name] = columns[name][i]
    const y = Number(columns[label][i])
    model.encoder.encode(row, x, true)
    model.fit()
    model.learner.testThenTrain(model.row, 0, x, y, 1, out)
    errors += (out[0] - y) ** 2
    worst = Math.max(worst, Math.abs(out[0] - y))
    sum += y
    squares += y * y
  }
  return { r2: 1 - errors / (squares - (sum * sum) / length), worst }
}

function allBut(columns: Columns, ...names: readonly string[]): string[] {
  return Object.keys(columns).filter((name) => !names.includes(name))
}

describeWithData('linear regression where plain descent explodes', ['bikes_hour.csv.gz', 'nab_nyc_taxi.csv.gz'], () => {
  test('bikes_hour: an input that changes for the first time at row 688 costs nothing by default, River has R² -7e17', () => {
    const columns = readSharedColumns('bikes_hour.csv.gz')
    const categorical = ['season', 'weathersit']
    const bikes = { columns, numeric: allBut(columns, 'ts', 'cnt', ...categorical), categorical, label: 'cnt' }
    const { r2, worst } = judged(bikes)
    expect(r2.toFixed(3)).toBe('0.467')
    expect(worst).toBeLessThan(1000)
    // River's 0.38665, with its intercept at the same rate.
    expect(judged(bikes, { loss: huber(10) }).r2).toBeGreaterThan(0.3866 - 0.005)
  })

  test('nab_nyc_taxi: a week of half-hours as inputs, 336 lags, is followed by default', () => {
    const values = readSharedColumns('nab_nyc_taxi.csv.gz').value.map(Number)
    const lags = 336
    const columns: Columns = { value: values.slice(lags) }
    for (let lag = 1; lag <= lags; lag++) columns[`lag${lag}`] = values.slice(lags - lag, values.length - lag)
    const { r2, worst } = judged({ columns, numeric: allBut(columns, 'value'), label: 'value' })
    expect(r2).toBeGreaterThan(0.8)
    expect(worst).toBeLessThan(40_000)
  })
})

const regressions = ['fried.csv.gz', 'chick_weights.csv.gz', 'trump_approval.csv.gz']
describeWithData("linear regression against River 0.26.1's R²", regressions, () => {
  for (const [file, label, river, slow, huberRiver] of [
    ['fried.csv.gz', 'target', 0.6786530012718547, 0.7061231158357977, 0.6877050011388659],
    ['chick_weights.csv.gz', 'weight', 0.7279537206511317, 0.6961405838186798, 0.4780820971678469],
    ['trump_approval.csv.gz', 'five_thirty_eight', -4.23035480678424, -11.25130313781589, -20.102450724422336],
  ] as const) {
    test(`${file}: the same to 4 digits by default, at a tenth of the rate and by Huber's loss`, () => {
      const columns = readSharedColumns(file)
      const data = { columns, numeric: allBut(columns, label), label }
      const near = (r2: number, expected: number) =>
        expect(Math.abs(r2 - expected)).toBeLessThan(5e-5 * Math.abs(expected))
      near(judged(data).r2, river)
      near(judged(data, { optimizer: sgd(0.001), interceptRate: 0.01 }).r2, slow)
      near(judged(data, { loss: huber(10) }).r2, huberRiver)
    })
  }

  test("fried by normalized(0.5), raw inputs: Vowpal Wabbit 9.11.9's RMSE 2.827 to a hundredth", () => {
    const columns = readSharedColumns('fried.csv.gz')
    const data = { columns, numeric: allBut(columns, 'target'), label: 'target' }
    const { r2 } = judged(data, { optimizer: normalized(0.5), standardise: false })
    // Vowpal Wabbit holds predictions within the labels met so far, and computes with floats.
    expect(Math.abs(4.996937 * Math.sqrt(1 - r2) - 2.827)).toBeLessThan(0.01)
  })
})
