/**
 * A job: one pipeline, its state folder, and the engine that runs it from the last checkpoint on.
 *
 * The state folder belongs to one process at a time. What a run leaves in it is all that the next one needs.
 */
import { basename, dirname, join } from 'node:path'
import { errorText, MillraceError, REDACTED } from '../../errors.ts'
import type { OperatorDescription, QualityDescription } from '../../operators/describe.ts'
import type { JsonObject } from '../../stage/json.ts'
import type { Plan } from '../../stage/plan.ts'
import { acquireLock } from '../../storage/acquire-lock.ts'
import type { DirectoryLock } from '../../storage/lock.ts'
import { nodeStorage } from '../../storage/node-storage.ts'
import type { Processes } from '../../storage/processes.ts'
import type { Storage } from '../../storage/storage.ts'
import type { ConnectorTable, JobSite } from '../../stream/ports.ts'
import type { Program } from '../../stream/program.ts'
import { checkpointId, checkpointName, removeCheckpoint } from './checkpoint-folder.ts'
import { CheckpointStore, type RestoredCheckpoint } from './checkpoint-store.ts'
import type { CheckpointInfo, CheckpointPolicy } from './checkpointer.ts'
import { CrashGuard } from './crash-guard.ts'
import { Engine, type RunEnd } from './engine.ts'
import { openSinks } from './engine-sinks.ts'
import { lookAtSources } from './engine-sources.ts'
import { jobName } from './job-name.ts'
import type { Manifest } from './manifest.ts'

export interface JobOptions {
  readonly connectors: ConnectorTable
  /** Folder against which relative locations are resolved. */
  readonly base: string
  /** Folder of checkpoints and lock. */
  readonly state: string
  readonly policy: CheckpointPolicy
  /** Committed checkpoints kept, at least 2. */
  readonly retain: number
  /** Forgets checkpoints and clears the sinks' folders before starting. */
  readonly fresh: boolean
  readonly warn: (message: string) => void
  /** Told of every error that a user's function threw at a record, which is rejected for it. */
  readonly thrown?: (uid: string, error: unknown) => void
  /**
   * Folder of a checkpoint of another state folder to start from: for going back. The state folder must be without
   * checkpoints, and sinks whose rows are public since need new folders.
   */
  readonly from?: string
  readonly storage?: Storage
  /** Whose lock counts as held; injected for tests. */
  readonly processes?: Processes
  readonly now?: () => number
}

/** How a run stands. */
export interface Progress {
  /** Records and rejected pieces read, earlier runs included. */
  readonly records: number
  /** Largest event time seen, in milliseconds; null before the first. */
  readonly eventTime: number | null
  readonly lastCheckpoint: CheckpointInfo | undefined
  readonly consumedBytes: number
}

/** What a run came to. */
export interface RunReport {
  readonly end: RunEnd
  readonly pipeline: string
  /** Checkpoint it started from; null: from the beginning. */
  readonly startedFrom: number | null
  /** Folder of the final checkpoint. */
  readonly checkpoint: string
  readonly ledgers: { readonly sources: JsonObject; readonly operators: JsonObject }
  /** Models and their quality, by operator uid. */
  readonly operators: { readonly [uid: string]: OperatorDescription }
  readonly sinks: readonly SinkReport[]
}

export interface SinkReport {
  readonly uid: string
  readonly connector: string
  /** The folder as it was declared; absent where the sink has none. */
  readonly folder?: string
  readonly rows: number
  /** The outputs it takes, such as `departures/rejected`. */
  readonly takes: readonly string[]
}

export class Job {
  readonly startedFrom: number | null
  readonly #program: Program
  readonly #engine: Engine
  readonly #lock: DirectoryLock
  readonly #guard: CrashGuard
  readonly #state: string

  private constructor(
    program: Program,
    engine: Engine,
    lock: DirectoryLock,
    guard: CrashGuard,
    state: string,
    startedFrom: number | null,
  ) {
    this.#program = program
    this.#engine = engine
    this.#lock = lock
    this.#guard = guard
    this.#state = state
    this.startedFrom = startedFrom
  }

