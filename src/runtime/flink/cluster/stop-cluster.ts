/** Ends a local cluster: exactly the processes that were written down, and only while they are its own. */
import { MillraceError } from '../../../errors.ts'
import { ENDED } from '../job-progress.ts'
import { FlinkRest, type JobSummary } from '../rest.ts'
import { ClusterHome, type ClusterRecord } from './cluster-home.ts'
import { endAll, isAlive } from './java-process.ts'

export interface StopOptions {
  /** Also while jobs run; they lose what they did since their last checkpoint. */
  readonly force?: boolean
}

/**
 * @returns how many processes it ended; 0 where none was left
 * @throws ML_FLINK_CLUSTER while jobs run
 */
export async function stopCluster(path: string | undefined, { force = false }: StopOptions = {}): Promise<number> {
  const home = new ClusterHome(path)
  if (home.record() === undefined) return 0
  return home.locked(async () => {
    const record = home.record()
    if (record === undefined) return 0
    if (!force) refuseRunning(record, await runningJobs(record))
    const alive = record.processes.filter((one) => isAlive(home, one))
    await endAll(home, alive)
    home.forget()
    return alive.length
  })
}

/** None where nobody answers: without a JobManager no job runs. */
async function runningJobs({ url }: ClusterRecord): Promise<JobSummary[]> {
  const jobs = await new FlinkRest(url).jobs().catch(() => [])
  return jobs.filter(({ state }) => !ENDED.includes(state))
}

function refuseRunning({ url }: ClusterRecord, jobs: readonly JobSummary[]): void {
  if (jobs.length === 0) return
  const names = [...new Set(jobs.map(({ name }) => `"${name}"`))].slice(0, 3).join(', ')
  throw new MillraceError('ML_FLINK_CLUSTER', {
    what: `${jobs.length === 1 ? 'a job is' : `${jobs.length} jobs are`} running: ${names}`,
    where: url,
    remedy: 'Stop them first with "millrace flink stop JOB", or end all with --force',
  })
}
