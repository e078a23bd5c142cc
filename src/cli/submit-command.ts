/** `millrace submit FILE`: the pipeline as a job of a Flink cluster, followed to its end. */
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bundle } from '../bundle/bundle.ts'
import { bundlePipeline } from '../bundle/bundle.ts'
import { evaluateBundle, explainError } from '../bundle/evaluate.ts'
import { ownFile } from '../bundle/own-modules.ts'
import { isMillraceError, MillraceError } from '../errors.ts'
import { checkRunsOnFlink } from '../runtime/flink/flink-fit.ts'
import { followJob, type JobEnd } from '../runtime/flink/follow-job.ts'
import { ENDED } from '../runtime/flink/job-progress.ts'
import { flinkFolder, type JobOptions } from '../runtime/flink/job-settings.ts'
import { FlinkRest } from '../runtime/flink/rest.ts'
import { stopJob } from '../runtime/flink/stop-job.ts'
import { type Submission, submitJob } from '../runtime/flink/submit.ts'
import type { JsonObject } from '../stage/json.ts'
import { KEY_GROUPS } from '../stage/plan.ts'
import type { Pipeline } from '../stream/pipeline.ts'
import { flinkUrl } from './flink-url.ts'
import { jobReportText } from './job-report.ts'
import { type JobView, jobView } from './job-view.ts'
import { estimatedDriftMs } from './max-drift.ts'
import { milliseconds, paramsOf, wholeNumber } from './params.ts'
import { onClosedOutput, onSignals } from './signals.ts'

export interface SubmitFlags {
  readonly flink?: string
  readonly param?: readonly string[]
  readonly base?: string
  readonly state?: string
  readonly parallelism?: string
  readonly detached?: boolean
  readonly fromSavepoint?: string
  readonly checkpointEvery?: string
  readonly checkpointDir?: string
  readonly maxDrift?: string
  readonly flush?: string
  readonly heap?: string
  readonly watchdog?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

export async function submitCommand(file: string, flags: SubmitFlags): Promise<void> {
  const options = optionsOf(flags)
  const rest = new FlinkRest(flinkUrl(flags))
  const submission = { ...(await bundled(file, options, flags.param ?? [])), fromSavepoint: flags.fromSavepoint }
  const view = jobView(submission.plan.name, flags)
  await noteSurroundings(rest, submission, view)
  const id = await submitJob(rest, submission)
  view.submitted(id, rest.url, flags.detached ?? false)
  if (!flags.detached) await follow(rest, id, submission, file, view)
}

/** The plan is made and judged here, so that nothing is sent that cannot run. */
async function bundled(file: string, options: JobOptions, pairs: readonly string[]): Promise<Submission> {
  const bundle = await bundlePipeline(file, { guestModule: ownFile('../runtime/flink/guest.ts') })
  const exports = evaluateBundle(bundle)
  const pipeline = exports.pipeline as Pipeline
  exports.setPhase('processing')
  try {
    const params: JsonObject = paramsOf(pairs, pipeline.params)
    const program = pipeline.program(params)
    const { plan } = program
    checkRunsOnFlink(plan)
    const { maxDriftMs = await estimatedDriftMs(program, resolve(options.base ?? '.')) } = options
    return { ...options, maxDriftMs, bundle, plan, params }
  } catch (error) {
    throw explained(bundle, error)
  }
}

/** What a person wants to know before a job waits for slots, or meets another one of its name. */
async function noteSurroundings(rest: FlinkRest, { plan, parallelism = 1 }: Submission, view: JobView): Promise<void> {
  const [overview, jobs] = await Promise.all([rest.overview(), rest.jobs()])
  const free = overview['slots-available']
  if (free < parallelism)
    view.note(`the job waits for ${parallelism} slots; ${free} of ${overview['slots-total']} are free`)
  const same = jobs.find(({ name, state }) => name === plan.name && !ENDED.includes(state))
  if (same !== undefined) {
    view.note(`job ${same.jid} has the same name; both must not write to the same folders (--base and --state tell)`)
  }
}

async function follow(rest: FlinkRest, id: string, submission: Submission, file: string, view: JobView): Promise<void> {
  const leaving = new AbortController()
  const savepoints = `${flinkFolder(submission.plan.name, submission)}/savepoints`
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping = stopWhenRunning(rest, id, savepoints, view)
  }
  onSignals(stop, view.note, 'stopping the job with a savepoint (once more leaves it to stop by itself)')
  // Nobody reads what we say; the job is none of their business.
  onClosedOutput(() => leaving.abort())
  let end: JobEnd
  try {
    end = await followJob(rest, id, {
      plan: submission.plan,
      signal: leaving.signal,
      onProgress: (progress) => view.show(progress),
      onRestart: (reason) => view.note(`the job was restarted: ${reason}`),
    })
    await stopping
  } catch (error) {
    if (leaving.signal.aborted) return
    throw error
  } finally {
    view.cleared()
  }
  if (end.end === 'failed' || end.end === 'canceled') throw failed(rest, id, submission.plan.name, end)
  await view.ended(id, end, () => jobReportText(end, { submission, file, url: rest.url }))
}

/** A job that starts or restarts takes no savepoint yet. */
async function stopWhenRunning(rest: FlinkRest, id: string, folder: string, view: JobView): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await stopJob(rest, id, folder)
      return
    } catch (error) {
      const state = await rest.state(id).catch(() => undefined)
      if (state !== undefined && ENDED.includes(state)) return
      if (tries >= STOP_TRIES) {
        view.note(`${(error as Error).message} It is left running.`)
        return
      }
      await delay(STOP_PAUSE_MS)
    }
  }
}

const STOP_TRIES = 20
const STOP_PAUSE_MS = 500

function failed(rest: FlinkRest, id: string, name: string, { end, reason, checkpoint }: JobEnd): MillraceError {
  const page = `${rest.url}/#/job/${id}`
  const goOn = checkpoint === undefined ? '' : `; --from-savepoint ${checkpoint} goes on from its last checkpoint`
  return new MillraceError('ML_FLINK_JOB', {
    what: end === 'canceled' ? `job "${name}" was cancelled` : `job "${name}" failed: ${reason?.replace(/\.$/, '')}`,
    remedy: `See ${page}${goOn}`,
  })
}

/** Flags as options, checked before anything is done. */
function optionsOf(flags: SubmitFlags): JobOptions {
  return {
    base: flags.base,
    state: flags.state,
    parallelism: wholeNumber('--parallelism', flags.parallelism, 1, KEY_GROUPS),
    checkpointEveryMs: milliseconds('--checkpoint-every', flags.checkpointEvery),
    checkpointDir: flags.checkpointDir,
    maxDriftMs: milliseconds('--max-drift', flags.maxDrift),
    flushMs: milliseconds('--flush', flags.flush),
    heapMb: wholeNumber('--heap', flags.heap, 32),
    watchdogMs: milliseconds('--watchdog', flags.watchdog),
  }
}

function explained(bundle: Bundle, error: unknown): unknown {
  return isMillraceError(error) ? error : explainError(bundle, error)
}
