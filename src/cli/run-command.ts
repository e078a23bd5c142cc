/** `millrace run FILE`: bundles the pipeline, runs it from its last checkpoint, shows how it goes. */
import { basename } from 'node:path'
import type { Bundle } from '../bundle/bundle.ts'
import { bundlePipeline } from '../bundle/bundle.ts'
import { evaluateBundle, explainError } from '../bundle/evaluate.ts'
import { nodeCapabilities } from '../bundle/node-capabilities.ts'
import type { RunHandle } from '../embedded/run.ts'
import { isMillraceError } from '../errors.ts'
import type { JsonObject } from '../stage/json.ts'
import type { Pipeline } from '../stream/pipeline.ts'
import { reportFailure } from './failure.ts'
import { paramsOf } from './params.ts'
import { reportText } from './report.ts'
import { openHttp } from './run-http.ts'
import { logFailure, type RunOutput, runLogger, runOutput } from './run-output.ts'
import { type RunFlags, type RunSettings, runSettings } from './run-settings.ts'
import { onClosedOutput, onSignals } from './signals.ts'
import { setStreamFlags } from './stream-flags.ts'
import { userErrors } from './user-errors.ts'

const PROGRESS_MS = 250

export async function runCommand(file: string, flags: RunFlags): Promise<void> {
  const settings = runSettings(flags, process.env)
  setStreamFlags()
  let name = basename(file)
  try {
    // esbuild works in a process of its own; meanwhile this one loads the engine.
    const [bundle] = await Promise.all([bundlePipeline(file), import('../embedded/run.ts')])
    await runBundle(bundle, flags, settings, (pipeline) => {
      name = pipeline
    })
  } catch (error) {
    const { log, logLevel } = settings
    if (log === undefined || log === 'off') throw error
    reportFailure(error, logFailure(runLogger(name, log, logLevel)))
  }
}

async function runBundle(
  bundle: Bundle,
  flags: RunFlags,
  settings: RunSettings,
  named: (name: string) => void,
): Promise<void> {
  const exports = evaluateBundle(bundle, { capabilities: nodeCapabilities })
  const pipeline = exports.pipeline as Pipeline
  named(pipeline.name)
  exports.setPhase('processing')
  const { json = false, quiet = false } = flags
  try {
    const params = paramsOf(flags.param ?? [], pipeline.params, settings.params)
    // Rows have standard output to themselves; what we print goes beside them.
    const { operators } = pipeline.program(params).plan
    const prints = operators.some(({ kind, options }) => kind === 'sink' && options.connector === 'stdout')
    const output = runOutput(pipeline.name, { ...settings, json, quiet }, prints ? process.stderr : process.stdout)
    await start(bundle, pipeline, params, settings, output)
  } catch (error) {
    if (!isFinished(error)) throw explained(bundle, error)
    if (json) process.stdout.write(`${JSON.stringify({ type: 'finished', message: error.message })}\n`)
    else if (settings.log !== undefined) runLogger(pipeline.name, settings.log, settings.logLevel).info({}, error.what)
    else if (!quiet) process.stderr.write(`millrace: ${error.what} (${error.where}). ${error.remedy}.\n`)
  }
}

/** Opens the run and what is beside it, and shows it until it ends. */
async function start(
  bundle: Bundle,
  pipeline: Pipeline,
  params: JsonObject,
  { options, http }: RunSettings,
  output: RunOutput,
): Promise<void> {
  const { run } = await import('../embedded/run.ts')
  const side = http && (await openHttp(http, options.base))
  if (side !== undefined) output.serves(side.server.url)
  let handle: RunHandle | undefined
  let wasAway = false
  const suspend = () => {
    // Before it runs nothing was done that is not in the last checkpoint.
    if (handle === undefined) process.exit(0)
    wasAway ||= handle.gauges().phase === 'restarting'
    handle.stop()
  }
  onSignals(suspend, output.note)
  onClosedOutput(suspend)
  const { note, warn, logger } = output
  const running = run(pipeline, {
    ...options,
    params,
    warn,
    logger,
    onUserError: userErrors(bundle, (message) => note(message, 'warn')),
  })
  side?.watch(running)
  try {
    handle = await running
    await follow(handle, output, options.base)
  } catch (error) {
    if (!wasAway) throw error
    note('ended while it waited to start again; the next start goes on from the last checkpoint')
  } finally {
    await side?.server.close()
  }
}

/** Shows a run until it ends. */
async function follow(handle: RunHandle, { view, print }: RunOutput, base: string): Promise<void> {
  view.started(handle)
  const timer = setInterval(() => view.show(handle), PROGRESS_MS)
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

function explained(bundle: Bundle, error: unknown): unknown {
  return isMillraceError(error) ? error : explainError(bundle, error)
}

function isFinished(error: unknown): error is Error & { what: string; where: string; remedy: string } {
  return isMillraceError(error) && error.code === 'ML_FINISHED'
}
