/** `submitJob`: a bundle and its plan become a jar, the cluster takes it and starts the job. */
import { MillraceError, redacted } from '../../errors.ts'
import type { Plan } from '../../stage/plan.ts'
import { checkRunsOnFlink, needsKafka } from './flink-fit.ts'
import { hostJar, jobJar, kafkaJars } from './job-jar.ts'
import { type JobOptions, jobSettings } from './job-settings.ts'
import type { FlinkRest } from './rest.ts'
import { RestRefusal } from './rest-request.ts'

export interface Submission extends JobOptions {
  /** Made with the guest of this runtime. */
  readonly bundle: { readonly code: string; readonly globalName: string }
  /** Made with the same params. */
  readonly plan: Plan
  /** Folder or URI of a savepoint to go on from. */
  readonly fromSavepoint?: string
  /** The prebuilt host; default that of the package. */
  readonly host?: Uint8Array
}

/**
 * @returns the id of the job, which is then about to run
 * @throws ML_NOT_ON_FLINK, ML_RANGE, ML_JAVA_TOOL before anything is sent; ML_FLINK_REST; what the host refuses
 */
export async function submitJob(rest: FlinkRest, submission: Submission): Promise<string> {
  const { bundle, plan, fromSavepoint } = submission
  checkRunsOnFlink(plan)
  const settings = jobSettings(plan.name, bundle.globalName, submission)
  const jar = jobJar(submission.host ?? hostJar(), {
    'millrace/bundle.js': bundle.code,
    'millrace/plan.json': JSON.stringify(plan),
    'millrace/plan-shown.json': JSON.stringify(shownPlan(plan)),
    'millrace/job.json': JSON.stringify(settings),
    ...(needsKafka(plan) && kafkaJars()),
  })
  checkVersion((await rest.overview())['flink-version'], rest.url)
  const uploaded = await asRefused(rest.url, rest.uploadJar(`${plan.name}.jar`, jar))
  try {
    const { parallelism } = settings
    return await asRefused(rest.url, rest.runJar(uploaded, { parallelism, savepointPath: fromSavepoint }))
  } finally {
    // A job under way has its own copy of the jar. Failing to tidy up is no reason to call the job failed.
    await rest.deleteJar(uploaded).catch(() => undefined)
  }
}

/** The plan as checkpoints and the final state keep it: without secrets, and without the records of sources in memory. */
function shownPlan(plan: Plan): Plan {
  const sources = plan.sources.map((source) => (source.connector === 'memory' ? { ...source, options: {} } : source))
  return redacted({ ...plan, sources })
}

/** The host is built against Flink 2.2 and uses nothing that later versions of 2 have dropped so far. */
function checkVersion(version: string, where: string): void {
  const [major, minor] = version.split('.').map(Number)
  if (major === 2 && minor >= 2) return
  throw new MillraceError('ML_FLINK_REST', {
    what: 'the cluster runs a version of Flink that the host does not know',
    got: version,
    where,
    remedy: 'Use Flink 2.2 or a later version of 2',
  })
}

/** Flink finds state by stage, and a stage is named after its first operator. */
function stageGone(where: string, cause: Error): MillraceError {
  return new MillraceError('ML_OTHER_PLAN', {
    what: 'the edited pipeline cannot take over the savepoint: a stage whose state it holds is gone',
    where,
    remedy: 'Keep the names of operators, above all of those that follow a source, a keyBy or a model; or start anew',
    cause,
  })
}

async function asRefused<T>(where: string, request: Promise<T>): Promise<T> {
  try {
    return await request
  } catch (error) {
    if (!(error instanceof RestRefusal)) throw error
    if (error.reason.includes('Cannot map checkpoint/savepoint state')) throw stageGone(where, error)
    throw new MillraceError('ML_FLINK_REST', {
      what: `Flink refuses the job: ${error.reason}`,
      where,
      remedy: 'The log of the JobManager has the whole story',
      cause: error,
    })
  }
}
