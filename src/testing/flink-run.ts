/**
 * Runs a pipeline on a Flink cluster, in a folder of its own, with the result in the form that the other engines give.
 *
 * What is done to the job meanwhile (a kill, a stop with a savepoint) is the caller's affair: `disturb` gets the job once it
 * runs. A job that was stopped goes on from its savepoint at the next parallelism of the list.
 */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundlePipeline } from '../bundle/bundle.ts'
import type { Bundle } from '../bundle/bundle-script.ts'
import { evaluateBundle } from '../bundle/evaluate.ts'
import { ownFile } from '../bundle/own-modules.ts'
import type { Counts } from '../operators/counts.ts'
import { readFinalState } from '../runtime/flink/final-state.ts'
import { followJob, type JobEnd } from '../runtime/flink/follow-job.ts'
import { flinkFolder, type JobOptions } from '../runtime/flink/job-settings.ts'
import { FlinkRest } from '../runtime/flink/rest.ts'
import { submitJob } from '../runtime/flink/submit.ts'
import type { Plan } from '../stage/plan.ts'
import { joined, type RunResult } from './run-result.ts'

export interface FlinkRunOptions extends Omit<JobOptions, 'base' | 'state' | 'parallelism'> {
  /** Parallelism of each deployment in turn; default one, of 1. */
  readonly parallelism?: readonly number[]
  /** Folder of the files that the pipeline reads by relative path. */
  readonly base?: string
  /** Told of each deployment once it is submitted; the run goes on when it resolves, whatever the job does. */
  readonly disturb?: (rest: FlinkRest, job: string, deployment: number) => Promise<void>
}

export interface FlinkRun extends RunResult {
  readonly ends: readonly JobEnd[]
}

/** The bundle of a pipeline file with what Flink's host talks to inside: make it once for several runs. */
export function flinkBundle(file: string): Promise<Bundle> {
  return bundlePipeline(file, { guestModule: ownFile('../runtime/flink/guest.ts') })
}

/** @throws an error with Flink's reason when a deployment fails */
export async function runOnFlink(url: string, bundle: Bundle, options: FlinkRunOptions = {}): Promise<FlinkRun> {
  const { parallelism = [1], base: given, disturb, ...settings } = options
  const rest = new FlinkRest(url)
  const { pipeline } = evaluateBundle(bundle)
  const { plan } = pipeline.program(settings.params ?? {})
  const base = await mkdtemp(join(tmpdir(), 'millrace-flink-'))
  try {
    if (given !== undefined) await cp(given, base, { recursive: true })
    const ends: JobEnd[] = []
    for (const [deployment, width] of parallelism.entries()) {
      const fromSavepoint = ends.at(-1)?.savepoint
      const job = await submitJob(rest, { ...settings, bundle, plan, base, parallelism: width, fromSavepoint })
      const [end] = await Promise.all([followJob(rest, job, { plan, everyMs: 100 }), disturb?.(rest, job, deployment)])
      const wanted = deployment < parallelism.length - 1 ? 'stopped' : 'finished'
      if (end.end !== wanted) throw new Error(`the job ${end.end}, it should have ${wanted}: ${end.reason}`)
      ends.push(end)
    }
    return { ...(await resultOf(plan, base)), ends }
  } finally {
    await rm(base, { recursive: true, force: true })
  }
}

async function resultOf(plan: Plan, base: string): Promise<RunResult> {
  const sinks = new Map<string, Uint8Array[]>()
  for (const { uid, kind, options } of plan.operators) {
    if (kind !== 'sink') continue
    // What went to a server is there.
    const { folder } = options.options as { folder?: string }
    if (folder !== undefined) sinks.set(uid, await partsOf(join(base, folder)))
  }
  const folder = join(flinkFolder(plan.name, { base }), 'final')
  const { groups, ledgers } = readFinalState(await partsOf(folder), folder)
  const snapshot = new Map(groups.map(({ uid, group, bytes }) => [`${uid}/${group}`, bytes]))
  const sources: { [uid: string]: Counts } = {}
  // A source without a split has nothing to tell.
  for (const { uid } of plan.sources)
    sources[uid] = ledgers.sources[uid] ?? { in: 0, processed: 0, rejected: 0, late: 0 }
  return { plan, sinks, snapshot, ledgers: { sources, operators: ledgers.operators } }
}

async function partsOf(folder: string): Promise<Uint8Array[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('part-')).sort()
  return Promise.all(names.map(async (name) => new Uint8Array(await readFile(join(folder, name)))))
}

/** All rows of a sink as text. */
export function rowsOf(result: RunResult, uid: string): string {
  return Buffer.from(joined(result.sinks.get(uid) ?? [])).toString()
}
