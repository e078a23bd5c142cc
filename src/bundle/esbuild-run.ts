/** How esbuild is called: its options, and what its resolver sends to this package or refuses. */
import { basename, dirname } from 'node:path'
import { type BuildFailure, type BuildResult, build, type Plugin } from 'esbuild'
import { absentMarks } from './absent-globals.ts'
import { builtinRemedy } from './builtins.ts'
import { bundleFailure, entryName, type Refusal } from './failures.ts'
import { nearNames } from './near-names.ts'
import { ownFile, ownModule, ownSpecifiers } from './own-modules.ts'

export interface Built {
  readonly code: string
  /** Source map of `code`, JSON. */
  readonly map: string
  readonly inputs: readonly string[]
}

/** The variable that the bundled code defines. */
export const bundleName = '__millrace_bundle'
const guestSpecifier = 'millrace:guest'
const hostSpecifier = 'millrace:host'

/**
 * Bundles the file, the host's seam and the guest module; the code defines the variable `bundleName`.
 * With `regexpsAsCalls`, /x/u is written new RegExp("x","u"): for looking at, not for running.
 */
export async function runEsbuild(
  path: string,
  guestModule: string | undefined,
  regexpsAsCalls = false,
): Promise<Built> {
  const folder = dirname(path)
  try {
    return split(
      await build({
        stdin: { contents: entry(path, guestModule), resolveDir: folder, sourcefile: entryName, loader: 'js' },
        absWorkingDir: folder,
        bundle: true,
        format: 'iife',
        globalName: bundleName,
        platform: 'neutral',
        mainFields: ['module', 'main'],
        conditions: ['module'],
        target: 'es2022',
        // `**` becomes a call of Math.pow, which the prelude makes ours. A v flag is refused.
        supported: {
          'exponent-operator': false,
          'regexp-set-notation': false,
          'regexp-sticky-and-unicode-flags': !regexpsAsCalls,
        },
        logOverride: { 'unsupported-regexp': regexpsAsCalls ? 'silent' : 'error', 'empty-import-meta': 'error' },
        define: { ...absentMarks, 'process.env.NODE_ENV': '"production"' },
        // Without whitespace esbuild writes no comments either, and those hold paths.
        minifyWhitespace: true,
        legalComments: 'none',
        sourcemap: 'external',
        metafile: true,
        write: false,
        outfile: 'bundle.js',
        logLevel: 'silent',
        plugins: [resolver(guestModule)],
      }),
    )
  } catch (error) {
    const { errors } = error as Partial<BuildFailure>
    if (errors === undefined || errors.length === 0) throw error
    throw bundleFailure(errors, folder)
  }
}

function split({ outputFiles, metafile }: BuildResult<{ write: false; metafile: true }>): Built {
  const text = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? ''
  return { code: text('.js'), map: text('.map'), inputs: Object.keys(metafile.inputs).filter((i) => i !== entryName) }
}

function entry(path: string, guestModule: string | undefined): string {
  const lines = [
    `export { default as pipeline } from ${JSON.stringify(`./${basename(path)}`)}`,
    `export { setHost } from '${hostSpecifier}'`,
  ]
  if (guestModule !== undefined) lines.push(`export * from '${guestSpecifier}'`)
  return lines.join('\n')
}

/** Sends `millrace` to this package and refuses what only Node has. Everything else is esbuild's to resolve. */
function resolver(guestModule: string | undefined): Plugin {
  return {
    name: 'millrace',
    setup(context) {
      context.onResolve({ filter: /^millrace:/ }, ({ path }) =>
        path === hostSpecifier ? { path: ownFile('../bytes/host.ts') } : { path: guestModule },
      )
      context.onResolve({ filter: /^millrace(\/|$)/ }, ({ path }) => {
        const found = ownModule(path)
        return 'file' in found ? { path: found.file } : refused(ownRefusal(path, found.problem))
      })
      context.onResolve({ filter: /^(node:)?[a-z_0-9]+(\/[a-z_0-9/]+)?$/ }, ({ path }) => {
        const remedy = builtinRemedy(path)
        if (remedy === undefined) return undefined
        return refused({ code: 'ML_IMPURE', what: `pipeline code imports ${path}, which only Node has`, remedy })
      })
    },
  }
}

function refused(detail: Refusal): { errors: { text: string; detail: Refusal }[] } {
  return { errors: [{ text: detail.what, detail }] }
}

function ownRefusal(specifier: string, problem: 'unknown' | 'engine'): Refusal {
  if (problem === 'engine') {
    const remedy = 'Import it in the program that runs the pipeline, from another file'
    return { code: 'ML_IMPURE', what: `pipeline code imports ${specifier}, which needs Node`, remedy }
  }
  const known = ownSpecifiers()
  const near = nearNames(specifier, known)
  const remedy = near.length > 0 ? `Did you mean ${near.join(' or ')}` : `There are ${known.join(', ')}`
  return { code: 'ML_NO_FILE', what: `there is no module "${specifier}" in this version of Millrace`, remedy }
}
