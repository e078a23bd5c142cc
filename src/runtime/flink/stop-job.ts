/** Stops a job with a savepoint, from which it can go on at another parallelism. */
import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError } from '../../errors.ts'
import { failureOf } from './failure-text.ts'
import type { FlinkRest } from './rest.ts'
import { RestRefusal } from './rest-request.ts'

const POLL_MS = 100

/**
 * @param folder where the savepoint goes, a folder or URI; default what the cluster has configured
 * @returns path of the savepoint
 * @throws ML_FLINK_JOB when the job cannot be stopped; it then goes on
 */
export async function stopJob(rest: FlinkRest, id: string, folder?: string): Promise<string> {
  let trigger: string
  try {
    trigger = await rest.stop(id, folder)
  } catch (error) {
    throw error instanceof RestRefusal ? notStopped(rest, id, error.reason) : error
  }
  for (;;) {
    const { status, location, failure } = await rest.savepoint(id, trigger)
    if (failure !== undefined) throw notStopped(rest, id, failureOf(failure).text)
    if (status === 'COMPLETED') return location as string
    await delay(POLL_MS)
  }
}

function notStopped(rest: FlinkRest, id: string, reason: string): MillraceError {
  const unset = reason.includes('targetDirectory')
  return new MillraceError('ML_FLINK_JOB', {
    what: `job ${id} could not be stopped: ${reason.replace(/\.$/, '')}`,
    where: rest.url,
    remedy: unset
      ? 'Say with --to where the savepoint goes: the cluster has no folder for them'
      : 'It goes on; try again once it is running, or end it with "millrace flink cancel"',
  })
}
