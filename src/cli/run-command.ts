/** `millrace run FILE`: bundles the pipeline, runs it from its last checkpoint, shows how it goes. */
import { resolve } from 'node:path'
import type { Bundle } from '../bundle/bundle.ts'
import { bundlePipeline } from '../bundle/bundle.ts'
import { evaluateBundle, explainError } from '../bundle/evaluate.ts'
import { nodeCapabilities } from '../bundle/node-capabilities.ts'
import type { RunHandle, RunOptions } from '../embedded/run.ts'
import { isMillraceError } from '../errors.ts'
import type { Pipeline } from '../stream/pipeline.ts'
import { milliseconds, paramsOf, wholeNumber } from './params.ts'
import { jsonProgress, type ProgressView, terminalProgress } from './progress.ts'
import { reportText } from './report.ts'
import { onClosedOutput, onSignals } from './signals.ts'
import { userErrors } from './user-errors.ts'

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
  const checked = optionsOf(flags)
  // esbuild works in a process of its own; meanwhile this one loads the engine.
  const [bundle, { run }] = await Promise.all([bundlePipeline(file), import('../embedded/run.ts')])
  const exports = evaluateBundle(bundle, { capabilities: nodeCapabilities })
  const pipeline = exports.pipeline as Pipeline
  exports.setPhase('processing')
  try {
    const params = paramsOf(flags.param ?? [], pipeline.params)
    // Rows have standard output to themselves; what we print goes beside them.
    const { operators } = pipeline.program(params).plan
    const prints = operators.some(({ kind, options }) => kind === 'sink' && options.connector === 'stdout')
    const stream = prints ? process.stderr : process.stdout
    const view = flags.json ? jsonProgress(stream) : terminalProgress(pipeline.name, flags.quiet ?? false)
    const note = (message: string) => view.note(message)
    await follow(
      await run(pipeline, { ...checked, params, warn: note, onUserError: userErrors(bundle, note) }),
      view,
      (text) => !flags.json && !flags.quiet && stream.write(text),
      checked.base,
    )
  } catch (error) {
    if (!isFinished(error)) throw explained(bundle, error)
    if (flags.json) process.stdout.write(`${JSON.stringify({ type: 'finished', message: error.message })}\n`)
    else if (!flags.quiet) process.stderr.write(`millrace: ${error.what} (${error.where}). ${error.remedy}.\n`)
  }
}

/** Shows a run until it ends. */
async function follow(
  handle: RunHandle,
  view: ProgressView,
  print: (text: string) => void,
  base: string,
): Promise<void> {
  view.started(handle)
  const timer = setInterval(() => view.show(handle), PROGRESS_MS)
  onSignals(() => handle.stop(), view.note)
  onClosedOutput(() => handle.stop())
  try {
    const report = await handle.done
    clearInterval(timer)
    view.ended(handle, report)
    print(reportText(report, base))
  } finally {
    clearInterval(timer)
    view.cleared()
  }
}

/** Flags as options, checked before anything is done. */
function optionsOf(flags: RunFlags): RunOptions & { readonly base: string } {
  return {
    base: resolve(flags.base ?? '.'),
    state: flags.state,
    fresh: flags.fresh,
    checkpointEvery: milliseconds('--checkpoint-every', flags.checkpointEvery),
    checkpointRecords: wholeNumber('--checkpoint-records', flags.checkpointRecords, 0),
    retain: wholeNumber('--retain', flags.retain, 2),
  }
}

function explained(bundle: Bundle, error: unknown): unknown {
  return isMillraceError(error) ? error : explainError(bundle, error)
}

function isFinished(error: unknown): error is Error & { what: string; where: string; remedy: string } {
  return isMillraceError(error) && error.code === 'ML_FINISHED'
}
