// The demo, a year of flights, on a real Flink cluster: the bytes of the embedded engine, whatever happens meanwhile.
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startCluster } from '../../src/runtime/flink/cluster/start-cluster.ts'
import type { FlinkRest } from '../../src/runtime/flink/rest.ts'
import { stopJob } from '../../src/runtime/flink/stop-job.ts'
import { differences } from '../../src/testing/compare-runs.ts'
import { runEmbedded } from '../../src/testing/embedded-run.ts'
import { flinkBundle, runOnFlink } from '../../src/testing/flink-run.ts'
import type { RunResult } from '../../src/testing/run-result.ts'
import { describeOnFlink } from './cluster.ts'

const repository = fileURLToPath(new URL('../../', import.meta.url))
const base = `${repository}examples`

const DAY_MS = 86_400_000
const shape = { taskManagers: 2, slots: 2 }

describeOnFlink('the flights', shape, (cluster, home) => {
  const params = { departures: 'data/departures.csv.gz', landings: 'data/landings.csv.gz' }
  const bundle = flinkBundle(`${repository}examples/flight-delays.ts`)
  let embedded: Promise<RunResult> | undefined
  const expected = async () => (embedded ??= runEmbedded(await bundle, { base, params }))
  const run = async (
    parallelism: readonly number[],
    disturb?: (rest: FlinkRest, job: string, nth: number) => Promise<void>,
  ) => {
    // Alignment holds a disturbed job back, some ten days of flights a second, so that it lasts until it has been disturbed.
    const maxDriftMs = (disturb === undefined ? 60 : 1) * DAY_MS
    return runOnFlink(cluster().url, await bundle, {
      base,
      params,
      parallelism,
      disturb,
      maxDriftMs,
      checkpointEveryMs: 500,
    })
  }

  test.each([1, 2])('come out the same at parallelism %i', { timeout: 240_000 }, async (parallelism) => {
    expect(differences(await expected(), await run([parallelism]))).toEqual([])
  })

  test('survive three kills of the task managers', { timeout: 300_000 }, async () => {
    let kills = 0
    let recoveries = 0
    const result = await run([2], async (rest, job) => {
      for (; kills < 3; kills++) {
        await newCheckpoint(rest, job)
        const restored = async () => (await rest.checkpoints(job)).counts.restored
        const before = await restored()
        // All of them: a job of this width may sit on one and leave the other idle.
        for (const pid of (await startCluster({ home, ...shape })).pids.taskManagers) process.kill(pid, 'SIGKILL')
        await startCluster({ home, ...shape })
        await until(rest, job, async () => {
          recoveries = await restored()
          return recoveries > before
        })
      }
    })
    expect(kills).toBe(3)
    // By checkpoints restored: Flink's count of restarts lags behind its job.
    expect(recoveries).toBeGreaterThanOrEqual(3)
    expect(differences(await expected(), result)).toEqual([])
  })

  test('go on from a savepoint at another parallelism', { timeout: 300_000 }, async () => {
    const result = await run([2, 1, 2], async (rest, job, nth) => {
      if (nth === 2) return
      await newCheckpoint(rest, job)
      await stopJob(rest, job)
    })
    expect(result.ends.map(({ end }) => end)).toEqual(['stopped', 'stopped', 'finished'])
    expect(differences(await expected(), result)).toEqual([])
  })
})

/** Resolves once the job has made two checkpoints from now: records were processed meanwhile. */
async function newCheckpoint(rest: FlinkRest, job: string): Promise<void> {
  const count = async () => (await rest.checkpoints(job)).counts.completed
  const before = await count()
  await until(rest, job, async () => (await count()) >= before + 2)
}

/** Resolves once something holds of a job that has not ended. */
async function until(rest: FlinkRest, job: string, holds: () => Promise<boolean>): Promise<void> {
  for (;;) {
    // A JobManager that is busy with a failure may not answer at once.
    if (await holds().catch(() => false)) return
    if ((await rest.state(job)) === 'FINISHED') throw new Error('the job came to its end before it could be disturbed')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
