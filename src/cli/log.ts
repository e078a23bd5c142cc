/** `--log`: what happens to a run, a line an event, on standard error. */
import type { LogFields, Logger, LogLevel } from '../runtime/local/logger.ts'

export const LOG_FORMATS = ['json', 'text', 'off'] as const
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

export type LogFormat = (typeof LOG_FORMATS)[number]

export interface LineOptions {
  readonly format: LogFormat
  /** The least level that is told. */
  readonly level: LogLevel
  /** Stands in each line. */
  readonly pipeline: string
  /** Takes whole lines. */
  readonly write: (line: string) => void
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

export function lineLogger({ format, level: least, pipeline, write, now = Date.now }: LineOptions): Logger {
  const tell = (level: LogLevel) => {
    if (format === 'off' || LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return () => {}
    return (fields: LogFields, message: string): void => {
      const time = new Date(now()).toISOString()
      const head = { time, level, msg: message, pipeline }
      // A field of the same name would not take the place of ours.
      const line = format === 'json' ? JSON.stringify({ ...head, ...fields, ...head }, finite) : textLine(head, fields)
      write(`${line}\n`)
    }
  }
  return { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') }
}

/** JSON has no such numbers, and null would say something else. */
function finite(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

function textLine(
  head: { readonly time: string; readonly level: string; readonly msg: string },
  fields: LogFields,
): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${shown(value)}`)
  return [head.time, head.level.padEnd(5), head.msg, ...pairs].join(' ').replace(/[\r\n]+/g, ' ')
}

function shown(value: unknown): string {
  return typeof value === 'string' && /^[\w./:+-]+$/.test(value) ? value : JSON.stringify(value, finite)
}
