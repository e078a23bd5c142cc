/**
 * A job: one pipeline, its state folder, and the engine that runs it from the last checkpoint on.
 *
 * The state folder belongs to one process at a time. What a run leaves in it is all that the next one needs. An error of class
 * 'transient', such as a server that is away, ends an engine and not the job: after a pause another goes on from the last
 * checkpoint.
 */
import { join } from 'node:path'
import { errorText, isTransient } from '../../errors.ts'
import type { OperatorDescription, QualityDescription } from '../../operators/describe.ts'
import type { JsonObject } from '../../stage/json.ts'
import { acquireLock } from '../../storage/acquire-lock.ts'
import type { DirectoryLock } from '../../storage/lock.ts'
import { nodeStorage } from '../../storage/node-storage.ts'
import type { JobSite } from '../../stream/ports.ts'
import type { Program } from '../../stream/program.ts'
import { checkpointName, hasCheckpoints } from './checkpoint-folder.ts'
import { CheckpointStore } from './checkpoint-store.ts'
import type { CheckpointInfo } from './checkpointer.ts'
import { CrashGuard } from './crash-guard.ts'
import { Engine, type RunEnd } from './engine.ts'
import type { Weaker } from './engine-sinks.ts'
import { closeSources, lookAtSources } from './engine-sources.ts'
import { JobGauges } from './job-gauges.ts'
import { jobName } from './job-name.ts'
import type { JobOptions } from './job-options.ts'
import { completeSinks, findStart, finished, forget, type JobStart } from './job-start.ts'
import type { RunGauges, RunPhase } from './run-gauges.ts'
import { Wakeup } from './wakeup.ts'

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

/** Pauses before a restart: the first, and the longest. */
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 30_000

export class Job {
  readonly startedFrom: number | null
  readonly #program: Program
  readonly #options: JobOptions
  readonly #site: JobSite
  readonly #store: CheckpointStore
  readonly #lock: DirectoryLock
  readonly #guard: CrashGuard
  readonly #wakeup = new Wakeup()
  readonly #gauges: JobGauges
  #engine: Engine
  #stopping = false
  #restarts = 0
  #running = true
  #end: RunPhase | undefined

  private constructor(parts: JobParts, guard: CrashGuard, engine: Engine, startedFrom: number | null) {
    this.#program = parts.program
    this.#options = parts.options
    this.#site = parts.site
    this.#store = parts.store
    this.#lock = parts.lock
    this.#guard = guard
    this.#engine = engine
    this.#gauges = new JobGauges(parts.program.plan, engine)
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
    const pipeline = program.plan.name
    // Before anything is written: a source that is not there is the most likely mistake of all. A run that goes on knows better
    // what it needs: history that was read may be gone.
    const goesOn = options.from !== undefined || (!options.fresh && (await hasCheckpoints(storage, options.state)))
    if (!goesOn) await lookAtSources(program, options.connectors, { ...options, job: pipeline })
    const lock = await acquireLock(options.state, { storage, processes: options.processes })
    let guard: CrashGuard | undefined
    try {
      const job = await jobName(storage, options.state, pipeline, options.fresh)
      const { base, warn, policy } = options
      const site: JobSite = { base, job, warn, checkpointMs: policy.everyMs }
      if (options.fresh) await forget(program, options, site, storage)
      const store = await CheckpointStore.open(options.state, {
        pipeline,
        lock,
        retain: options.retain,
        storage,
        now: options.now,
        warn: (problem) => options.warn(errorText(problem)),
      })
      const parts = { program, options, site, store, lock }
      const start = await findStart(program, store, options, site)
      const { restored } = start
      if (restored?.manifest.status === 'finished') {
        if (options.from === undefined) await completeSinks(restored.manifest, program, options, site, start.domain)
        else await start.domain?.domain.close()
        throw finished(pipeline, restored.folder)
      }
      const from = restored?.manifest.id ?? null
      const isFirst = restored === undefined || options.from !== undefined
      const crashed = isFirst ? lock.epoch > 1 && !options.fresh : restored.manifest.status === 'running'
      guard = new CrashGuard(options.state, from, crashed)
      for (const record of guard.rejected)
        options.warn(`a record that killed the process again and again is rejected: ${record}`)
      return new Job(parts, guard, await openEngine(parts, guard, start), from)
    } catch (error) {
      guard?.close()
      await lock.release()
      throw error
    }
  }

