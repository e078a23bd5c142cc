import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { features, logistic, number, type Pipeline, pipeline, record, sgd, string } from 'millrace'
import { run } from 'millrace/embedded'
import { csv } from 'millrace/file'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeWithData, sharedData } from './shared-data.ts'

const measures = ['date', 'day', 'period', 'nswprice', 'nswdemand', 'vicprice', 'vicdemand', 'transfer'] as const

const Row = record({
  date: number(),
  day: number(),
  period: number(),
  nswprice: number(),
  nswdemand: number(),
  vicprice: number(),
  vicdemand: number(),
  transfer: number(),
  class: string(),
})
const model = logistic({ inputs: features(Row).numeric(...measures), optimizer: sgd(0.01) })
const rows = () => csv(`${sharedData}/electricity.csv.gz`, Row)

// River 0.26.1, StandardScaler | LogisticRegression(SGD(0.01)), prequential over the whole file: 0.83733 (five digits);
// no-change 0.85328.
describeWithData('electricity through the whole engine', ['electricity.csv.gz'], () => {
  let base: string

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'millrace-electricity-'))
  })

  afterEach(() => rmSync(base, { recursive: true, force: true }))

  async function accuracyOf(declared: Pipeline): Promise<string | undefined> {
    const handle = await run(declared, { base, checkpointRecords: 10_000 })
    await handle.done
    const [{ report }] = handle.quality()
    if (report.task !== 'binary') throw new Error(`the task is ${report.task}`)
    expect(report.overall.records).toBe(45_312)
    expect(report.overall.baselines.noChange.accuracy?.toFixed(5)).toBe('0.85328')
    return report.overall.accuracy?.toFixed(5)
  }

  test("learned in place has River's accuracy to five digits", async () => {
    const inPlace = pipeline('in-place', ({ from }) => {
      from('rows', rows()).learn('price', model, { label: (r) => r.class === 'UP' })
    })
    expect(await accuracyOf(inPlace)).toBe('0.83733')
  })

  test("learned from a second stream of labels has River's accuracy to five digits", async () => {
    // Without event times the row number orders records, and records come before labels: each row is scored, then learned.
    const joined = pipeline('joined', ({ from }) => {
      const key = (r: { date: number; day: number; period: number; vicprice: number; nswprice: number }) => [
        r.date,
        r.day,
        r.period,
        r.nswprice,
        r.vicprice,
      ]
      from('rows', rows())
        .predict('price', model)
        .learnFrom(from('labels', rows()), { key, labelKey: key, label: (r) => r.class === 'UP', labelTimeout: 0 })
    })
    expect(await accuracyOf(joined)).toBe('0.83733')
  })
})
