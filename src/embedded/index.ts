/** The embedded engine: run a pipeline in this Node process. */

export type { Progress, RunReport } from '../runtime/local/job.ts'
export type { LogFields, Logger, LogLevel } from '../runtime/local/logger.ts'
export { type RunHandle, type RunOptions, run } from './run.ts'
