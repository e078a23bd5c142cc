/** Temporary folders with pipeline files, for the tests of this room. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isMillraceError, type MillraceError } from '../errors.ts'
import { type BundleOptions, bundlePipeline } from './bundle.ts'
import { type BundleExports, type EvaluateOptions, evaluateBundle } from './evaluate.ts'

const folders: string[] = []

/** Writes files (path → text) into a new folder and returns it. */
export function folderOf(files: Record<string, string>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-bundle-')))
  folders.push(folder)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** A stand-in for a pipeline where only loading is tested: `export default { x: 1 }` gets a name and a program. */
export function asPipeline(text: string): string {
  return text.replace(/export default \{/, "export default { name: 'p', program() { return this },")
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

/** What the fixtures' stand-ins for pipelines hold. */
export interface Loaded extends Pick<BundleExports, 'setPhase' | 'setHost' | 'fromJson'> {
  readonly pipeline: Record<string, unknown>
  readonly guest?: unknown
}

/** Bundles the text as a file of its own and loads it. */
export async function load(text: string, options: BundleOptions & EvaluateOptions = {}): Promise<Loaded> {
  return loadFile({ 'p.ts': text }, 'p.ts', options)
}

/** Bundles one of these files and loads it. */
export async function loadFile(
  files: Record<string, string>,
  name = 'p.ts',
  options: BundleOptions & EvaluateOptions = {},
): Promise<Loaded> {
  const folder = folderOf({ ...files, [name]: asPipeline(files[name]) })
  return evaluateBundle(await bundlePipeline(join(folder, name), options), options) as unknown as Loaded
}

/** Loads `export default { run() { return <expression> } }` and calls it while records are processed. */
export async function process(expression: string): Promise<unknown> {
  const { pipeline, setPhase } = await load(`export default { run(): unknown { return ${expression} } }`)
  setPhase('processing')
  return (pipeline.run as () => unknown)()
}

/** The MillraceError that an action ends with. */
export async function failure(action: () => unknown): Promise<MillraceError> {
  try {
    await action()
  } catch (error) {
    if (isMillraceError(error)) return error
    throw error
  }
  throw new Error('expected an error of Millrace, but nothing was thrown')
}
