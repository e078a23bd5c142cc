/**
 * The one way a pipeline file is loaded, by every engine: bundled by esbuild to one script of plain ECMAScript.
 *
 * The script holds the user's file, what it imports, the library it needs, and a prelude that makes its realm pure
 * (see prelude/). It names no path of this machine: the same inputs in another folder give the same bytes and hash.
 */
import { createHash } from 'node:crypto'
import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { MillraceError } from '../errors.ts'
import type { Bundle } from './bundle-script.ts'
import { bundleName, runEsbuild } from './esbuild-run.ts'
import { nearFiles, notPipelineRemedy, shownPath } from './failures.ts'
import { preludeName, preludeText } from './prelude-text.ts'
import { refuseAbsentGlobals } from './refuse-absent-globals.ts'
import { refuseRegexps } from './refuse-regexps.ts'

export type { Bundle } from './bundle-script.ts'

export interface BundleOptions {
  /** A module whose exports join the pipeline's, e.g. the guest that an engine talks to. Absolute path. */
  readonly guestModule?: string
  /** Default `__millrace`. */
  readonly globalName?: string
}

/**
 * Bundles a `.ts` or `.js` file that exports a pipeline as its default. A file by itself takes 8 ms of CPU, one that
 * uses the library (530 kB) some 80, a fifth less in `dist`, where the build has made a dozen files of it; esbuild's helper
 * process (12 MB) ends with the program.
 *
 * @throws ML_NO_FILE, ML_SYNTAX, ML_NOT_PIPELINE, ML_IMPURE (a Node module, `\p{}`, a global that only a host has)
 */
export async function bundlePipeline(file: string, options: BundleOptions = {}): Promise<Bundle> {
  const path = existingFile(file)
  const { guestModule, globalName = '__millrace' } = options
  const [prelude, built] = await Promise.all([preludeText(), runEsbuild(path, guestModule)])
  const code = wrap(globalName, prelude, built.code)
  const inputs = built.inputs.map((input) => resolve(dirname(path), input)).sort()
  const hash = createHash('sha256').update(code).digest('hex')
  const bundle = { file: path, code, map: movedDown(built.map), hash, inputs, globalName }
  refuseAbsentGlobals(bundle)
  await refuseRegexps(bundle, built.code, guestModule)
  return bundle
}

/** Prelude and bundle in one function, so that nothing but the exports is seen from outside. */
function wrap(globalName: string, prelude: string, code: string): string {
  return [
    `var ${globalName}=(()=>{"use strict";${prelude}`,
    code.trimEnd(),
    `return Object.freeze({...${bundleName},setPhase:${preludeName}.setPhase,fromJson:JSON.parse});})();`,
    '',
  ].join('\n')
}

/** The prelude is one line, so everything after it is one line further down. The map is text: parsing it would cost more. */
function movedDown(map: string): string {
  return map.replace(/"mappings":\s*"/, '$&;')
}

/** The file without symbolic links, so that its imports resolve as Node would resolve them. */
function existingFile(file: string): string {
  const path = resolve(file)
  if (!existsSync(path)) {
    const what = `there is no file ${shownPath(path)}`
    throw new MillraceError('ML_NO_FILE', { what, remedy: nearFiles(path) })
  }
  if (statSync(path).isDirectory()) {
    const what = `${shownPath(path)} is a folder`
    throw new MillraceError('ML_NOT_PIPELINE', { what, remedy: `Name a .ts or .js file in it. ${notPipelineRemedy}` })
  }
  if (!/\.[cm]?[jt]s$/.test(path)) {
    const what = `${shownPath(path)} is no .ts or .js file`
    throw new MillraceError('ML_NOT_PIPELINE', { what, remedy: notPipelineRemedy })
  }
  return realpathSync(path)
}
