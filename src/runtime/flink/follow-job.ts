/** Follows a job to its end, over what a cluster goes through meanwhile. */
import { setTimeout as delay } from 'node:timers/promises'
import { isMillraceError, MillraceError } from '../../errors.ts'
import type { Plan } from '../../stage/plan.ts'
import { failureOf } from './failure-text.ts'
import { ENDED, type JobProgress, jobProgress } from './job-progress.ts'
import type { FlinkRest } from './rest.ts'
import { RestRefusal } from './rest-request.ts'

export interface JobEnd extends JobProgress {
  readonly end: 'finished' | 'stopped' | 'canceled' | 'failed'
  /** Path of the savepoint of a stopped job. */
  readonly savepoint: string | undefined
  /** Why it failed, one line. */
  readonly reason: string | undefined
}

export interface FollowOptions {
  readonly plan?: Plan
  /** Default 500. */
  readonly everyMs?: number
  readonly onProgress?: (progress: JobProgress) => void
  /** Leaves the job to itself. */
  readonly signal?: AbortSignal
}

/** How long a JobManager may be away: one that is started anew takes its time. */
const PATIENCE_MS = 30_000

/**
 * @returns how the job ended; a failed one is no error here
 * @throws ML_FLINK_REST when the cluster is gone for longer, ML_FLINK_NO_JOB when it has forgotten the job
 */
export async function followJob(rest: FlinkRest, id: string, options: FollowOptions = {}): Promise<JobEnd> {
  const { plan, everyMs = 500, onProgress, signal } = options
  let lastAnswer = performance.now()
  for (;;) {
    signal?.throwIfAborted()
    try {
      const progress = await jobProgress(rest, id, plan)
      lastAnswer = performance.now()
      onProgress?.(progress)
      if (ENDED.includes(progress.state) && progress.isFresh) return await ended(rest, id, progress)
    } catch (error) {
      if (!isPassing(error)) throw error
      if (performance.now() - lastAnswer > PATIENCE_MS) throw error instanceof RestRefusal ? forgotten(rest, id) : error
    }
    await delay(everyMs, undefined, { signal })
  }
}

/** Flink's refusals too: a JobManager that has just started anew does not know the job yet. */
function isPassing(error: unknown): boolean {
  return error instanceof RestRefusal || (isMillraceError(error) && error.errorClass === 'transient')
}

async function ended(rest: FlinkRest, id: string, progress: JobProgress): Promise<JobEnd> {
  const { state, stoppedWith } = progress
  const savepoint = stoppedWith?.external_path ?? undefined
  if (state === 'FAILED') return { ...progress, end: 'failed', savepoint, reason: await failureReason(rest, id) }
  const end = state === 'CANCELED' ? 'canceled' : stoppedWith === undefined ? 'finished' : 'stopped'
  return { ...progress, end, savepoint, reason: undefined }
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
