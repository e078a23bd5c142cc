/**
 * Runs a bundle in a realm of its own: a new context of the same thread, emptied of everything that is not the
 * language. What the prelude changes in there never reaches the host, and both engines see one and the same realm.
 *
 * Calls into it cost about 3 ns more than calls that V8 can inline, and code in there runs as fast as in the main
 * realm, but only because the context is not "contextified": with a sandbox object every access to a global goes
 * through an interceptor (measured: a loop over Math and Float64Array 40 times slower).
 */
import { constants, createContext, Script } from 'node:vm'
import type { HostCapabilities } from '../bytes/host.ts'
import { isMillraceError, MillraceError } from '../errors.ts'
import type { Pipeline } from '../stream/pipeline.ts'
import { absentName, absentRemedy } from './absent-globals.ts'
import type { Bundle } from './bundle-script.ts'
import { notPipelineRemedy, shownPath } from './failures.ts'
import { nodeCapabilities } from './node-capabilities.ts'
import type { Phase } from './prelude/impure.ts'
import { mapStacks, scriptName, userPlace } from './stack.ts'

/** What every bundle exports; the guest module of the bundle adds its own. */
export interface BundleExports {
  /** The default export of the user's file. */
  readonly pipeline: Pipeline
  readonly setHost: (capabilities: HostCapabilities) => void
  /** 'processing' before the first record: from then on there is no clock. */
  readonly setPhase: (phase: Phase) => void
  /** Plain JSON as objects of the realm, for what must look there like the user's own: params above all. */
  readonly fromJson: (text: string) => unknown
  readonly [name: string]: unknown
}

export interface EvaluateOptions {
  /** What the host does faster; default those of Node. `{}` for none, as in a bare V8. */
  readonly capabilities?: HostCapabilities
  /** Where the pipeline's console goes; default the program's. */
  readonly console?: Pick<Console, 'debug' | 'error' | 'info' | 'log' | 'warn'>
}

/**
 * Loads a bundle and returns its exports, objects of the new realm: `instanceof` and constructor comparisons with this
 * realm's classes say no, so only bytes, JSON text and calls should cross.
 *
 * @throws ML_LOAD when the user's code throws while loading, ML_IMPURE when it uses what no pipeline has,
 *   ML_NOT_PIPELINE when its default export is something else
 */
export function evaluateBundle(bundle: Bundle, options: EvaluateOptions = {}): BundleExports {
  const realm = createContext(constants.DONT_CONTEXTIFY) as unknown as Record<string, unknown>
  realm.console = pipelineConsole(options.console ?? console)
  mapStacks(realm.Error as ErrorConstructor, bundle)
  try {
    new Script(withMap(bundle), { filename: scriptName(bundle) }).runInContext(realm, { displayErrors: false })
  } catch (error) {
    throw loadFailure(bundle, error)
  }
  const exports = realm[bundle.globalName] as BundleExports
  checkPipeline(exports.pipeline, bundle)
  exports.setHost(options.capabilities ?? nodeCapabilities)
  return exports
}

function checkPipeline(value: unknown, { file }: Bundle): void {
  const { name, program } = (value ?? {}) as Partial<Pipeline>
  if (typeof name === 'string' && typeof program === 'function') return
  const what = 'the default export is not a pipeline'
  throw new MillraceError('ML_NOT_PIPELINE', { what, got: value, where: shownPath(file), remedy: notPipelineRemedy })
}

/**
 * An error out of a bundle as its user should see it: a ReferenceError about a global that only hosts have becomes
 * ML_IMPURE with what to write instead; every other error is returned as it is.
 */
export function explainError(bundle: Bundle, error: unknown): unknown {
  const message = (error as { message?: unknown } | null)?.message
  const name = typeof message === 'string' ? absentName(message) : undefined
  if (name === undefined) return error
  return new MillraceError('ML_IMPURE', {
    what: `${name} does not exist in a pipeline, which also runs in a bare V8`,
    where: userPlace(bundle, error),
    remedy: absentRemedy(name),
    cause: error,
  })
}

function loadFailure(bundle: Bundle, error: unknown): unknown {
  const explained = explainError(bundle, error)
  if (isMillraceError(explained)) return explained
  return new MillraceError('ML_LOAD', {
    what: `the pipeline file threw while it was loaded: ${String(error)}`,
    where: userPlace(bundle, error) ?? shownPath(bundle.file),
    cause: error,
  })
}

function pipelineConsole(target: NonNullable<EvaluateOptions['console']>): Record<string, unknown> {
  const methods = ['debug', 'error', 'info', 'log', 'warn'] as const
  return Object.fromEntries(methods.map((name) => [name, (...values: unknown[]) => target[name](...values)]))
}

/** One text for each bundle: V8 compiles it once, however many realms run it. */
const texts = new WeakMap<Bundle, string>()

/** The map goes along for debuggers, which read it from the script. */
function withMap(bundle: Bundle): string {
  const known = texts.get(bundle)
  if (known !== undefined) return known
  const map = Buffer.from(bundle.map).toString('base64')
  const text = `${bundle.code}//# sourceMappingURL=data:application/json;base64,${map}\n`
  texts.set(bundle, text)
  return text
}
