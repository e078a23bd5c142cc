/**
 * Takes checkpoints: marks a cut between two chunks, writes it while records go on, commits the sinks behind it.
 *
 * The cut itself is cheap: states are captured by pointer and copied on the first change. Writing is cut into slices of
 * a few milliseconds. A checkpoint that fails leaves the previous one standing; several in a row end the run.
 */
import { ByteWriter } from '../../bytes/writer.ts'
import { errorText, MillraceError, redacted } from '../../errors.ts'
import type { JsonObject, JsonValue } from '../../stage/json.ts'
import type { StageCapture } from '../../stage/stage.ts'
import type { Program } from '../../stream/program.ts'
import type { CheckpointStore, CheckpointWriter } from './checkpoint-store.ts'
import type { EngineSinks } from './engine-sinks.ts'
import type { EngineSources, SourceStates } from './engine-sources.ts'
import type { Manifest, RunStatus } from './manifest.ts'
import { planHash } from './plan-hash.ts'
import type { Topology } from './topology.ts'

/** When checkpoints are taken: whichever comes first. */
export interface CheckpointPolicy {
  /** Milliseconds between two; 0: not by time. */
  readonly everyMs: number
  /** Records read between two; 0: not by count. */
  readonly everyRecords: number
}

/** What is taken of a cut at once, beside the states. */
interface CutParts {
  readonly status: RunStatus
  readonly splits: SourceStates
  readonly forgotten: JsonObject
  readonly ledgers: JsonObject
}

export interface CheckpointerOptions {
  readonly program: Program
  readonly store: CheckpointStore
  readonly policy: CheckpointPolicy
  readonly topology: Topology
  readonly sources: EngineSources
  readonly sinks: EngineSinks
  /** What decides whether a checkpoint counts, beside its manifest. */
  readonly domain: { readonly name: string } | undefined
  /** Whether nothing was restored, and a source does not end. */
  readonly beginning: boolean
  /** Whether the process before this one died: what it had not committed has waited long enough. */
  readonly recovering: boolean
  /** Called when a checkpoint has ended, well or not. */
  readonly ended: () => void
  readonly now: () => number
  readonly warn: (message: string) => void
}

/** What the progress line shows. */
export interface CheckpointInfo {
  readonly id: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly durationMs: number
  readonly sizeBytes: number
}

const SLICE_MS = 2
/** The same once the next checkpoint is due: its share of the time grows, and no turn takes more than 15 ms. */
const LATE_SLICE_MS = 6
const PENDING_BYTES = 24 << 20
const FAILURES_ALLOWED = 3

export class Checkpointer {
  /** Told when a checkpoint is durable and its sinks are committed. */
  onCommitted: () => void = () => {}
  readonly #options: CheckpointerOptions
  readonly #frame = new ByteWriter(1 << 16)
  #running: Promise<void> | undefined
  #lastStart = performance.now()
  #lastPieces: number
  /** Whether no checkpoint holds where the sources begin. */
  #unfixed: boolean
  #failures = 0
  #failuresInAll = 0
  #fatal: unknown
  #last: CheckpointInfo | undefined

  constructor(options: CheckpointerOptions) {
    this.#options = options
    this.#lastPieces = options.sources.pieces
    // Where sources that do not end begin is fixed by the first checkpoint: it comes at once. So does the first one after a
    // death, so that a process that dies again and again gets further.
    if (options.beginning || options.recovering) this.#lastStart = Number.NEGATIVE_INFINITY
    this.#unfixed = options.beginning
  }

  get last(): CheckpointInfo | undefined {
    return this.#last
  }

  /** Checkpoints that could not be written or committed, since it was made. */
  get failures(): number {
    return this.#failuresInAll
  }

