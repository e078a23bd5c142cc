/** What esbuild found wrong with a pipeline file, as errors of ours. */
import { readdirSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { Message } from 'esbuild'
import { type ErrorCode, MillraceError } from '../errors.ts'
import { nearNames } from './near-names.ts'

/** What our resolver says with a message of its own, carried through esbuild, which adds the place of the import. */
export interface Refusal {
  readonly code: ErrorCode
  readonly what: string
  readonly remedy: string
}

/** The path as a person would type it: relative to the current folder when it lies below it. */
export function shownPath(path: string): string {
  const here = relative(process.cwd(), path)
  return here.startsWith('..') ? path : here
}

/** The first message that says most, as a MillraceError; the others are counted. */
export function bundleFailure(messages: readonly Message[], folder: string): MillraceError {
  const message = messages.find((candidate) => candidate.detail !== undefined) ?? messages[0]
  const where = place(message, folder)
  const more = messages.length === 1 ? '' : ` (and ${messages.length - 1} more)`
  const { code, what, remedy } = refusal(message, folder)
  const got = code === 'ML_SYNTAX' ? message.location?.lineText.trim() : undefined
  return new MillraceError(code, { what: what + more, got, where, remedy })
}

function refusal(message: Message, folder: string): Refusal {
  if (message.detail !== undefined) return message.detail as Refusal
  const { id, text, location } = message
  if (id === 'unsupported-regexp') {
    const what = 'the v flag of regular expressions needs Unicode tables that differ between engines'
    return { code: 'ML_IMPURE', what, remedy: 'Use the u flag and ranges of code points' }
  }
  if (id === 'empty-import-meta') {
    const remedy = 'Pass paths as params of the pipeline'
    return { code: 'ML_IMPURE', what: 'import.meta differs between machines', remedy }
  }
  const missing = /^Could not resolve "(.*?)"/.exec(text)?.[1]
  if (missing !== undefined) {
    const file = location === null ? folder : resolve(folder, location.file)
    return { code: 'ML_NO_FILE', what: `there is no module "${missing}"`, remedy: missingRemedy(missing, file) }
  }
  if (/^No matching export in ".*" for import "default"$/.test(text) && location?.file === entryName) {
    return { code: 'ML_NOT_PIPELINE', what: 'the file has no default export', remedy: notPipelineRemedy }
  }
  return { code: 'ML_SYNTAX', what: text, remedy: message.notes[0]?.text.replace(/[.:]$/, '') ?? 'Mend this line' }
}

/** Name of the module that imports the pipeline file. */
export const entryName = 'millrace-entry.js'
export const notPipelineRemedy = "Write export default pipeline('name', ({ from }) => { ... })"

function missingRemedy(specifier: string, importer: string): string {
  if (!specifier.startsWith('.') && !specifier.startsWith('/')) {
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
    return `Run npm install ${name}, or mend the name`
  }
  return nearFiles(resolve(dirname(importer), specifier))
}

/** A sentence that names the files near a missing one. */
export function nearFiles(path: string): string {
  let names: string[] = []
  try {
    names = readdirSync(dirname(path))
  } catch {
    return `There is no folder ${shownPath(dirname(path))} either`
  }
  const near = nearNames(basename(path), names)
  if (near.length === 0) return `Look at what ${shownPath(dirname(path)) || 'the current folder'} holds`
  return `Did you mean ${near.map((name) => shownPath(join(dirname(path), name))).join(' or ')}`
}

/** file:line:column, counted from 1; esbuild counts columns in bytes from 0. */
function place({ location }: Message, folder: string): string | undefined {
  if (location === null) return undefined
  if (location.file === entryName) return undefined
  const before = Buffer.from(location.lineText).subarray(0, location.column).toString()
  return `${shownPath(resolve(folder, location.file))}:${location.line}:${before.length + 1}`
}
