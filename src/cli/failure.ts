/** How a command that failed says so: one line, the exit code, a JSON line with `--json`. */
import { errorText, isMillraceError, redactedText } from '../errors.ts'
import { exitCodeOf } from './exit-codes.ts'
import { paint } from './paint.ts'
import { printJson } from './print.ts'

/** @param tell in place of the line on standard error */
export function reportFailure(error: unknown, tell: (error: unknown) => void = printed): void {
  process.exitCode = exitCodeOf(error)
  if (process.argv.includes('--json')) printJson(errorJson(error))
  tell(error)
  if (process.env.MILLRACE_STACK) process.stderr.write(`${redactedText(String((error as Error).stack))}\n`)
}

function printed(error: unknown): void {
  process.stderr.write(`${paint(process.stderr, 'red', 'millrace')}: ${errorText(error)}\n`)
}

function errorJson(error: unknown): object {
  const { code } = error as { code?: unknown }
  return { type: 'error', code: isMillraceError(error) ? code : null, message: errorText(error) }
}