  /** Starts a checkpoint when one is due and none is under way. */
  maybe(pieces: number): void {
    const { everyMs, everyRecords } = this.#options.policy
    if (this.#running !== undefined) return
    const byCount = everyRecords > 0 && pieces - this.#lastPieces >= everyRecords
    const byTime = everyMs > 0 && performance.now() - this.#lastStart >= everyMs && this.#news(pieces)
    if (byCount || byTime) this.#start('running')
  }

  /** Milliseconds until one is due by time, if nothing more is read; Infinity where there is nothing new to cover. */
  dueMs(pieces: number): number {
    const { everyMs } = this.#options.policy
    if (everyMs === 0 || !this.#news(pieces)) return Number.POSITIVE_INFINITY
    // The end of one under way wakes the loop.
    return this.#running !== undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(0, this.#lastStart + everyMs - performance.now())
  }

  #news(pieces: number): boolean {
    return pieces > this.#lastPieces || this.#options.sinks.dirty || this.#unfixed
  }

  /** Throws what a checkpoint in the background ended the run with. */
  check(): void {
    if (this.#fatal !== undefined) throw this.#fatal
  }

  /** The last checkpoint of a run, waited for. A failure is thrown: nothing comes after it that could make up for it. */
  async final(status: RunStatus): Promise<void> {
    await this.#running
    this.check()
    this.#failures = FAILURES_ALLOWED
    this.#start(status)
    await this.#running
    this.check()
  }

  /** Waits until nothing is under way. */
  async settle(): Promise<void> {
    await this.#running
  }

  #start(status: RunStatus): void {
    const { topology, sources, sinks, store } = this.#options
    const startedAt = performance.now()
    const id = store.nextId
    const captures = topology.capture()
    const parts = {
      status,
      splits: sources.state(),
      forgotten: sources.forgotten(),
      ledgers: { sources: sources.ledgers(), operators: topology.ledgers() },
    }
    this.#lastStart = startedAt
    this.#lastPieces = sources.pieces
    this.#unfixed = false
    const prepared = sinks.prepare(id)
    // Awaited below; until then a failure must not count as unhandled.
    prepared.catch(() => {})
    this.#running = this.#write(id, captures, parts, prepared, startedAt)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#running = undefined
        this.#options.ended()
      })
  }

  async #write(
    id: number,
    captures: readonly StageCapture[],
    parts: CutParts,
    prepared: ReturnType<EngineSinks['prepare']>,
    startedAt: number,
  ): Promise<void> {
    const { program, store, sources, sinks, now, domain } = this.#options
    const { status, splits, ledgers, forgotten } = parts
    const writer = store.begin(id)
    let manifest: Manifest
    try {
      await this.#writeStates(captures, writer, startedAt)
      const { plan } = program
      manifest = await writer.commit({
        status,
        splits: splits as unknown as JsonObject,
        ledgers,
        planHash: planHash(plan),
        plan: redacted(plan) as unknown as JsonValue,
        sinks: await prepared.catch((error: unknown) => this.#sinkFailed(error)),
        counters: { forgotten },
        ...(domain !== undefined && { decidedBy: domain.name }),
      })
    } catch (error) {
      await prepared.catch(() => {})
      await writer.abort()
      throw error
    } finally {
      for (const capture of captures) capture.release()
    }
    await sinks.commit(id, manifest.sinks as { [uid: string]: JsonObject }).catch((error: unknown) => {
      // The manifest decided: the rows are out or will be put out by recovery. This run cannot go on.
      this.#fatal = error
    })
    if (this.#fatal !== undefined) return
    await sources.covered(splits)
    this.#failures = 0
    const durationMs = performance.now() - startedAt
    this.#last = { id, at: now(), durationMs, sizeBytes: manifest.state.sizeBytes }
    this.onCommitted()
  }

  async #writeStates(captures: readonly StageCapture[], writer: CheckpointWriter, startedAt: number): Promise<void> {
    const { everyMs } = this.#options.policy
    let sliceEnd = performance.now() + SLICE_MS
    for (const capture of captures) {
      for (let group = 0; group < this.#options.program.plan.keyGroups; group++) {
        capture.writeGroup(group, this.#frame, (uid, bytes) => writer.add(uid, group, bytes))
        if (performance.now() < sliceEnd) continue
        if (writer.pendingBytes > PENDING_BYTES) await writer.drain()
        else await new Promise((resolve) => setImmediate(resolve))
        const now = performance.now()
        sliceEnd = now + (everyMs > 0 && now - startedAt > everyMs ? LATE_SLICE_MS : SLICE_MS)
      }
    }
  }

  /** A sink that failed has lost rows it had taken: only a restart from the last checkpoint brings them back. */
  #sinkFailed(error: unknown): never {
    this.#fatal = error
    throw error
  }

  #failed(error: unknown): void {
    this.#failuresInAll++
    if (this.#fatal !== undefined) return
    this.#failures++
    if (this.#failures > FAILURES_ALLOWED || isFatal(error)) {
      this.#fatal = error
      return
    }
    this.#options.warn(
      `checkpoint failed, the previous one stands (${this.#failures} of ${FAILURES_ALLOWED} allowed): ${errorText(error)}`,
    )
    if (this.#failures === FAILURES_ALLOWED) {
      this.#fatal = new MillraceError('ML_CHECKPOINT', {
        what: `${FAILURES_ALLOWED} checkpoints in a row could not be written; the last reason: ${errorText(error)}`,
        remedy: 'Make room or mend the disk, then start again: the run goes on from the last good checkpoint',
        cause: error,
      })
    }
  }
}

/** Another process took over, or a sink lost rows: going on would make it worse. */
function isFatal(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ML_FENCED'
}
