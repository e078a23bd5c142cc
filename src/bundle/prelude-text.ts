import { build } from 'esbuild'
import { ownFile, ownFolder } from './own-modules.ts'

/** The variable that the prelude's code defines. */
export const preludeName = '__millrace_prelude'

let text: Promise<string> | undefined

/** The prelude as one line of code that defines a variable with its exports; the same for every bundle of this version. */
export function preludeText(): Promise<string> {
  text ??= buildPrelude()
  return text
}

async function buildPrelude(): Promise<string> {
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
