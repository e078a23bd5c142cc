/** Where a run says what happens to it. */
import { errorText, isMillraceError, redacted, redactedText } from '../../errors.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What belongs to an event, by name: plain JSON. */
export type LogFields = { readonly [name: string]: unknown }

/** A logger as pino has it: the fields, then what happened in words. */
export type Logger = { readonly [L in LogLevel]: (fields: LogFields, message: string) => void }

/** Hands a logger what happens without any secret. A logger that throws is not asked why: the run goes on. */
export function redactingLogger(logger: Logger): Logger {
  const tell =
    (level: LogLevel) =>
    (fields: LogFields, message: string): void => {
      try {
        logger[level](redacted(fields), redactedText(message))
      } catch {
        // What watches a run must not end it.
      }
    }
  return { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') }
}

/** An error as fields: its parts, and all of them as the sentence that a person reads. */
export function errorFields(error: unknown): LogFields {
  if (!isMillraceError(error)) return { code: null, error: errorText(error) }
  const { code, errorClass, what, where, remedy } = error
  const parts = Object.entries({ what, where, remedy }).filter(
    (part): part is [string, string] => part[1] !== undefined,
  )
  const texts = parts.map(([name, text]) => [name, redactedText(text)])
  return { code, class: errorClass, ...Object.fromEntries(texts), error: errorText(error) }
}