  /** Runs to the end, or until `stop`, starting again after transient errors. */
  async run(): Promise<RunReport> {
    let pauseMs = FIRST_PAUSE_MS
    try {
      for (;;) {
        try {
          const end = this.#running ? await this.#runEngine() : await this.#restart()
          if (end !== undefined) {
            this.#end = end
            return this.#report(end)
          }
        } catch (error) {
          if (this.#running && this.#engine.checkpointer.last !== undefined) pauseMs = FIRST_PAUSE_MS
          this.#running = false
          if (this.#stopping || !isTransient(error)) throw error
          this.#options.warn(`${errorText(error)} The job goes on from its last checkpoint in ${pauseMs / 1000} s.`)
          await this.#wakeup.sleep(pauseMs)
          if (this.#stopping) throw error
          pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
        }
      }
    } finally {
      this.#end ??= 'failed'
      this.#running = false
      this.#guard.close()
      await closeSources(this.#program, this.#options.connectors, this.#site)
      await this.#lock.release()
    }
  }

  /** Starts again after transient errors, since this process began. */
  get restarts(): number {
    return this.#restarts
  }

  /** Whether an engine is at work; not while the job pauses before it starts again. */
  get running(): boolean {
    return this.#running
  }

  #runEngine(): Promise<RunEnd> {
    const { checkpointer } = this.#engine
    checkpointer.onCommitted = () => {
      this.#guard.passed()
      this.#committed(checkpointer.last as CheckpointInfo)
    }
    return this.#engine.run()
  }

  /** Opens another engine; gives the end when the last one had come to it and only its commit was in doubt. */
  async #restart(): Promise<RunEnd | undefined> {
    const { from: _from, ...options } = this.#options
    const start = await findStart(this.#program, this.#store, this.#restored ? options : this.#options, this.#site)
    if (start.restored?.manifest.status === 'finished') {
      await completeSinks(start.restored.manifest, this.#program, this.#options, this.#site, start.domain)
      return 'finished'
    }
    const parts = { program: this.#program, options, site: this.#site, store: this.#store, lock: this.#lock }
    this.#engine = await openEngine(parts, this.#guard, start)
    this.#gauges.opened(this.#engine)
    this.#restarts++
    this.#options.log?.info({ restarts: this.#restarts, from: start.restored?.manifest.id ?? null }, 'started again')
    this.#running = true
    if (this.#stopping) this.#engine.stop()
    return undefined
  }

  /** Whether this job has checkpoints of its own, so that the one given to start from is behind it. */
  get #restored(): boolean {
    return this.#options.from === undefined || this.#store.nextId > 1
  }

  #report(end: RunEnd): RunReport {
    const { last } = this.#engine.checkpointer
    return {
      end,
      pipeline: this.#program.plan.name,
      startedFrom: this.startedFrom,
      checkpoint: join(this.#options.state, checkpointName(last?.id ?? this.#store.nextId - 1)),
      ledgers: { sources: this.#engine.sources.ledgers(), operators: this.#engine.topology.ledgers() },
      operators: this.describe(),
      sinks: this.#sinks(),
    }
  }

  #committed(info: CheckpointInfo): void {
    this.#gauges.committed(info)
    const { id, durationMs, sizeBytes } = info
    this.#options.log?.debug({ checkpoint: id, durationMs: Math.round(durationMs), sizeBytes }, 'checkpoint committed')
  }

  /** How it does its work, in numbers; cheap. */
  gauges(): RunGauges {
    const going: RunPhase = this.#running ? 'running' : 'restarting'
    const phase = this.#end ?? (this.#stopping ? 'suspending' : going)
    return this.#gauges.read({ phase, startedFrom: this.startedFrom, restarts: this.#restarts })
  }

  /** Asks for a suspend. */
  stop(): void {
    if (!this.#stopping && this.#end === undefined) this.#options.log?.info({}, 'suspending')
    this.#stopping = true
    this.#engine.stop()
    this.#wakeup.signal()
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

  /** Sources and sinks that promise less than each record once. */
  get weaker(): Weaker {
    const sources = this.#program.plan.sources.filter(({ guarantee }) => guarantee !== 'exactly-once')
    return {
      ...Object.fromEntries(sources.map(({ uid, guarantee }) => [uid, guarantee])),
      ...this.#engine.sinks.weaker,
    }
  }
}

/** What does not change while a job starts again. */
interface JobParts {
  readonly program: Program
  readonly options: JobOptions
  readonly site: JobSite
  readonly store: CheckpointStore
  readonly lock: DirectoryLock
}

async function openEngine(
  { program, options, site, store }: JobParts,
  guard: CrashGuard,
  { restored, domain }: JobStart,
): Promise<Engine> {
  try {
    return await Engine.open({
      program,
      connectors: options.connectors,
      site,
      store,
      restored,
      domain,
      policy: options.policy,
      now: options.now ?? Date.now,
      admit: guard.active ? guard.admit : undefined,
      idle: guard.active ? guard.idle : undefined,
      thrown: options.thrown,
      warn: options.warn,
    })
  } catch (error) {
    await domain?.domain.close()
    throw error
  }
}
