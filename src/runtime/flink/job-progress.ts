/** How a job on Flink stands: asked of its REST API, a few small requests a look. */
import type { Plan } from '../../stage/plan.ts'
import { type Ledgers, ledgersOf, recordsIn } from './ledgers.ts'
import type { CompletedCheckpoint, FlinkRest, JobState } from './rest.ts'

export interface JobProgress {
  readonly state: JobState
  /** False while the JobManager still shows counts of an earlier state. */
  readonly isFresh: boolean
  /** Records and rejected pieces read. */
  readonly records: number
  /** Event time up to which every vertex has come, in milliseconds; null where none is known. */
  readonly watermark: number | null
  readonly checkpoints: number
  readonly restarts: number
  readonly ledgers: Ledgers
  /** The savepoint with which the job was stopped. */
  readonly stoppedWith: CompletedCheckpoint | undefined
}

export const ENDED: readonly JobState[] = ['FINISHED', 'FAILED', 'CANCELED']

/** @param plan for the order of the ledgers */
export async function jobProgress(rest: FlinkRest, id: string, plan?: Plan): Promise<JobProgress> {
  const state = await rest.state(id)
  const details = await rest.job(id)
  const [accumulators, { counts, latest }, restarts, watermark] = await Promise.all([
    rest.accumulators(id),
    rest.checkpoints(id),
    rest.restarts(id).catch(() => 0),
    ENDED.includes(state) ? null : lowestWatermark(rest, id, details.vertices),
  ])
  const ledgers = ledgersOf(accumulators, plan)
  const stopped = latest.savepoint?.checkpoint_type === 'SYNC_SAVEPOINT' && details.state === 'FINISHED'
  return {
    state,
    isFresh: details.state === state,
    records: recordsIn(ledgers),
    watermark,
    checkpoints: counts.completed,
    restarts,
    ledgers,
    stoppedWith: stopped ? (latest.savepoint ?? undefined) : undefined,
  }
}

/** Sources have no input and say nothing; neither does who has not seen a watermark yet, and at the end there is none. */
async function lowestWatermark(
  rest: FlinkRest,
  id: string,
  vertices: readonly { readonly id: string }[],
): Promise<number | null> {
  const all = await Promise.all(vertices.map((vertex) => rest.watermarks(id, vertex.id).catch(() => [])))
  const known = all.flat().filter((ms) => Math.abs(ms) <= LAST_DATE_MS)
  return known.length === 0 ? null : Math.min(...known)
}

/** Beyond this is no date; Flink's first and last watermark lie there. */
const LAST_DATE_MS = 8.64e15
