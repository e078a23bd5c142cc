/** Where a run shows itself: a line on the terminal, JSON lines, or a log. */
import { redactedText } from '../errors.ts'
import { errorFields, type Logger, redactingLogger } from '../runtime/local/logger.ts'
import { type LogFormat, lineLogger } from './log.ts'
import { jsonProgress, noProgress, type ProgressView, terminalProgress } from './progress.ts'
import type { LogSettings } from './run-settings.ts'

export interface RunOutput {
  readonly view: ProgressView
  /** Absent without `--log`. */
  readonly logger: Logger | undefined
  /** Something to know, which ends nothing. */
  readonly note: (message: string, level?: 'info' | 'warn') => void
  /** Takes what the run warns of beside its logger. */
  readonly warn: ((message: string) => void) | undefined
  /** The report, for a person. */
  readonly print: (text: string) => void
  /** The address that is served. */
  readonly serves: (url: string) => void
}

export interface OutputSettings extends LogSettings {
  readonly json: boolean
  readonly quiet: boolean
}

/** @param stream takes progress and report; rows of a sink may need standard output for themselves */
export function runOutput(
  pipeline: string,
  { log, logLevel, json, quiet }: OutputSettings,
  stream: NodeJS.WriteStream,
): RunOutput {
  const logger = log === undefined ? undefined : runLogger(pipeline, log, logLevel)
  const view = viewOf(pipeline, log, json, quiet, stream)
  const warn = logger === undefined || json ? (message: string) => view.note(redactedText(message)) : undefined
  return {
    view,
    logger,
    warn,
    note: (message, level = 'info') => {
      warn?.(message)
      logger?.[level]({}, message)
    },
    print: (text) => {
      if (!json && !quiet && logger === undefined) stream.write(redactedText(text))
    },
    serves: (url) => {
      view.serves(url)
      logger?.info({ url }, 'serving')
    },
  }
}

function viewOf(
  pipeline: string,
  log: LogFormat | undefined,
  json: boolean,
  quiet: boolean,
  stream: NodeJS.WriteStream,
): ProgressView {
  if (json) return jsonProgress(stream)
  return log === undefined ? terminalProgress(pipeline, quiet) : noProgress
}

/** A logger on standard error. */
export function runLogger(pipeline: string, format: LogFormat, level: LogSettings['logLevel']): Logger {
  return redactingLogger(lineLogger({ format, level, pipeline, write: (line) => process.stderr.write(line) }))
}

/** Says in the log what ended the run. */
export function logFailure(logger: Logger): (error: unknown) => void {
  return (error) => logger.error(errorFields(error), 'failed')
}
