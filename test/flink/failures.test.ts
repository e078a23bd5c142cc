// What goes wrong on a real Flink cluster costs a restart and nothing else.
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Bundle } from '../../src/bundle/bundle-script.ts'
import { differences } from '../../src/testing/compare-runs.ts'
import { runEmbedded } from '../../src/testing/embedded-run.ts'
import { flinkBundle, rowsOf, runOnFlink } from '../../src/testing/flink-run.ts'
import { describeOnFlink } from './cluster.ts'

const hardRecords = fileURLToPath(new URL('pipelines/hard-records.ts', import.meta.url))

describeOnFlink('on one task manager', { taskManagers: 1, slots: 4 }, (cluster) => {
  let made: Promise<Bundle> | undefined
  const bundle = () => (made ??= flinkBundle(hardRecords))
  const run = async (how: string, options: object = {}) =>
    runOnFlink(cluster().url, await bundle(), { params: { how }, checkpointEveryMs: 100, heapMb: 96, ...options })

  test('a record at which a function throws is rejected, and the job goes on', async () => {
    const result = await run('throw')
    expect(differences(await runEmbedded(await bundle(), { params: { how: 'throw' } }), result)).toEqual([])
    expect(result.ends[0].restarts).toBe(0)
    expect(rowsOf(result, 'refused')).toMatch(/"code":"ML_USER_FUNCTION".*too hard/)
  })

  describe.each([
    ['an endless loop', 'loop', { watchdogMs: 700 }],
    ['a script that fills its heap', 'hoard', {}],
  ])('%s', (_title, how, options) => {
    test('is ended; the record is rejected at the third time, every other one is processed once', async () => {
      const result = await run(how, { parallelism: [2], ...options })
      const [refused] = rowsOf(result, 'refused')
        .trimEnd()
        .split('\n')
        .map((row) => JSON.parse(row))
      expect(refused).toMatchObject({ at: 'work', code: 'ML_POISON', value: { id: 'hard' } })
      const worked = rowsOf(result, 'worked')
        .trimEnd()
        .split('\n')
        .map((row) => JSON.parse(row).id)
      expect(worked).toEqual(Array.from({ length: 200 }, (_unused, i) => `r${i}`).filter((id) => id !== 'r120'))
      expect(result.ends[0].restarts).toBe(3)
      expect(result.ledgers.operators.work).toMatchObject({ in: 200, processed: 199, rejected: 1 })
    })
  })

  test('the same job runs three times, with the same bytes', async () => {
    const first = await run('throw', { parallelism: [2] })
    for (let again = 0; again < 2; again++) {
      expect(differences(first, await run('throw', { parallelism: [2] }))).toEqual([])
    }
  })
})
