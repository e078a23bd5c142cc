/**
 * `run`: a pipeline in this process, from the last checkpoint on.
 *
 * A program imports its pipeline and gets a handle. The purity guards of a bundle are off here; the promise of equal
 * bytes holds for what a bundle would accept.
 */
import { resolve } from 'node:path'
import { FileSink } from '../connectors/file/sink.ts'
import { FileSource } from '../connectors/file/source.ts'
import { httpIngestSource } from '../connectors/http/ingest-source.ts'
import { MemorySink } from '../connectors/memory/sink.ts'
import { MemorySource } from '../connectors/memory/source.ts'
import { tcpServerSource, tcpSource } from '../connectors/socket/sources.ts'
import { TcpServerSink } from '../connectors/socket/tcp-server-sink.ts'
import { TcpSink } from '../connectors/socket/tcp-sink.ts'
import { StdoutSink } from '../connectors/stdout/sink.ts'
import type { OperatorDescription, QualityDescription } from '../operators/describe.ts'
import { Job, type Progress, type RunReport } from '../runtime/local/job.ts'
import type { JsonObject } from '../stage/json.ts'
import type { Pipeline } from '../stream/pipeline.ts'
import type { ConnectorTable } from '../stream/ports.ts'
import { type Duration, durationMs } from '../time/duration.ts'

export interface RunOptions {
  /** Values for the pipeline's params. */
  readonly params?: JsonObject
  /** Folder against which relative locations are resolved (default: the current one). */
  readonly base?: string
  /** Folder for checkpoints and lock (default: `.millrace/<pipeline>` in `base`). */
  readonly state?: string
  /** Time between checkpoints (default 1 s; 0: none by time). */
  readonly checkpointEvery?: Duration
  /** Records read between checkpoints (default 0: none by count). */
  readonly checkpointRecords?: number
  /** Committed checkpoints kept (default 3, at least 2). */
  readonly retain?: number
  /** Start anew: forget checkpoints, clear the sinks. */
  readonly fresh?: boolean
  /**
   * Folder of a checkpoint to start from, to go back to it: `state` must be without checkpoints, and sinks whose rows are
   * public since need new folders.
   */
  readonly from?: string
  /** Connectors beside, or instead of, the built-in ones. */
  readonly connectors?: ConnectorTable
  /** Told what went wrong without ending the run. Default: standard error. */
  readonly warn?: (message: string) => void
  /** Told of every error that a function of the pipeline threw at a record; the record is rejected for it. */
  readonly onUserError?: (operator: string, error: unknown) => void
}

/** A run under way. */
export interface RunHandle {
  /** Resolves at the end of the input or after `stop`; rejects on a fatal error, with the last checkpoint standing. */
  readonly done: Promise<RunReport>
  /** Checkpoint it goes on from; null: from the beginning. */
  readonly startedFrom: number | null
  /** Sinks that may show a row twice after a crash. */
  readonly atLeastOnce: readonly string[]
  /** Asks for a suspend: a final checkpoint, every sink committed. `done` tells when. */
  stop(): void
  progress(): Progress
  /** Models and their quality as they are now, by operator uid. */
  describe(): { readonly [uid: string]: OperatorDescription }
  /** Quality of the models as it is now: cheaper than `describe`. */
  quality(): readonly QualityDescription[]
}

/**
 * Runs a pipeline. Resolves once sources and sinks are open and the last checkpoint is restored.
 *
 * @throws ML_LOCKED, ML_FINISHED, ML_PLAN, ML_PARAM, ML_NO_FILE, ... before anything is written
 * @example const { done } = await run(pipeline, { base: '/srv/fraud' }); console.log((await done).ledgers)
 */
export async function run(pipeline: Pipeline, options: RunOptions = {}): Promise<RunHandle> {
  const base = resolve(options.base ?? '.')
  const program = pipeline.program(options.params ?? {})
  const job = await Job.open(program, {
    connectors: withBuiltIn(options.connectors),
    base,
    state: resolve(base, options.state ?? `.millrace/${pipeline.name}`),
    policy: {
      everyMs: durationMs(options.checkpointEvery ?? '1s', 'checkpointEvery'),
      everyRecords: options.checkpointRecords ?? 0,
    },
    retain: options.retain ?? 3,
    fresh: options.fresh ?? false,
    from: options.from === undefined ? undefined : resolve(base, options.from),
    warn: options.warn ?? ((message) => process.stderr.write(`millrace: ${message}\n`)),
    thrown: options.onUserError,
  })
  return {
    done: job.run(),
    startedFrom: job.startedFrom,
    atLeastOnce: job.atLeastOnce,
    stop: () => job.stop(),
    progress: () => job.progress(),
    describe: () => job.describe(),
    quality: () => job.quality(),
  }
}

/** The given connectors first: they may replace a built-in kind. */
function withBuiltIn(given: ConnectorTable = { sources: [], sinks: [] }): ConnectorTable {
  return {
    sources: [
      ...given.sources,
      new FileSource(),
      new MemorySource(),
      tcpSource(),
      tcpServerSource(),
      httpIngestSource(),
    ],
    sinks: [...given.sinks, new FileSink(), new MemorySink(), new StdoutSink(), new TcpSink(), new TcpServerSink()],
  }
}
