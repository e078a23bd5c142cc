/**
 * How a run does its work, as numbers: plain data, cheap to read, for whoever watches it.
 *
 * Counts of records are of this process: they start at 0 and never go back, so a rate over them is what was done, and
 * records that are read again after a restart are counted again. What a run has come to since its beginning is in its ledgers.
 */
import type { QualityDescription } from '../../operators/describe.ts'
import type { Guarantee } from '../../stream/ports.ts'
import type { CheckpointInfo } from './checkpointer.ts'

/** `restarting`: between a transient error and the next start. The last three are the end. */
export type RunPhase = 'running' | 'restarting' | 'suspending' | 'finished' | 'suspended' | 'failed'

export interface RunGauges {
  readonly pipeline: string
  readonly phase: RunPhase
  /** Checkpoint this process started from; null: from the beginning. */
  readonly startedFrom: number | null
  /** Restarts after transient errors. */
  readonly restarts: number
  readonly loop: LoopGauges
  readonly sources: readonly SourceGauges[]
  readonly operators: readonly OperatorGauges[]
  readonly models: readonly ModelGauges[]
  readonly sinks: readonly SinkGauges[]
  readonly checkpoints: CheckpointGauges
}

export interface LoopGauges {
  /** Milliseconds since the engine's loop last turned. */
  readonly sinceTurnMs: number
  /** What it waits for; null while it works. */
  readonly waitsFor: 'input' | 'sinks' | null
}

export interface SourceGauges {
  readonly uid: string
  /** Records and rejected pieces read. */
  readonly in: number
  readonly rejected: number
  readonly late: number
  readonly splits: number
  /** Records that the other side has beyond what was read; undefined where it does not tell. */
  readonly lagRecords: number | undefined
  /** Event time in milliseconds up to which no more records come; undefined before the first, after the last, and without event times. */
  readonly watermark: number | undefined
  /** Whether nothing has come for so long that others go on without it. */
  readonly idle: boolean
}

export interface OperatorGauges {
  readonly uid: string
  readonly kind: string
  readonly in: number
  readonly rejected: number
  /** Keys whose state is held; undefined for an operator without keyed state. */
  readonly keys: number | undefined
}

export interface ModelGauges {
  readonly uid: string
  /** Labels learned since the pipeline began; after a restart as the checkpoint has it. */
  readonly steps: number
  /** Predictions that wait for their label. */
  readonly waiting: number
  /** Labels that came before what they label. */
  readonly early: number
  readonly predictions: number
  /** Predictions whose label did not come in time. */
  readonly expired: number
  /** Labels by what became of them. */
  readonly labels: { readonly [result: string]: number }
}

export interface SinkGauges {
  readonly uid: string
  readonly connector: string
  readonly guarantee: Guarantee
  readonly rows: number
  /** Bytes taken and not yet handed to the world. */
  readonly pendingBytes: number
}

export interface CheckpointGauges {
  /** The last one that was committed by this process. */
  readonly last: CheckpointInfo | undefined
  readonly failures: number
  readonly durations: Durations
}

/** How long something took, each time: counts by upper bound, none of them cumulative. */
export interface Durations {
  /** Upper bounds in seconds, ascending; what is longer than the last is in `count` alone. */
  readonly boundsSeconds: readonly number[]
  readonly counts: readonly number[]
  readonly count: number
  readonly sumSeconds: number
}

/** What a watcher needs of a run: the handle of `run` is one. */
export interface WatchedRun {
  readonly done: Promise<unknown>
  gauges(): RunGauges
  quality(): readonly QualityDescription[]
}
