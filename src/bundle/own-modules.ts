/**
 * Where `millrace` and its subpaths are: always in this very package, wherever the pipeline file lies and whatever it
 * has installed, so that the bundle and the engine that runs it are one version.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const sources = import.meta.url.endsWith('.ts')
/** `src` when running from sources, `dist` in the package; both have the same shape. */
export const ownRoot = dirname(dirname(fileURLToPath(import.meta.url)))
/** Where pipelines get the library from: the sources, or the few files that the build makes of them. */
export const ownFolder = sources ? ownRoot : join(ownRoot, 'library')

/** The file of one of our modules, named as an import in this folder would name it: '../bytes/host.ts'. */
export function ownFile(specifier: string): string {
  return resolve(ownFolder, 'bundle', sources ? specifier : specifier.replace(/\.ts$/, '.js'))
}

export type OwnModule = { file: string } | { problem: 'unknown' | 'engine' }

/** Resolves 'millrace' or 'millrace/...' as the package's exports do. */
export function ownModule(specifier: string): OwnModule {
  const module = ownExports().get(specifier)
  if (module === undefined) return { problem: 'unknown' }
  // What lies beside the connectors' declarations (runtime, testing) is for programs: it needs Node.
  if (module !== 'index' && !module.startsWith('connectors/')) return { problem: 'engine' }
  const file = join(ownFolder, `${module}${sources ? '.ts' : '.js'}`)
  return existsSync(file) ? { file } : { problem: 'unknown' }
}

/** The subpaths that pipeline code may import. */
export function ownSpecifiers(): string[] {
  return [...ownExports().keys()].filter((specifier) => 'file' in ownModule(specifier))
}

/** Specifier → module, from package.json. */
function ownExports(): Map<string, string> {
  const manifest = JSON.parse(readFileSync(join(dirname(ownRoot), 'package.json'), 'utf8')) as {
    name: string
    exports: Record<string, string | { default: string }>
  }
  const modules = new Map<string, string>()
  for (const [subpath, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') continue
    modules.set(manifest.name + subpath.slice(1), relative('dist', target.default).replace(/\.js$/, ''))
  }
  return modules
}
