/** Follows a job to its end, over what a cluster goes through meanwhile. */
import { setTimeout as delay } from 'node:timers/promises'
import { isTransient, MillraceError } from '../../errors.ts'
import type { Plan } from '../../stage/plan.ts'
import { failureOf } from './failure-text.ts'
import { ENDED, type JobProgress, jobProgress } from './job-progress.ts'
import type { FlinkRest, JobState } from './rest.ts'
import { RestRefusal } from './rest-request.ts'

export interface JobEnd extends JobProgress {
  readonly end: 'finished' | 'stopped' | 'canceled' | 'failed'
  /** Path of the savepoint of a stopped job. */
  readonly savepoint: string | undefined
  /** Path of the last checkpoint of a job that failed or was cancelled, where the cluster keeps it. */
  readonly checkpoint: string | undefined
  /** Why it failed, one line. */
  readonly reason: string | undefined
}

export interface FollowOptions {
  readonly plan?: Plan
  /** Default 500. */
  readonly everyMs?: number
  readonly onProgress?: (progress: JobProgress) => void
  /** Told why, each time it is restarted. */
  readonly onRestart?: (reason: string) => void
  /** Leaves the job to itself. */
  readonly signal?: AbortSignal
}

/** How long a JobManager may be away: one that is started anew takes its time. */
const PATIENCE_MS = 30_000

/** Flink's own setting, for a cluster that does not show its own. */
const REFRESH_MS = 3000

/**
 * @returns how the job ended; a failed one is no error here
 * @throws ML_FLINK_REST when the cluster is gone for longer, ML_FLINK_NO_JOB when it has forgotten the job
 */
export async function followJob(rest: FlinkRest, id: string, options: FollowOptions = {}): Promise<JobEnd> {
  const { plan, everyMs = 500, onProgress, onRestart, signal } = options
  let lastAnswer = performance.now()
  let restarts = 0
  for (;;) {
    signal?.throwIfAborted()
    try {
      const progress = await jobProgress(rest, id, plan)
      lastAnswer = performance.now()
      onProgress?.(progress)
      if (progress.restarts > restarts && !ENDED.includes(progress.state)) onRestart?.(await failureReason(rest, id))
      restarts = progress.restarts
      if (ENDED.includes(progress.state) && progress.isFresh) {
        // Counts and checkpoints come from a cache that Flink makes anew now and then: the last ones only after that time.
        await delay(await rest.refreshMs().catch(() => REFRESH_MS), undefined, { signal })
        return await ended(rest, id, await jobProgress(rest, id, plan))
      }
    } catch (error) {
      // Flink's refusals pass too: a JobManager that has just started anew does not know the job yet.
      if (!isTransient(error)) throw error
      if (performance.now() - lastAnswer > PATIENCE_MS) throw error instanceof RestRefusal ? forgotten(rest, id) : error
    }
    await delay(everyMs, undefined, { signal })
  }
}

async function ended(rest: FlinkRest, id: string, progress: JobProgress): Promise<JobEnd> {
  const { state, stoppedWith } = progress
  // The metric may have been looked at before the last restart, and is gone with the job. What a job failed of at last was none.
  const failures = (await rest.exceptions(id)).length - (state === 'FAILED' ? 1 : 0)
  const restarts = Math.max(progress.restarts, failures)
  const rested = { ...progress, restarts, savepoint: undefined, checkpoint: undefined, reason: undefined }
  if (state === 'FINISHED') {
    if (stoppedWith === undefined) return { ...rested, end: 'finished' }
    return { ...rested, end: 'stopped', savepoint: stoppedWith.external_path ?? undefined }
  }
  const checkpoint = await keptCheckpoint(rest, id, state)
  if (state === 'CANCELED') return { ...rested, end: 'canceled', checkpoint }
  return { ...rested, end: 'failed', checkpoint, reason: await failureReason(rest, id) }
}

async function keptCheckpoint(rest: FlinkRest, id: string, state: JobState): Promise<string | undefined> {
  const [{ latest }, kept] = await Promise.all([rest.checkpoints(id), rest.keepsCheckpoints(id)])
  if (!kept.enabled || (state === 'CANCELED' && kept.delete_on_cancellation)) return undefined
  return latest.completed?.external_path ?? undefined
}

/** Why a job failed, or was last restarted: the newest exception that says most. */
export async function failureReason(rest: FlinkRest, id: string): Promise<string> {
  const failures = (await rest.exceptions(id)).map(({ stacktrace }) => failureOf(stacktrace))
  const said = failures.find(({ code }) => code !== undefined) ?? failures[0]
  return said?.text ?? 'Flink gives no reason'
}

function forgotten(rest: FlinkRest, id: string): MillraceError {
  return new MillraceError('ML_FLINK_NO_JOB', {
    what: `the cluster does not know job ${id} any more`,
    where: rest.url,
    remedy: 'Its JobManager was started anew without high availability: submit it again from its last savepoint',
  })
}
