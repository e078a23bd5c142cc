import { expect, test } from 'vitest'
import { describeWithData, readSharedColumns } from '../../../test/shared-data.ts'
import { FeatureEncoder } from '../../features/feature-encoder.ts'
import { type Features, features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import { tested } from '../first-output.fixture.ts'
import { decide } from '../learner.ts'
import { adagrad } from './adagrad.ts'
import { adam } from './adam.ts'
import { LinearLearner } from './linear-learner.ts'
import { type LogisticOptions, logistic } from './logistic.ts'
import { momentum } from './momentum.ts'
import { normalized } from './normalized.ts'
import { rmsProp } from './rms-prop.ts'
import { sgd } from './sgd.ts'

type Row = Readonly<Record<string, unknown>>

/** Plays a stream, testing each record before learning it. */
class Prequential {
  readonly encoder: FeatureEncoder
  readonly learner: LinearLearner
  page: Float64Array
  correct = 0
  rejected = 0
  readonly #vector

  constructor(inputs: Features<never>, options: Partial<LogisticOptions<never>>) {
    this.encoder = new FeatureEncoder(inputs.spec)
    this.learner = new LinearLearner(logistic({ inputs, ...options }))
    this.page = new Float64Array(this.learner.size(this.encoder.slots))
    this.#vector = this.encoder.vector()
  }

  play(row: Row, label: boolean): void {
    try {
      this.encoder.encode(row, this.#vector, true)
    } catch {
      this.rejected++
      return
    }
    this.#fit()
    const probability = tested(this.learner, this.page, 0, this.#vector, label ? 1 : 0)
    if (decide(probability) === label) this.correct++
  }

  #fit(): void {
    const size = this.learner.size(this.encoder.slots)
    if (size <= this.page.length) return
    const page = new Float64Array(2 * size)
    page.set(this.page)
    this.page = page
  }
}

describeWithData('logistic regression on electricity', ['electricity.csv.gz'], () => {
  const numeric = ['date', 'day', 'period', 'nswprice', 'nswdemand', 'vicprice', 'vicdemand', 'transfer'] as const
  const columns = readSharedColumns('electricity.csv.gz')
  const rows: Row[] = columns.class.map((_, i) =>
    Object.fromEntries(numeric.map((name) => [name, Number(columns[name][i])])),
  )
  const labels = columns.class.map((label) => label === 'UP')
  const inputs = anyInputs(record(Object.fromEntries(numeric.map((name) => [name, number().nullable()])))).numeric(
    ...numeric,
  )

  const accuracyOf = (options: Partial<LogisticOptions<never>>, list = inputs): number => {
    const run = new Prequential(list, options)
    rows.forEach((row, i) => {
      run.play(row, labels[i])
    })
    return run.correct / rows.length
  }

  test("standardised, sgd(0.01): River 0.26.1's 0.83733", () => {
    expect(accuracyOf({ optimizer: sgd(0.01) }).toFixed(5)).toBe('0.83733')
  })

  // River's intercept learns by plain descent at 0.01 whatever moves the weights; ours as the weights do, unless told.
  for (const [optimizer, river, own] of [
    [sgd(0.1), '0.89493', '0.89906'],
    [adagrad(0.1), '0.80952', '0.79588'],
    [adam(0.01), '0.82338', '0.82479'],
    [rmsProp(0.01), '0.83230', '0.83594'],
    [momentum(0.01), '0.84238', '0.84465'],
  ] as const) {
    test(`standardised, ${optimizer.kind}(${optimizer.rate}): River's ${river} with its intercept`, () => {
      expect(accuracyOf({ optimizer, interceptRate: 0.01 }).toFixed(5)).toBe(river)
      expect(accuracyOf({ optimizer }).toFixed(5)).toBe(own)
    })
  }

  test("normalized(0.5), not standardised: Vowpal Wabbit 9.11.9's default, 0.74940", () => {
    // Vowpal Wabbit's file has the day of the week as a category, `day=2`.
    const withDay = anyInputs(
      record({
        day: string(),
        ...Object.fromEntries(numeric.slice(2).map((name) => [name, number()])),
        date: number(),
      }),
    )
      .numeric('date', ...numeric.slice(2))
      .categorical('day')
    const run = new Prequential(withDay, { optimizer: normalized(0.5), standardise: false })
    rows.forEach((row, i) => {
      run.play({ ...row, day: columns.day[i] }, labels[i])
    })
    expect((run.correct / rows.length).toFixed(5)).toBe('0.74940')
  })

  for (const standardise of [true, false]) {
    for (const optimizer of [sgd(0.01), adagrad(0.1), normalized(0.5)]) {
      test(`poison at 1 % is rejected and costs ${optimizer.kind}${standardise ? ', standardised,' : ''} no accuracy`, () => {
        const poison = [NaN, Infinity, -Infinity, 1e308, 1e20, undefined, null]
        const run = new Prequential(inputs, { optimizer, standardise })
        let clean = 0
        rows.forEach((row, i) => {
          if (i % 100 === 50) {
            const name = numeric[((i / 50) % 8) | 0]
            run.play({ ...row, [name]: poison[((i - 50) / 100) % poison.length] }, labels[i])
          }
          const before = run.correct
          run.play(row, labels[i])
          clean += run.correct - before
        })
        expect(run.rejected).toBeGreaterThan(300)
        run.learner.check(run.page, 0, run.encoder.slots)
        expect(Math.abs(clean / rows.length - accuracyOf({ optimizer, standardise }))).toBeLessThan(0.005)
      })
    }
  }
})

describeWithData('logistic regression on nycflights', ['nycflights_delayed.csv.gz'], () => {
  test("numeric inputs standardised, four categories one-hot, sgd(0.01): River 0.26.1's 0.70706", () => {
    const categories = ['airline', 'origin', 'dest', 'dow'] as const
    const numeric = ['flight', 'time', 'length', 'distance'] as const
    const columns = readSharedColumns('nycflights_delayed.csv.gz')
    const schema = record({
      ...Object.fromEntries(numeric.map((name) => [name, number()])),
      ...Object.fromEntries(categories.map((name) => [name, string()])),
    })
    const run = new Prequential(
      anyInputs(schema)
        .numeric(...numeric)
        .categorical(...categories),
      { optimizer: sgd(0.01) },
    )
    const count = columns.delayed.length
    for (let i = 0; i < count; i++) {
      const row: Record<string, unknown> = {}
      for (const name of numeric) row[name] = Number(columns[name][i])
      for (const name of categories) row[name] = columns[name][i]
      run.play(row, columns.delayed[i] === '1')
    }
    expect((run.correct / count).toFixed(5)).toBe('0.70706')
  })
})

interface LooseInputs extends Features<never> {
  numeric(...names: readonly string[]): LooseInputs
  categorical(...names: readonly string[]): LooseInputs
}

/** A list of inputs whose names the compiler does not check: here they come from arrays. */
function anyInputs(schema: Parameters<typeof features>[0]): LooseInputs {
  return features(schema) as unknown as LooseInputs
}
