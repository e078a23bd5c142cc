/**
 * The embedded engine: reads splits, runs the stages, checkpoints and recovers, in one thread of one Node process.
 *
 * The loop is synchronous per chunk and gives way every few milliseconds. A cut is taken between two chunks, so nothing
 * is in flight; it is written while records go on. One checkpoint at a time.
 */

import type { ConnectorTable, JobSite } from '../../stream/ports.ts'
import type { Program } from '../../stream/program.ts'
import type { Identity } from '../../time/identity.ts'
import type { CheckpointStore, RestoredCheckpoint } from './checkpoint-store.ts'
import { Checkpointer, type CheckpointPolicy } from './checkpointer.ts'
import { type EngineSinks, openSinks } from './engine-sinks.ts'
import { type EngineSources, type OpenSplit, openSources } from './engine-sources.ts'
import { restoreStages } from './restore.ts'
import { Topology } from './topology.ts'

export interface EngineOptions {
  readonly program: Program
  readonly connectors: ConnectorTable
  readonly site: JobSite
  readonly store: CheckpointStore
  readonly restored: RestoredCheckpoint | undefined
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
/** Sinks holding more unwritten bytes than this stop the sources. */
const SINK_PENDING_BYTES = 8 << 20

export class Engine {
  readonly topology: Topology
  readonly sources: EngineSources
  readonly sinks: EngineSinks
  readonly checkpointer: Checkpointer
  readonly #options: EngineOptions
  #stopping = false
  #sliceEnd = 0
  #pieces = PUMP_PIECES

  private constructor(options: EngineOptions, topology: Topology, sources: EngineSources, sinks: EngineSinks) {
    this.#options = options
    this.topology = topology
    this.sources = sources
    this.sinks = sinks
    this.checkpointer = new Checkpointer({ ...options, topology, sources, sinks })
  }

  /**
   * Restores all state and opens sources and sinks where the checkpoint left them. Sinks come last: what refuses the run,
   * an edited plan or a missing file, does so before anything is written.
   */
  static async open(options: EngineOptions): Promise<Engine> {
    const { program, connectors, site, restored } = options
    let sources: EngineSources | undefined
    let sinks: EngineSinks | undefined
    const clock = { watermark: (uid: string) => (sources as EngineSources).watermark(uid) }
    const topology = new Topology(program, clock, {
      sink: (uid) => ({
        append: (bytes) => (sinks as EngineSinks).writer(uid).append(bytes),
        roll: () => (sinks as EngineSinks).writer(uid).roll(),
      }),
      admit: options.admit,
      thrown: options.thrown,
    })
    if (restored !== undefined) restoreStages(topology, program.plan, restored)
    restored?.release()
    sources = await openSources(program, connectors, site, restored?.manifest, (uid) => topology.entry(uid))
    try {
      sinks = await openSinks(program.plan, connectors, site, restored?.manifest)
    } catch (error) {
      await sources.close()
      throw error
    }
    return new Engine(options, topology, sources, sinks)
  }

  /** Runs to the end of the input, or until `stop`. Rejects on fatal errors, leaving the last checkpoint as it is. */
  async run(): Promise<RunEnd> {
    try {
      await this.#loop()
      const end: RunEnd = this.topology.ended ? 'finished' : 'suspended'
      await this.checkpointer.final(end)
      return end
    } finally {
      await this.checkpointer.settle()
      await this.sources.close()
      await this.sinks.close()
    }
  }

  /** Asks for a suspend: the run ends after a final checkpoint and can go on from it. */
  stop(): void {
    this.#stopping = true
  }

  async #loop(): Promise<void> {
    const { idle } = this.#options
    this.#sliceEnd = performance.now() + SLICE_MS
    while (!this.#stopping && !this.topology.ended) {
      const split = this.sources.next()
      if (split !== undefined) {
        const limit = this.#pieces
        const pumped = this.#pump(split)
        idle?.()
        if (pumped < limit && !split.task.finished) await split.feed()
        else if (split.task.finished) await split.close()
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
    }
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
    if (this.sinks.pendingBytes > SINK_PENDING_BYTES) {
      await this.sinks.drain()
      this.#sliceEnd = performance.now() + SLICE_MS
    }
    if (!this.topology.ended) this.checkpointer.maybe(this.sources.pieces)
    this.checkpointer.check()
  }

  async #giveWay(): Promise<void> {
    if (performance.now() < this.#sliceEnd) return
    await new Promise((resolve) => setImmediate(resolve))
    this.#sliceEnd = performance.now() + SLICE_MS
  }
}
