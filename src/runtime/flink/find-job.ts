/** Which job a person means: by its id, the beginning of one, or its name. */
import { MillraceError } from '../../errors.ts'
import { nearestName } from '../../formats/nearest-name.ts'
import { ENDED } from './job-progress.ts'
import type { JobSummary } from './rest.ts'

/**
 * Of jobs of the same name the one that runs; a job that has ended only by its id.
 *
 * @throws ML_FLINK_NO_JOB when none or several are meant, with what was probably meant
 */
export function findJob(jobs: readonly JobSummary[], wanted: string): JobSummary {
  const exact = jobs.find(({ jid }) => jid === wanted)
  if (exact !== undefined) return exact
  const running = jobs.filter(({ state }) => !ENDED.includes(state))
  const named = running.filter(({ name }) => name === wanted)
  const begun = /^[0-9a-f]+$/.test(wanted) ? jobs.filter(({ jid }) => jid.startsWith(wanted)) : []
  const meant = named.length > 0 ? named : begun
  if (meant.length === 1) return meant[0]
  throw meant.length === 0 ? unknownJob(running, wanted) : severalJobs(meant, wanted)
}

function unknownJob(running: readonly JobSummary[], wanted: string): MillraceError {
  const names = [...new Set(running.map(({ name }) => name))]
  const near = nearestName(wanted, names)
  const there = names.length === 0 ? 'No job is running there' : `There run ${names.slice(0, 5).join(', ')}`
  return new MillraceError('ML_FLINK_NO_JOB', {
    what: 'no job of this name or id runs on the cluster',
    got: wanted,
    remedy: near === undefined ? there : `Did you mean ${near}`,
  })
}

function severalJobs(meant: readonly JobSummary[], wanted: string): MillraceError {
  return new MillraceError('ML_FLINK_NO_JOB', {
    what: 'several jobs of the cluster are meant by this',
    got: wanted,
    remedy: `Give an id: ${meant.map(({ jid }) => jid).join(', ')}`,
  })
}
