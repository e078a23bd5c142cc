/**
 * A job: one pipeline, its state folder, and the engine that runs it from the last checkpoint on.
 *
 * The state folder belongs to one process at a time. What a run leaves in it is all that the next one needs.
 */
import { join } from 'node:path'
import { errorText, MillraceError } from '../../errors.ts'
import type { OperatorDescription, QualityDescription } from '../../operators/describe.ts'
import type { JsonObject } from '../../stage/json.ts'
import { acquireLock } from '../../storage/acquire-lock.ts'
import type { DirectoryLock } from '../../storage/lock.ts'
import { nodeStorage } from '../../storage/node-storage.ts'
import type { Storage } from '../../storage/storage.ts'
import type { ConnectorTable } from '../../stream/ports.ts'
import type { Program } from '../../stream/program.ts'
import { checkpointName, removeCheckpoint } from './checkpoint-folder.ts'
import { CheckpointStore, type RestoredCheckpoint } from './checkpoint-store.ts'
import type { CheckpointInfo, CheckpointPolicy } from './checkpointer.ts'
import { CrashGuard } from './crash-guard.ts'
import { Engine, type RunEnd } from './engine.ts'

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
  readonly storage?: Storage
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
  readonly sinks: readonly { readonly uid: string; readonly target: string; readonly rows: number }[]
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
    const lock = await acquireLock(options.state, { storage })
    let guard: CrashGuard | undefined
    try {
      if (options.fresh) await forget(program, options, storage)
      const store = await CheckpointStore.open(options.state, {
        pipeline: program.plan.name,
        lock,
        retain: options.retain,
        storage,
        now: options.now,
        warn: (problem) => options.warn(errorText(problem)),
      })
      const restored = await restoredOf(store, options.warn)
      if (restored?.manifest.status === 'finished') throw finished(program.plan.name, restored.folder)
      const from = restored?.manifest.id ?? null
      const crashed = restored === undefined ? lock.epoch > 1 && !options.fresh : restored.manifest.status === 'running'
      guard = new CrashGuard(options.state, from, crashed)
      for (const record of guard.rejected) options.warn(`this record killed the process and is rejected: ${record}`)
      const engine = await Engine.open({
        program,
        connectors: options.connectors,
        base: options.base,
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
      return [{ uid, target: folder ?? String(vertex.options.connector), rows: operator.ledger.totals().processed }]
    })
  }

  /** Uids of sinks that may show a row twice after a crash. */
  get atLeastOnce(): readonly string[] {
    return this.#engine.sinks.atLeastOnce
  }
}

async function restoredOf(
  store: CheckpointStore,
  warn: (message: string) => void,
): Promise<RestoredCheckpoint | undefined> {
  const latest = await store.latest()
  for (const { id, error } of latest?.damaged ?? []) {
    warn(`checkpoint ${id} is damaged and passed over: ${errorText(error)}`)
  }
  return latest?.checkpoint
}

async function forget(program: Program, options: JobOptions, storage: Storage): Promise<void> {
  const reader = await CheckpointStore.open(options.state, { pipeline: program.plan.name, storage })
  for (const { folder } of await reader.list()) await removeCheckpoint(storage, folder)
  CrashGuard.forget(options.state)
  for (const vertex of program.plan.operators) {
    if (vertex.kind !== 'sink') continue
    const connector = options.connectors.sinks.find(({ kind }) => kind === vertex.options.connector)
    const sinkOptions = { ...(vertex.options.options as JsonObject), format: vertex.options.format }
    await connector?.clear?.({ uid: vertex.uid, options: sinkOptions, base: options.base })
  }
}

function finished(pipeline: string, folder: string): MillraceError {
  return new MillraceError('ML_FINISHED', {
    what: `pipeline "${pipeline}" has already come to the end of its input`,
    where: folder,
    remedy: 'Look at it with "millrace inspect", or run it again from the start with --fresh',
  })
}
