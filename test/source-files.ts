import { readdirSync, readFileSync } from 'node:fs'
import { posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ModuleName, moduleNames, type Token, tokens } from './tokens.ts'

export const repository = fileURLToPath(new URL('..', import.meta.url))

/** One file under src/, read and cut into tokens once for all house rules. */
export interface SourceFile {
  /** From the root of the repository, with slashes: `src/time/identity.ts`. */
  readonly path: string
  readonly text: string
  readonly code: readonly Token[]
  readonly modules: readonly ModuleName[]
  /** The folder below src/ that holds it, or the file's own name at the top: `time`, `errors`, `index`. */
  readonly room: string
  /** True for tests and what only tests use: `x.test.ts`, `x.reference.ts` (the plain version), `x.fixture.ts`. */
  readonly forTests: boolean
}

export function sourceFile(path: string, text: string): SourceFile {
  const code = tokens(text)
  const room = path.split('/')[1].replace(/\.ts$/, '')
  return {
    path,
    text,
    code,
    modules: moduleNames(code),
    room,
    forTests: /\.(?:test|reference|fixture)\.ts$/.test(path),
  }
}

export function sourceFiles(): SourceFile[] {
  return readdirSync(`${repository}/src`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/${name.split(sep).join('/')}`)
    .sort()
    .map((path) => sourceFile(path, readFileSync(`${repository}/${path}`, 'utf8')))
}

/** The path a relative module name means; `.js` names the `.ts` it is compiled from. */
export function resolveModule(from: SourceFile, specifier: string): string {
  return posix.join(posix.dirname(from.path), specifier).replace(/\.js$/, '.ts')
}

/** The files reachable from some of them, by imports of every kind and by paths in strings. */
export function reachable(files: readonly SourceFile[], roots: readonly string[]): Set<string> {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const seen = new Set<string>()
  const open = roots.filter((path) => byPath.has(path))
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const file = byPath.get(path)
    if (file === undefined || seen.has(path)) continue
    seen.add(path)
    open.push(
      ...file.modules.filter(({ specifier }) => specifier.startsWith('.')).map((m) => resolveModule(file, m.specifier)),
    )
  }
  return seen
}
