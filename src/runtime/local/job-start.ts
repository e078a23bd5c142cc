/** What a job starts from: the checkpoint that counts, or nothing; and the sinks' transaction domain, which has a say in it. */
import { basename, dirname } from 'node:path'
import { errorText, MillraceError, REDACTED } from '../../errors.ts'
import type { JsonObject } from '../../stage/json.ts'
import type { Plan } from '../../stage/plan.ts'
import { nodeStorage } from '../../storage/node-storage.ts'
import type { Storage } from '../../storage/storage.ts'
import type { JobSite } from '../../stream/ports.ts'
import type { Program } from '../../stream/program.ts'
import { checkpointId, removeCheckpoint } from './checkpoint-folder.ts'
import { CheckpointStore, type RestoredCheckpoint } from './checkpoint-store.ts'
import { CrashGuard } from './crash-guard.ts'
import { dropUndecided, type OpenDomain, openDomain } from './deciding-domain.ts'
import { openSinks } from './engine-sinks.ts'
import type { JobOptions } from './job-options.ts'
import type { Manifest } from './manifest.ts'

export interface JobStart {
  readonly restored: RestoredCheckpoint | undefined
  readonly domain: OpenDomain | undefined
}

/** Asks the transaction domain first, where there is one: it decides which checkpoint counts. */
export async function findStart(
  program: Program,
  store: CheckpointStore,
  options: JobOptions,
  site: JobSite,
): Promise<JobStart> {
  const domain = await openDomain(program.plan, options.connectors, site)
  try {
    if (domain !== undefined) await dropUndecided(store, domain)
    const restored = await restoredOf(store, program.plan.name, options, options.storage ?? nodeStorage)
    return { domain, restored }
  } catch (error) {
    await domain?.domain.close()
    throw error
  }
}

/** The newest good checkpoint of the state folder, or the one to start from. */
async function restoredOf(
  store: CheckpointStore,
  pipeline: string,
  { from, warn }: JobOptions,
  storage: Storage,
): Promise<RestoredCheckpoint | undefined> {
  const latest = await store.latest()
  for (const { id, error } of latest?.damaged ?? []) {
    warn(`checkpoint ${id} is damaged and passed over: ${errorText(error)}`)
  }
  if (from === undefined) return latest?.checkpoint
  if (latest !== undefined) throw hasOwn(latest.checkpoint.folder)
  const id = checkpointId(basename(from))
  if (id === undefined) throw noCheckpoint(from)
  const other = await CheckpointStore.open(dirname(from), { pipeline, storage })
  return await other.load(id)
}

/** Commits what the last checkpoint covers: the process may have died between manifest and commit. */
export async function completeSinks(
  manifest: Manifest,
  program: Program,
  { connectors, warn }: JobOptions,
  site: JobSite,
  domain: OpenDomain | undefined,
): Promise<void> {
  const stored = manifest.plan as unknown as Plan
  // A manifest keeps no secrets; the pipeline has them.
  const operators = stored.operators.map((vertex) =>
    JSON.stringify(vertex).includes(REDACTED)
      ? (program.plan.operators.find(({ uid }) => uid === vertex.uid) ?? vertex)
      : vertex,
  )
  try {
    const sinks = await openSinks({ ...stored, operators }, connectors, site, manifest, domain)
    await sinks.close()
  } catch (error) {
    warn(`the run has finished, but whether all its output is public cannot be told: ${errorText(error)}`)
  }
}

/** Removes checkpoints and what the sinks can take back. */
export async function forget(program: Program, options: JobOptions, site: JobSite, storage: Storage): Promise<void> {
  // Sinks first: one that refuses leaves the checkpoints as they are.
  for (const vertex of program.plan.operators) {
    if (vertex.kind !== 'sink') continue
    const connector = options.connectors.sinks.find(({ kind }) => kind === vertex.options.connector)
    const sinkOptions = { ...(vertex.options.options as JsonObject), format: vertex.options.format }
    await connector?.clear?.({ ...site, uid: vertex.uid, options: sinkOptions })
  }
  const reader = await CheckpointStore.open(options.state, { pipeline: program.plan.name, storage })
  for (const { folder } of await reader.list()) await removeCheckpoint(storage, folder)
  CrashGuard.forget(options.state)
}

export function finished(pipeline: string, folder: string): MillraceError {
  return new MillraceError('ML_FINISHED', {
    what: `pipeline "${pipeline}" has already come to the end of its input`,
    where: folder,
    remedy: 'Look at it with "millrace inspect", or run it again from the start with --fresh',
  })
}

function hasOwn(folder: string): MillraceError {
  return new MillraceError('ML_RANGE', {
    what: 'a run that starts from a given checkpoint needs a state folder without checkpoints',
    got: folder,
    where: 'from',
    remedy: 'Give a new state folder, or leave "from" out to go on from the newest one',
  })
}

function noCheckpoint(from: string): MillraceError {
  return new MillraceError('ML_RANGE', {
    what: 'a checkpoint is a folder named chk-... in a state folder',
    got: from,
    where: 'from',
    remedy: 'Look into the state folder for those there are',
  })
}
