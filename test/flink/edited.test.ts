// A pipeline that was edited goes on from a savepoint on Flink where what has state kept its name; else it is refused.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { evaluateBundle } from '../../src/bundle/evaluate.ts'
import { followJob, type JobEnd } from '../../src/runtime/flink/follow-job.ts'
import { FlinkRest } from '../../src/runtime/flink/rest.ts'
import { stopJob } from '../../src/runtime/flink/stop-job.ts'
import { submitJob } from '../../src/runtime/flink/submit.ts'
import { flinkBundle } from '../../src/testing/flink-run.ts'
import { describeOnFlink } from './cluster.ts'

const file = fileURLToPath(new URL('pipelines/edited.ts', import.meta.url))

describeOnFlink('an edited pipeline on Flink', { taskManagers: 1, slots: 2 }, (cluster) => {
  const base = mkdtempSync(join(tmpdir(), 'millrace-edited-'))
  let savepoint = ''

  const submit = async (edit: string, options: { fromSavepoint?: string; maxDriftMs?: number }) => {
    const rest = new FlinkRest(cluster().url)
    const bundle = await flinkBundle(file)
    const params = { edit }
    const { plan } = evaluateBundle(bundle).pipeline.program(params)
    return {
      rest,
      job: await submitJob(rest, { ...options, bundle, plan, params, base, checkpointEveryMs: 100 }),
    }
  }

  const goOn = async (edit: string): Promise<JobEnd> => {
    const { rest, job } = await submit(edit, { fromSavepoint: savepoint, maxDriftMs: 3_600_000 })
    return followJob(rest, job, { everyMs: 100 })
  }

  beforeAll(async () => {
    // Alignment lets each split give a batch of records ten times a second: the job is in the middle when it is stopped.
    const { rest, job } = await submit('none', { maxDriftMs: 1000 })
    while ((await rest.checkpoints(job)).counts.completed < 3) await new Promise((resolve) => setTimeout(resolve, 50))
    savepoint = await stopJob(rest, job, join(base, 'savepoints'))
  }, 120_000)
  afterAll(() => rmSync(base, { recursive: true, force: true }))

  test('is refused before it starts when an operator with state is gone', async () => {
    await expect(goOn('renamed')).rejects.toThrow(/^ML_OTHER_PLAN: .*a stage whose state it holds is gone/)
  })

  test('is refused for good when a field has another type', async () => {
    const end = await goOn('retyped')
    expect(end).toMatchObject({ end: 'failed', restarts: 0 })
    expect(end.reason).toMatch(/^ML_OTHER_PLAN: .*field "page" of source "visits" was string, now integer/)
  })

  test('goes on with one more sink, and counts nothing twice', async () => {
    const end = await goOn('more')
    expect(end.end).toBe('finished')
    expect(end.ledgers.operators.count).toMatchObject({ in: 40_000, processed: 40_000 })
    const folder = join(base, 'out', 'thousands')
    const [part] = readdirSync(folder).filter((name) => name.startsWith('part-'))
    expect(readFileSync(join(folder, part), 'utf8')).toContain('"count":8000')
  })
})
