/**
 * The embedded engine: reads splits, runs the stages, checkpoints and recovers, in one thread of one Node process.
 *
 * The loop is synchronous per chunk and gives way every few milliseconds. A cut is taken between two chunks, so nothing
 * is in flight; it is written while records go on. One checkpoint at a time.
 */

import { isTransient } from '../../errors.ts'
import type { ConnectorTable, JobSite } from '../../stream/ports.ts'
import type { Program } from '../../stream/program.ts'
import type { Identity } from '../../time/identity.ts'
import type { CheckpointStore, RestoredCheckpoint } from './checkpoint-store.ts'
import { Checkpointer, type CheckpointPolicy } from './checkpointer.ts'
import type { OpenDomain } from './deciding-domain.ts'
import { type EngineSinks, openSinks } from './engine-sinks.ts'
import { type EngineSources, openSources } from './engine-sources.ts'
import type { OpenSplit } from './open-split.ts'
import { restoreStages } from './restore.ts'
import type { LoopGauges } from './run-gauges.ts'
import { Topology } from './topology.ts'
import { Wakeup } from './wakeup.ts'

export interface EngineOptions {
  readonly program: Program
  readonly connectors: ConnectorTable
  readonly site: JobSite
  readonly store: CheckpointStore
  readonly restored: RestoredCheckpoint | undefined
  /** The sinks' transaction domain, recovered; the engine closes it. */
  readonly domain: OpenDomain | undefined
  readonly policy: CheckpointPolicy
  /** Milliseconds since the epoch; injected for tests. */
  readonly now: () => number
  /** Called before each record while the engine looks for one that kills it; false rejects it. */
  readonly admit?: (stage: string, identity: Identity) => boolean
  /** Called when no record is under way any more, before something is waited for. */
  readonly idle?: () => void
  /** Told of every error that a user's function threw at a record, which is rejected for it. */
  readonly thrown?: (uid: string, error: unknown) => void
  readonly warn: (message: string) => void
}

/** How a run ended: its input is used up, or it was asked to stop and can go on later. */
export type RunEnd = 'finished' | 'suspended'

/** Pieces a source hands over before the stages run, at most. */
const PUMP_PIECES = 256
/** Records and timers a stage processes before others get their turn. */
const STAGE_STEPS = 64
/** The loop gives way after this many milliseconds. */
const SLICE_MS = 3
/** Processing-time timers are looked after this often. */
const TICK_MS = 5
/** Records held for the watermark, beyond which only the splits that lag are read. */
const HELD_RECORDS = 200_000
/** While sinks are waited for, checkpoints and a stop are looked after this often. */
const LOOK_MS = 20

export class Engine {
  readonly topology: Topology
  readonly sources: EngineSources
  readonly sinks: EngineSinks
  readonly checkpointer: Checkpointer
  readonly #options: EngineOptions
  readonly #wakeup: Wakeup
  readonly #endless: boolean
  #stopping = false
  #sliceEnd = 0
  #waitsFor: LoopGauges['waitsFor'] = null
  #pieces = PUMP_PIECES

  private constructor(
    options: EngineOptions,
    topology: Topology,
    sources: EngineSources,
    sinks: EngineSinks,
    wakeup: Wakeup,
  ) {
    this.#options = options
    this.#wakeup = wakeup
    this.#endless = options.program.plan.sources.some(({ bounded }) => !bounded)
    this.topology = topology
    this.sources = sources
    this.sinks = sinks
    this.checkpointer = new Checkpointer({
      ...options,
      topology,
      sources,
      sinks,
      domain: options.domain?.domain,
      beginning: this.#endless && options.restored === undefined,
      recovering: options.restored?.manifest.status === 'running',
      ended: wakeup.signal,
    })
  }

  /**
   * Restores all state and opens sources and sinks where the checkpoint left them. Sinks come last: what refuses the run,
   * an edited plan or a missing file, does so before anything is written.
   */
  static async open(options: EngineOptions): Promise<Engine> {
    const { program, connectors, site, restored, domain } = options
    const wakeup = new Wakeup()
    let sources: EngineSources | undefined
    let sinks: EngineSinks | undefined
    const clock = {
      watermark: (uid: string) => (sources as EngineSources).watermark(uid),
      idle: (uid: string) => (sources as EngineSources).idle(uid),
    }
    const topology = new Topology(program, clock, {
      sink: (uid) => ({
        append: (bytes) => (sinks as EngineSinks).append(uid, bytes),
        roll: () => (sinks as EngineSinks).writer(uid).roll(),
      }),
      admit: options.admit,
      thrown: options.thrown,
    })
    if (restored !== undefined) restoreStages(topology, program.plan, restored)
    restored?.release()
    const entry = (uid: string) => topology.entry(uid)
    sources = await openSources(program, connectors, site, restored?.manifest, entry, wakeup.signal)
    try {
      sinks = await openSinks(program.plan, connectors, site, restored?.manifest, domain)
    } catch (error) {
      await sources.close()
      throw error
    }
    return new Engine(options, topology, sources, sinks, wakeup)
  }

