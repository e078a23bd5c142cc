/**
 * `run`: a pipeline in this process, from the last checkpoint on.
 *
 * A program imports its pipeline and gets a handle. The purity guards of a bundle are off here; the promise of equal
 * bytes holds for what a bundle would accept.
 */
import { resolve } from 'node:path'
import type { OperatorDescription, QualityDescription } from '../operators/describe.ts'
import { Job, type Progress, type RunReport } from '../runtime/local/job.ts'
import { type Logger, redactingLogger } from '../runtime/local/logger.ts'
import type { RunGauges } from '../runtime/local/run-gauges.ts'
import type { JsonObject } from '../stage/json.ts'
import type { Pipeline } from '../stream/pipeline.ts'
import type { ConnectorTable, Guarantee } from '../stream/ports.ts'
import { type Duration, durationMs } from '../time/duration.ts'
import { withBuiltIn } from './connectors.ts'

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
  /** Told what went wrong without ending the run. Default: the logger, or standard error without one. */
  readonly warn?: (message: string) => void
  /**
   * Told what happens to the run: started, checkpoint committed (debug), warnings, started again, suspending, suspended or
   * finished. A pino logger is one. No secret reaches it. What ends the run is told by `done` alone.
   */
  readonly logger?: Logger
  /** Told of every error that a function of the pipeline threw at a record; the record is rejected for it. */
  readonly onUserError?: (operator: string, error: unknown) => void
}

/** A run under way. */
export interface RunHandle {
  /** Resolves at the end of the input or after `stop`; rejects on a fatal error, with the last checkpoint standing. */
  readonly done: Promise<RunReport>
  /** Checkpoint it goes on from; null: from the beginning. */
  readonly startedFrom: number | null
  /** Sources and sinks, by name, that promise less than each record once: 'at-least-once' or 'at-most-once'. */
  readonly weaker: { readonly [uid: string]: Guarantee }
  /** Asks for a suspend: a final checkpoint, every sink committed. `done` tells when. */
  stop(): void
  progress(): Progress
  /** Models and their quality as they are now, by operator uid. */
  describe(): { readonly [uid: string]: OperatorDescription }
  /** Quality of the models as it is now: cheaper than `describe`. */
  quality(): readonly QualityDescription[]
  /** How it does its work, in numbers: what `millrace/serve` shows. Reads counters only. */
  gauges(): RunGauges
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
  const log = options.logger && redactingLogger(options.logger)
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
    warn: warner(options.warn, log),
    log,
    thrown: options.onUserError,
  })
  log?.info({ from: job.startedFrom, weaker: job.weaker }, 'started')
  return {
    done: logged(job.run(), log),
    startedFrom: job.startedFrom,
    weaker: job.weaker,
    stop: () => job.stop(),
    progress: () => job.progress(),
    describe: () => job.describe(),
    quality: () => job.quality(),
    gauges: () => job.gauges(),
  }
}

function warner(warn: RunOptions['warn'], log: Logger | undefined): (message: string) => void {
  if (log === undefined) return warn ?? ((message) => process.stderr.write(`millrace: ${message}\n`))
  return (message) => {
    warn?.(message)
    log.warn({}, message)
  }
}

async function logged(done: Promise<RunReport>, log: Logger | undefined): Promise<RunReport> {
  const report = await done
  const { end, checkpoint, ledgers } = report
  log?.info({ checkpoint, ledgers }, end)
  return report
}
