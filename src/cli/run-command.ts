/** `millrace run FILE`: bundles the pipeline, runs it from its last checkpoint, shows how it goes. */
import { resolve } from 'node:path'
import { bundlePipeline } from '../bundle/bundle.ts'
import { evaluateBundle, explainError } from '../bundle/evaluate.ts'
import { nodeCapabilities } from '../bundle/node-capabilities.ts'
import { type RunHandle, run } from '../embedded/run.ts'
import { isMillraceError, MillraceError } from '../errors.ts'
import type { JsonObject, JsonValue } from '../stage/json.ts'
import type { Pipeline } from '../stream/pipeline.ts'
import { EXIT_INTERRUPTED } from './exit-codes.ts'
import { jsonProgress, type ProgressView, terminalProgress } from './progress.ts'
import { reportText } from './report.ts'

export interface RunFlags {
  readonly param?: readonly string[]
  readonly base?: string
  readonly state?: string
  readonly fresh?: boolean
  readonly json?: boolean
  readonly quiet?: boolean
  readonly checkpointEvery?: string
  readonly checkpointRecords?: string
  readonly retain?: string
}

const PROGRESS_MS = 250

export async function runCommand(file: string, flags: RunFlags): Promise<void> {
  const bundle = await bundlePipeline(file)
  const exports = evaluateBundle(bundle, { capabilities: nodeCapabilities })
  const pipeline = exports.pipeline as Pipeline
  exports.setPhase('processing')
  let handle: RunHandle
  try {
    handle = await run(pipeline, {
      params: paramsOf(flags.param ?? [], pipeline.params),
      base: flags.base === undefined ? undefined : resolve(flags.base),
      state: flags.state,
      fresh: flags.fresh,
      checkpointEvery: flags.checkpointEvery,
      checkpointRecords: wholeNumber('--checkpoint-records', flags.checkpointRecords),
      retain: wholeNumber('--retain', flags.retain),
    })
  } catch (error) {
    if (isMillraceError(error) && error.code === 'ML_FINISHED') {
      process.stderr.write(`millrace: ${error.what} (${error.where}). ${error.remedy}.\n`)
      return
    }
    throw explainError(bundle, error)
  }
  const view = flags.json ? jsonProgress() : terminalProgress(pipeline.name, flags.quiet ?? false)
  view.started(handle)
  const timer = setInterval(() => view.show(handle), PROGRESS_MS)
  const release = onSignals(handle, view)
  try {
    const report = await handle.done
    clearInterval(timer)
    view.ended(handle, report)
    if (!flags.json && !flags.quiet) process.stdout.write(reportText(report))
  } catch (error) {
    clearInterval(timer)
    view.cleared()
    throw explainError(bundle, error)
  } finally {
    release()
  }
}

/** The first signal suspends; the second ends the process at once, and the run goes on from its last checkpoint next time. */
function onSignals(handle: RunHandle, view: ProgressView): () => void {
  let asked = false
  const stop = (signal: string) => {
    if (asked) process.exit(EXIT_INTERRUPTED)
    asked = true
    view.note(`${signal}: taking a final checkpoint; once more ends at once`)
    handle.stop()
  }
  const onInt = () => stop('interrupted')
  const onTerm = () => stop('terminated')
  // A closed pipe is no reason to lose work: the run is suspended, and what it wants to print is dropped.
  const onPipe = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    handle.stop()
  }
  process.on('SIGINT', onInt).on('SIGTERM', onTerm)
  process.stdout.on('error', onPipe)
  return () => {
    process.off('SIGINT', onInt).off('SIGTERM', onTerm)
  }
}

/** `name=value` pairs; the default's type says how the value is read. */
export function paramsOf(pairs: readonly string[], defaults: JsonObject): JsonObject {
  const params: { [name: string]: JsonValue } = {}
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    if (equals < 1) throw badParam(pair, 'a param is given as name=value')
    const name = pair.slice(0, equals)
    params[name] = paramValue(name, pair.slice(equals + 1), defaults[name])
  }
  return params
}

function paramValue(name: string, text: string, byDefault: JsonValue | undefined): JsonValue {
  if (typeof byDefault === 'string' || byDefault === undefined) return text
  try {
    const value = JSON.parse(text) as JsonValue
    if (typeof value === typeof byDefault && Array.isArray(value) === Array.isArray(byDefault)) return value
  } catch {
    // Reported below.
  }
  throw badParam(text, `param "${name}" must be ${Array.isArray(byDefault) ? 'a JSON array' : `a ${typeof byDefault}`}`)
}

function badParam(got: string, what: string): MillraceError {
  return new MillraceError('ML_PARAM', { what, got, where: '--param', remedy: 'Write --param name=value' })
}

function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new MillraceError('ML_RANGE', {
    what: 'must be a whole number',
    got: text,
    where: flag,
    remedy: 'Write digits only',
  })
}
