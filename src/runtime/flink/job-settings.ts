/** What the host finds as millrace/job.json in its jar: a contract of both sides, versioned by `format`. */
import { isAbsolute, join, resolve } from 'node:path'
import { MillraceError } from '../../errors.ts'
import type { JsonObject } from '../../stage/json.ts'
import { KEY_GROUPS } from '../../stage/plan.ts'

export const JOB_FORMAT = 1

/** What a user may set; everything has a default. */
export interface JobOptions {
  /** Values for the pipeline's params. */
  readonly params?: JsonObject
  /** Folder against which relative locations are resolved, the same on every machine of the cluster (default: the current one). */
  readonly base?: string
  /** Folder for checkpoints, savepoints and final state (default: `.millrace/<pipeline>` in `base`). */
  readonly state?: string
  /** Subtasks of every stage, 1 to 128 (default 1). */
  readonly parallelism?: number
  /** Default 1000. */
  readonly checkpointEveryMs?: number
  /** Folder or URI (default: `<state>/flink/checkpoints`). */
  readonly checkpointDir?: string
  /** How far in event time one split may run ahead of another (default: a day). */
  readonly maxDriftMs?: number
  /** How long the network may hold records back to fill its buffers (default 10). */
  readonly flushMs?: number
  /** Limit of the heap of each V8 (default 512). */
  readonly heapMb?: number
  /** A script that runs this long without an end is terminated (default 10000). */
  readonly watchdogMs?: number
}

export interface JobSettings {
  readonly format: typeof JOB_FORMAT
  readonly name: string
  /** JSON text. */
  readonly params: string
  readonly globalName: string
  readonly base: string
  readonly parallelism: number
  readonly checkpointEveryMs: number
  readonly checkpointDir: string
  readonly maxDriftMs: number
  readonly flushMs: number
  readonly heapMb: number
  readonly watchdogMs: number
  readonly finalState: string
}

const DAY_MS = 86_400_000

/** @throws ML_RANGE for a parallelism that the key groups do not allow, or a heap too small for V8 */
export function jobSettings(name: string, globalName: string, options: JobOptions = {}): JobSettings {
  const base = resolve(options.base ?? '.')
  const folder = flinkFolder(name, options)
  const { checkpointDir = join(folder, 'checkpoints') } = options
  return {
    format: JOB_FORMAT,
    name,
    params: JSON.stringify(options.params ?? {}),
    globalName,
    base,
    parallelism: within('parallelism', options.parallelism ?? 1, 1, KEY_GROUPS),
    checkpointEveryMs: within('checkpointEveryMs', options.checkpointEveryMs ?? 1000, MIN_CHECKPOINT_MS, MAX_INT),
    checkpointDir: isUri(checkpointDir) || isAbsolute(checkpointDir) ? checkpointDir : resolve(base, checkpointDir),
    maxDriftMs: within('maxDriftMs', options.maxDriftMs ?? DAY_MS, 0, Number.MAX_SAFE_INTEGER),
    flushMs: within('flushMs', options.flushMs ?? 10, 0, MAX_INT),
    heapMb: within('heapMb', options.heapMb ?? 512, MIN_HEAP_MB, MAX_INT),
    watchdogMs: within('watchdogMs', options.watchdogMs ?? 10_000, 1, MAX_INT),
    finalState: join(folder, 'final'),
  }
}

/** Where a job keeps what it has on Flink, beside the checkpoints of the embedded engine. */
export function flinkFolder(name: string, { base = '.', state }: JobOptions): string {
  return join(resolve(base, state ?? `.millrace/${name}`), 'flink')
}

/** Flink refuses shorter intervals. */
const MIN_CHECKPOINT_MS = 10
/** A library and an empty model need some ten megabytes. */
const MIN_HEAP_MB = 32
/** Java's int. */
const MAX_INT = 2_147_483_647

function within(where: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new MillraceError('ML_RANGE', {
    what: 'must be a whole number',
    got: value,
    where,
    remedy: `Give ${least} or more, ${most} at most${where === 'parallelism' ? ': the number of key groups' : ''}`,
  })
}

function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\//i.test(text)
}