  /**
   * Opens a job: takes its state folder, restores the last good checkpoint, opens sources and sinks.
   *
   * @throws ML_LOCKED while another process has the folder; ML_FINISHED when the last run came to the end of its input;
   *   ML_CORRUPT, ML_VERSION, ML_OTHER_PIPELINE, ML_OTHER_PLAN for checkpoints that cannot be taken over
   */
  static async open(program: Program, options: JobOptions): Promise<Job> {
    const storage = options.storage ?? nodeStorage
    // Before anything is written: a source that is not there is the most likely mistake of all.
    await lookAtSources(program, options.connectors, { ...options, job: program.plan.name })
    const lock = await acquireLock(options.state, { storage, processes: options.processes })
    let guard: CrashGuard | undefined
    try {
      const job = await jobName(storage, options.state, program.plan.name, options.fresh)
      const site: JobSite = { base: options.base, job, warn: options.warn }
      if (options.fresh) await forget(program, options, site, storage)
      const store = await CheckpointStore.open(options.state, {
        pipeline: program.plan.name,
        lock,
        retain: options.retain,
        storage,
        now: options.now,
        warn: (problem) => options.warn(errorText(problem)),
      })
      const restored = await restoredOf(store, program.plan.name, options, storage)
      if (restored?.manifest.status === 'finished') {
        if (options.from === undefined) await completeSinks(restored.manifest, program, options, site)
        throw finished(program.plan.name, restored.folder)
      }
      const from = restored?.manifest.id ?? null
      const isFirst = restored === undefined || options.from !== undefined
      const crashed = isFirst ? lock.epoch > 1 && !options.fresh : restored.manifest.status === 'running'
      guard = new CrashGuard(options.state, from, crashed)
      for (const record of guard.rejected)
        options.warn(`a record that killed the process again and again is rejected: ${record}`)
      const engine = await Engine.open({
        program,
        connectors: options.connectors,
        site,
        store,
        restored,
        policy: options.policy,
        now: options.now ?? Date.now,
        admit: guard.active ? guard.admit : undefined,
        idle: guard.active ? guard.idle : undefined,
        thrown: options.thrown,
        warn: options.warn,
      })
      return new Job(program, engine, lock, guard, options.state, from)
    } catch (error) {
      guard?.close()
      await lock.release()
      throw error
    }
  }

  /** Runs to the end, or until `stop`. */
  async run(): Promise<RunReport> {
    this.#engine.checkpointer.onCommitted = () => this.#guard.passed()
    try {
      const end = await this.#engine.run()
      const { last } = this.#engine.checkpointer
      return {
        end,
        pipeline: this.#program.plan.name,
        startedFrom: this.startedFrom,
        checkpoint: join(this.#state, checkpointName(last?.id ?? 0)),
        ledgers: { sources: this.#engine.sources.ledgers(), operators: this.#engine.topology.ledgers() },
        operators: this.describe(),
        sinks: this.#sinks(),
      }
    } finally {
      this.#guard.close()
      await this.#lock.release()
    }
  }

  /** Asks for a suspend. */
  stop(): void {
    this.#engine.stop()
  }

  progress(): Progress {
    const { sources, checkpointer } = this.#engine
    const { maxTime } = sources
    return {
      records: sources.pieces,
      eventTime: maxTime >= 0 ? maxTime : null,
      lastCheckpoint: checkpointer.last,
      consumedBytes: sources.consumedBytes,
    }
  }

  /** Models and quality as they are now: the read port. */
  describe(): { [uid: string]: OperatorDescription } {
    const described: { [uid: string]: OperatorDescription } = {}
    for (const { uid, operator } of this.#engine.topology.cells()) {
      const description = operator.describe?.()
      if (description !== undefined) described[uid] = description
    }
    return described
  }

  /** Quality of the models as it is now: cheap enough to ask several times a second. */
  quality(): QualityDescription[] {
    return this.#engine.topology
      .cells()
      .filter(({ uid }) => uid.endsWith('.quality'))
      .flatMap(({ operator }) => (operator.describe?.() as QualityDescription | undefined) ?? [])
  }

  #sinks(): RunReport['sinks'] {
    return this.#engine.topology.cells().flatMap(({ uid, operator }) => {
      const vertex = this.#program.plan.operators.find((candidate) => candidate.uid === uid)
      if (vertex?.kind !== 'sink') return []
      const { folder } = vertex.options.options as { folder?: string }
      const takes = vertex.inputs.map(({ from }) => `${from.uid}/${from.output}`)
      const rows = operator.ledger.totals().processed
      return [{ uid, connector: String(vertex.options.connector), folder, rows, takes }]
    })
  }

  /** Uids of sinks that may show a row twice after a crash. */
  get atLeastOnce(): readonly string[] {
    return this.#engine.sinks.atLeastOnce
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
async function completeSinks(
  manifest: Manifest,
  program: Program,
  { connectors, warn }: JobOptions,
  site: JobSite,
): Promise<void> {
  const stored = manifest.plan as unknown as Plan
  // A manifest keeps no secrets; the pipeline has them.
  const operators = stored.operators.map((vertex) =>
    JSON.stringify(vertex).includes(REDACTED)
      ? (program.plan.operators.find(({ uid }) => uid === vertex.uid) ?? vertex)
      : vertex,
  )
  try {
    const sinks = await openSinks({ ...stored, operators }, connectors, site, manifest)
    await sinks.close()
  } catch (error) {
    warn(`the run has finished, but whether all its output is public cannot be told: ${errorText(error)}`)
  }
}

async function forget(program: Program, options: JobOptions, site: JobSite, storage: Storage): Promise<void> {
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

function finished(pipeline: string, folder: string): MillraceError {
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