  /** Runs to the end of the input, or until `stop`. Rejects on fatal errors, leaving the last checkpoint as it is. */
  async run(): Promise<RunEnd> {
    let again = false
    try {
      await this.#loop()
      const end: RunEnd = this.topology.ended ? 'finished' : 'suspended'
      await this.checkpointer.final(end)
      return end
    } catch (error) {
      again = !this.#stopping && isTransient(error)
      throw error
    } finally {
      await this.checkpointer.settle()
      await this.sources.close(again)
      await this.sinks.close()
    }
  }

  /** Asks for a suspend: the run ends after a final checkpoint and can go on from it. */
  stop(): void {
    this.#stopping = true
    this.#wakeup.signal()
  }

  /** Whether the loop turns: reading it costs nothing. */
  get loop(): LoopGauges {
    const sinceTurnMs = Math.max(0, performance.now() - (this.#sliceEnd - SLICE_MS))
    return { sinceTurnMs: this.#waitsFor === null ? sinceTurnMs : 0, waitsFor: this.#waitsFor }
  }

  async #loop(): Promise<void> {
    const { idle } = this.#options
    this.#sliceEnd = performance.now() + SLICE_MS
    while (!this.#stopping && !this.topology.ended) {
      const split = this.sources.next(this.topology.held < HELD_RECORDS)
      if (split !== undefined) {
        split.feed()
        const limit = this.#pieces
        const pumped = this.#pump(split)
        idle?.()
        if (split.task.finished) await this.sources.settle()
        else if (pumped < limit) split.wantMore()
      }
      while (this.topology.run(STAGE_STEPS) && !this.#stopping) {
        idle?.()
        await this.#keepUp()
        await this.#giveWay()
      }
      if (this.topology.ticking) this.topology.tick(this.#options.now(), STAGE_STEPS)
      idle?.()
      await this.#keepUp()
      await this.#giveWay()
      if (split === undefined && !this.topology.ended) await this.#rest()
    }
  }

  /** Nothing is ready: what there is goes out, and the loop sleeps until something comes or is due. */
  async #rest(): Promise<void> {
    const due = this.sources.tend(performance.now())
    // An idle split lets the watermark go on.
    if (this.#endless && this.topology.run(STAGE_STEPS)) return
    if (this.#endless) this.topology.flush()
    const timers = this.topology.ticking ? TICK_MS : Number.POSITIVE_INFINITY
    this.#waitsFor = 'input'
    await this.#wakeup.sleep(Math.min(due, timers, this.checkpointer.dueMs(this.sources.pieces)))
    this.#waitsFor = null
    this.#sliceEnd = performance.now() + SLICE_MS
    if (this.sources.unsettled) await this.sources.settle()
    this.#sliceEnd = performance.now() + SLICE_MS
  }

  /** Where the functions behind a source are slow, fewer pieces at a time: else signals and checkpoints would wait. */
  #pump(split: OpenSplit): number {
    const startedAt = performance.now()
    const pumped = split.task.pump(this.#pieces)
    const elapsedMs = performance.now() - startedAt
    if (elapsedMs > 2 * SLICE_MS) this.#pieces = Math.max(1, this.#pieces >> 1)
    else if (elapsedMs < SLICE_MS / 2) this.#pieces = Math.min(PUMP_PIECES, this.#pieces * 2)
    return pumped
  }

  /** Waits for slow sinks, and takes a checkpoint when one is due. */
  async #keepUp(): Promise<void> {
    this.#checkpoint()
    if (!this.sinks.full) return
    this.#waitsFor = 'sinks'
    while (this.sinks.full && !this.#stopping) {
      await this.sinks.drain(LOOK_MS)
      this.#checkpoint()
    }
    this.#waitsFor = null
    this.#sliceEnd = performance.now() + SLICE_MS
  }

  #checkpoint(): void {
    if (!this.topology.ended) this.checkpointer.maybe(this.sources.pieces)
    this.checkpointer.check()
  }

  async #giveWay(): Promise<void> {
    if (performance.now() < this.#sliceEnd) return
    if (this.#endless) {
      this.sources.tend(performance.now())
      if (this.sources.unsettled) await this.sources.settle()
      this.topology.flush()
    }
    await new Promise((resolve) => setImmediate(resolve))
    this.#sliceEnd = performance.now() + SLICE_MS
  }
}
