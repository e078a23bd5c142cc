/** `millrace flink list | stop JOB | cancel JOB`: jobs of any cluster. */
import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError } from '../errors.ts'
import { findJob } from '../runtime/flink/find-job.ts'
import { ENDED } from '../runtime/flink/job-progress.ts'
import { FlinkRest, type JobSummary } from '../runtime/flink/rest.ts'
import { stopJob } from '../runtime/flink/stop-job.ts'
import { flinkFlag, flinkUrl } from './flink-url.ts'
import { duration, eventTime, table } from './format.ts'
import { ownCommand } from './own-command.ts'
import { print, printJson } from './print.ts'

export interface FlinkJobFlags {
  readonly flink?: string
  readonly json?: boolean
  readonly to?: string
}

export async function listCommand(flags: FlinkJobFlags): Promise<void> {
  const rest = new FlinkRest(flinkUrl(flags))
  const jobs = [...(await rest.jobs())].sort((a, b) => b['start-time'] - a['start-time'])
  if (flags.json) printJson({ type: 'jobs', url: rest.url, jobs: jobs.map(jobJson) })
  else if (jobs.length === 0) print(`no jobs at ${rest.url}\n`)
  else print(`${table([['job', 'state', 'started', 'for', 'name'], ...jobs.map(row)])}\n`)
}

/** Stops a job with a savepoint; its path alone goes to standard output, for scripts. */
export async function stopJobCommand(wanted: string, flags: FlinkJobFlags): Promise<void> {
  const rest = new FlinkRest(flinkUrl(flags))
  const { jid, name } = living(findJob(await rest.jobs(), wanted))
  const savepoint = await stopJob(rest, jid, flags.to)
  if (flags.json) printJson({ type: 'stopped', job: jid, name, savepoint })
  else {
    process.stderr.write(`stopped "${name}" (${jid}) with a savepoint; to go on from it:\n`)
    process.stderr.write(`  ${ownCommand()} submit FILE --from-savepoint ${savepoint}${flinkFlag(rest.url)}\n`)
    print(`${savepoint}\n`)
  }
}

export async function cancelCommand(wanted: string, flags: FlinkJobFlags): Promise<void> {
  const rest = new FlinkRest(flinkUrl(flags))
  const { jid, name } = living(findJob(await rest.jobs(), wanted))
  await rest.cancel(jid)
  let state = await rest.state(jid)
  while (!ENDED.includes(state)) {
    await delay(POLL_MS)
    state = await rest.state(jid)
  }
  if (flags.json) printJson({ type: 'cancelled', job: jid, name, state })
  else print(`"${name}" (${jid}) has ended: ${state.toLowerCase()}\n`)
}

const POLL_MS = 200

/** @throws ML_FLINK_NO_JOB for one that has ended */
function living(job: JobSummary): JobSummary {
  if (!ENDED.includes(job.state)) return job
  throw new MillraceError('ML_FLINK_NO_JOB', {
    what: `job "${job.name}" has already ended: ${job.state.toLowerCase()}`,
    got: job.jid,
    remedy: 'See what runs with "millrace flink list"',
  })
}

function row(job: JobSummary): string[] {
  const { jid, state, name } = job
  return [jid, state.toLowerCase(), eventTime(job['start-time']), duration(job.duration), name]
}

function jobJson(job: JobSummary): object {
  const { jid, name, state } = job
  return { job: jid, name, state, startedAt: job['start-time'], durationMs: job.duration }
}
