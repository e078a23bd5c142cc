/** Exit codes: 0 done, 1 it failed while running, 2 wrong usage, 78 the pipeline or its configuration is wrong (EX_CONFIG). */
import { isMillraceError } from '../errors.ts'

export const EXIT_RUNTIME = 1
export const EXIT_USAGE = 2
export const EXIT_CONFIG = 78
/** Ended at once by a second signal. */
export const EXIT_INTERRUPTED = 130

/** What the user typed is wrong: a file, a param, an option. */
const USAGE = ['ML_FLINK_NO_JOB', 'ML_NO_FILE', 'ML_PARAM', 'ML_RANGE', 'ML_USAGE']
/** Programmer errors that are about the machine's state, not about code or configuration. */
const STATE = [
  'ML_FLINK_CLUSTER',
  'ML_JAVA_TOOL',
  'ML_LOCKED',
  'ML_SERVE_PORT',
  'ML_SINK_EXISTS',
  'ML_SINK_AHEAD',
  'ML_SINK_LOST',
  'ML_SOURCE_CHANGED',
]

export function exitCodeOf(error: unknown): number {
  if (!isMillraceError(error)) return EXIT_RUNTIME
  if (USAGE.includes(error.code)) return EXIT_USAGE
  if (STATE.includes(error.code)) return EXIT_RUNTIME
  return error.errorClass === 'programmer' ? EXIT_CONFIG : EXIT_RUNTIME
}
