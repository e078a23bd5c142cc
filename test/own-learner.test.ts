// A learner of the user's own has the rights of the library's: contract suite, engine, snapshots, rejected records, inspect.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { features, number, record } from 'millrace'
import { run } from 'millrace/embedded'
import { type Ledgers, learnerSuite } from 'millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import example, { exponentiatedGradient } from '../examples/own-learner.ts'
import { describeText } from '../src/cli/report.ts'
import type { ModelDescription } from '../src/operators/describe.ts'
import { type Inspection, inspectCheckpoint, newestCheckpoint } from '../src/runtime/local/inspect.ts'
import { rowsOf } from './cli-process.ts'
import { nlms } from './nlms.ts'
import ownPipeline from './pipelines/own-learner.ts'
import { repository } from './source-files.ts'

type Inputs = Parameters<typeof exponentiatedGradient<never>>[0]['inputs']

describe('the learner of examples/own-learner.ts', () => {
  const spec = (inputs: Inputs) => exponentiatedGradient({ inputs, rate: 0.1 })
  for (const { title, run: check } of learnerSuite({ name: 'exponentiatedGradient(0.1)', spec })) test(title, check)

  test('says which options make no sense', () => {
    const inputs = features(record({ a: number() })).numeric('a')
    expect(() => exponentiatedGradient({ inputs, rate: 0 })).toThrow(/ML_RANGE: rate and beta must be > 0; got/)
  })
})

test('examples/own-learner.ts learns from the first flights: better than the prior and than the majority', async () => {
  const base = mkdtempSync(join(tmpdir(), 'millrace-example-'))
  try {
    for (const name of ['departures', 'landings']) {
      const text = gunzipSync(readFileSync(`${repository}/examples/data/${name}.csv.gz`)).toString('utf8')
      writeFileSync(join(base, `${name}.csv`), text.split('\n').slice(0, 20_001).join('\n'))
    }
    const params = { departures: 'departures.csv', landings: 'landings.csv' }
    const handle = await run(example, { base, params })
    await handle.done
    const [{ report }] = handle.quality()
    if (report.task !== 'binary') throw new Error(`the task is ${report.task}`)
    const { logLoss, auc, baselines, records } = report.overall
    expect(records).toBeGreaterThan(19_000)
    expect(logLoss).toBeLessThan(0.97 * (baselines.prior.logLoss as number))
    expect(auc).toBeGreaterThan(0.65)
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
})

describe('the learner of docs/own-learner.md', () => {
  for (const { title, run: check } of learnerSuite({ name: 'nlms', spec: (inputs) => nlms({ inputs }) }))
    test(title, check)

  test('is the one tested here', async () => {
    const [shown] = readFileSync(`${repository}/docs/own-learner.md`, 'utf8').split('```ts\n')[1].split('```')
    expect(shown).toBe(readFileSync(`${repository}/test/nlms.ts`, 'utf8'))
  })
})

describe('a pipeline with learners of its own', () => {
  const base = mkdtempSync(join(tmpdir(), 'millrace-own-'))
  let inspection: Inspection
  let live: ReturnType<Awaited<ReturnType<typeof run>>['describe']>

  beforeAll(async () => {
    const handle = await run(ownPipeline, { base })
    await handle.done
    live = handle.describe()
    inspection = await inspectCheckpoint((await newestCheckpoint(join(base, '.millrace/own-learner'))) as string)
  })

  afterAll(() => rmSync(base, { recursive: true, force: true }))

  test('rejects what they throw with its message, and what they leave that is no number', () => {
    const refused: { code: string; reason: string }[] = rowsOf(join(base, 'out/refused')).rows.map((row) =>
      JSON.parse(row),
    )
    const codes = refused.map(({ code }) => code)
    expect(new Set(codes)).toEqual(new Set(['ML_USER_FUNCTION', 'ML_LEARN']))
    expect(refused.find(({ code }) => code === 'ML_USER_FUNCTION')?.reason).toMatch(/no record after 16 is good enough/)
    expect(refused.find(({ code }) => code === 'ML_LEARN')?.reason).toMatch(/Infinity in double 0 of input "hour"/)
  })

  test('shows their weights while it runs, and at its end', () => {
    expect(live.buys).toMatchObject({ type: 'model', learner: 'exponentiated-gradient', models: 1 })
    expect((live.buys as ModelDescription).weights?.length).toBeGreaterThan(20)
    expect((live.pages as ModelDescription).classes?.map((one) => one.class).sort()).toEqual([
      'basket',
      'help',
      'home',
      'pay',
      'search',
    ])
  })

  test('leaves a checkpoint that inspect reads: sizes, ledgers, quality, and that the weights need the pipeline', () => {
    const { operators, sizes, manifest } = inspection
    expect(operators.buys).toEqual({ type: 'ownModel', learner: 'exponentiated-gradient' })
    expect(operators.amounts).toEqual({ type: 'ownModel', learner: 'faded-means' })
    expect(operators.pages).toEqual({ type: 'ownModel', learner: 'oneVsRest' })
    expect(operators['buys.quality']).toMatchObject({ type: 'quality', model: 'buys' })
    expect(sizes.buys.bytes).toBeGreaterThan(500)
    expect((manifest.ledgers as unknown as Ledgers).operators.buys).toMatchObject({
      in: 240,
      processed: 240,
      rejected: 0,
    })
    expect(describeText(operators, 10).join('\n')).toMatch(
      /model buys {2}exponentiated-gradient, a learner of the pipeline's own: its weights need the pipeline/,
    )
  })
})
