import { describe, expect, test } from 'vitest'
import { type Answer, flinkServer } from './flink-server.fixture.ts'
import { followJob } from './follow-job.ts'
import type { JobProgress } from './job-progress.ts'
import { FlinkRest, type JobState } from './rest.ts'
import { stopJob } from './stop-job.ts'

interface Moment {
  readonly state: JobState
  /** State in the details, which lag behind. */
  readonly shown?: JobState
  readonly records?: number
  readonly restarts?: number
  readonly savepoint?: object
  readonly completed?: object
}

/** A job that goes from moment to moment, each time its state is asked for. */
async function jobThrough(moments: readonly Moment[], more: { readonly [request: string]: Answer } = {}) {
  let at = -1
  const now = () => moments[Math.max(0, Math.min(at, moments.length - 1))]
  const { url, asked } = await flinkServer({
    'GET /jobs/j/status': () => {
      at++
      return { body: { status: now().state } }
    },
    'GET /jobs/j': () => ({
      body: { jid: 'j', name: 'clicks', state: now().shown ?? now().state, vertices: [{ id: 'v' }, { id: 'w' }] },
    }),
    'GET /jobs/j/accumulators': () => ({
      body: {
        'user-task-accumulators': [{ name: 'ledger/source/raw/in', type: '', value: String(now().records ?? 0) }],
      },
    }),
    'GET /jobs/j/checkpoints': () => {
      const { savepoint = null, completed = null } = now()
      return { body: { counts: { completed: 2, failed: 0, restored: 0 }, latest: { savepoint, completed } } }
    },
    'GET /jobs/j/checkpoints/config': { body: { externalization: { enabled: true, delete_on_cancellation: true } } },
    'GET /jobs/j/metrics?get=numRestarts': () => ({ body: [{ value: String(now().restarts ?? 0) }] }),
    'GET /config': { body: { 'refresh-interval': 1 } },
    'GET /jobs/j/vertices/v/watermarks': { body: [{ value: '1600000000000' }, { value: '-9223372036854775808' }] },
    'GET /jobs/j/vertices/w/watermarks': { body: [{ value: '1500000000000' }] },
    'GET /jobs/j/exceptions?maxExceptions=10': {
      body: { exceptionHistory: { entries: [{ stacktrace: 'a.B: x' }, { stacktrace: 'a.B: ML_SOURCE: torn.' }] } },
    },
    ...more,
  })
  return { rest: new FlinkRest(url), asked }
}

describe('a job is followed', () => {
  test('to its end, whose counts are those of the end', async () => {
    const { rest } = await jobThrough([
      { state: 'CREATED' },
      { state: 'RUNNING', records: 5 },
      { state: 'FINISHED', shown: 'RUNNING', records: 5 },
      { state: 'FINISHED', records: 9 },
    ])
    const seen: JobProgress[] = []
    const end = await followJob(rest, 'j', { everyMs: 1, onProgress: (progress) => seen.push(progress) })
    expect(end).toMatchObject({ end: 'finished', records: 9, checkpoints: 2, savepoint: undefined })
    expect(seen.map(({ state }) => state)).toEqual(['CREATED', 'RUNNING', 'FINISHED', 'FINISHED'])
    expect(seen[1].watermark).toBe(1_500_000_000_000)
  })

  test('through restarts, each with its reason, to a failure with the reason that says most', async () => {
    const completed = { external_path: 'file:/chk-4' }
    const { rest } = await jobThrough([
      { state: 'RUNNING' },
      { state: 'RESTARTING', restarts: 1 },
      { state: 'RUNNING', restarts: 1 },
      { state: 'FAILED', restarts: 1, completed },
    ])
    const reasons: string[] = []
    const end = await followJob(rest, 'j', { everyMs: 1, onRestart: (reason) => reasons.push(reason) })
    expect(reasons).toEqual(['ML_SOURCE: torn.'])
    expect(end).toMatchObject({ end: 'failed', restarts: 1, reason: 'ML_SOURCE: torn.', checkpoint: 'file:/chk-4' })
  })

  test('to its end, which knows of a restart that came too late for the metric', async () => {
    const { rest } = await jobThrough([
      { state: 'RUNNING', restarts: 1 },
      { state: 'FINISHED', restarts: 1 },
    ])
    expect(await followJob(rest, 'j', { everyMs: 1 })).toMatchObject({ end: 'finished', restarts: 2 })
  })

  test('to a savepoint that somebody asked for, which is no end of the input', async () => {
    const savepoint = { checkpoint_type: 'SYNC_SAVEPOINT', external_path: 'file:/sp' }
    const { rest } = await jobThrough([{ state: 'FINISHED', savepoint }])
    expect(await followJob(rest, 'j')).toMatchObject({ end: 'stopped', savepoint: 'file:/sp' })
    const taken = await jobThrough([{ state: 'FINISHED', savepoint: { ...savepoint, checkpoint_type: 'SAVEPOINT' } }])
    expect(await followJob(taken.rest, 'j')).toMatchObject({ end: 'finished', savepoint: undefined })
  })

  test('to its cancelling, after which no checkpoint is promised that the cluster has deleted', async () => {
    const { rest } = await jobThrough([{ state: 'CANCELED', completed: { external_path: 'file:/chk-4' } }])
    expect(await followJob(rest, 'j')).toMatchObject({ end: 'canceled', checkpoint: undefined })
  })

  test('over a refusal that passes', async () => {
    let times = 0
    const { rest } = await jobThrough([{ state: 'FINISHED' }])
    const job = rest.state.bind(rest)
    rest.state = (id) => (times++ === 0 ? rest.job('unknown').then(({ state }) => state) : job(id))
    expect(await followJob(rest, 'j', { everyMs: 1 })).toMatchObject({ end: 'finished' })
    expect(times).toBeGreaterThan(1)
  })

  test('until the follower leaves', async () => {
    const leaving = new AbortController()
    const { rest } = await jobThrough([{ state: 'RUNNING' }])
    const following = followJob(rest, 'j', { everyMs: 1, signal: leaving.signal, onProgress: () => leaving.abort() })
    await expect(following).rejects.toThrow(/abort/i)
  })
})

describe('a job is stopped', () => {
  const trigger = { body: { 'request-id': 't' } }
  const savepoint = (operation: object) => ({ body: { status: { id: 'COMPLETED' }, operation } })

  test('with a savepoint in the folder that was asked for, and is not drained', async () => {
    const { rest, asked } = await jobThrough([], {
      'POST /jobs/j/stop': trigger,
      'GET /jobs/j/savepoints/t': savepoint({ location: 'file:/sp/1' }),
    })
    expect(await stopJob(rest, 'j', '/sp')).toBe('file:/sp/1')
    expect(JSON.parse(asked[0].body)).toEqual({ drain: false, targetDirectory: '/sp' })
  })

  test('or goes on, with the reason', async () => {
    const cause = { 'failure-cause': { 'stack-trace': 'a.CheckpointException: Some tasks are not running.' } }
    const { rest } = await jobThrough([], {
      'POST /jobs/j/stop': trigger,
      'GET /jobs/j/savepoints/t': savepoint(cause),
    })
    await expect(stopJob(rest, 'j')).rejects.toThrow(/^ML_FLINK_JOB: job j could not be stopped: .*not running/)
  })

  test('not where the cluster has no folder for savepoints: the flag that gives one is named', async () => {
    const errors = ['Config key is not set. Property [targetDirectory] must be provided.']
    const { rest } = await jobThrough([], { 'POST /jobs/j/stop': { status: 400, body: { errors } } })
    await expect(stopJob(rest, 'j')).rejects.toThrow(/--to/)
  })
})
