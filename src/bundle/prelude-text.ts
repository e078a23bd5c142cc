import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { ownFile, ownFolder } from './own-modules.ts'

/** The variable that the prelude's code defines. */
export const preludeName = '__millrace_prelude'

/** Where the build leaves it, in the folder of the library. */
export const preludeFile = 'prelude.txt'

let text: Promise<string> | undefined

/** The prelude as one line of code that defines a variable with its exports; the same for every bundle of this version. */
export function preludeText(): Promise<string> {
  const built = join(ownFolder, preludeFile)
  text ??= existsSync(built) ? readFile(built, 'utf8') : buildPrelude()
  return text
}

/** Bundles it. */
export async function buildPrelude(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [ownFile('./prelude/prelude.ts')],
    absWorkingDir: ownFolder,
    bundle: true,
    format: 'iife',
    globalName: preludeName,
    platform: 'neutral',
    target: 'es2022',
    minifyWhitespace: true,
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  })
  return outputFiles[0].text.trim()
}
