import { reachable, resolveModule, type SourceFile } from './source-files.ts'

/** Rooms by level. An import points from a higher level to a lower one, or stays in its room; peers do not meet. */
const levels: readonly (readonly string[])[] = [
  ['errors'],
  ['numeric', 'bytes'],
  ['formats', 'time', 'state', 'stats'],
  ['features', 'drift', 'metrics'],
  ['learn'],
  ['operators', 'evaluate'],
  ['stage'],
  ['stream'],
  ['index'], // the public API: nothing in src imports it
  ['storage', 'java'],
  ['net'], // what connectors that speak over a network share
  ['connectors', 'runtime', 'bundle'],
  ['dashboard', 'serve', 'embedded'],
  ['cli'],
  ['testing'], // contract suites for users and for our own tests: imports anything
]
const levelOf = new Map(levels.flatMap((rooms, level) => rooms.map((room) => [room, level] as const)))
const publicApi = levelOf.get('index') as number

/** The declaration of a connector is pure although its room is not. */
const declaration = /^src\/connectors\/[^/]+\/index\.ts$/

/** Every file that must run in a bare V8 and in a browser: the rooms up to the public API, and the connectors' declarations. */
export function pureFiles(files: readonly SourceFile[]): SourceFile[] {
  const own = files.filter((file) => !file.forTests)
  const roots = own.filter(
    (file) => (levelOf.get(file.room) ?? Number.POSITIVE_INFINITY) <= publicApi || declaration.test(file.path),
  )
  const closure = reachable(
    own,
    roots.map((file) => file.path),
  )
  return own.filter((file) => closure.has(file.path))
}

/** Every import that breaks the arrow, as a sentence. */
export function arrowBreaks(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const pure = new Set(pureFiles(files).map((file) => file.path))
  const breaks: string[] = []
  for (const file of files.filter(({ forTests }) => !forTests)) {
    if (!levelOf.has(file.room)) breaks.push(`${file.path}: the room ${file.room} has no level in test/rooms.ts`)
    for (const { specifier, line, how } of file.modules) {
      if (how === 'path') continue
      const place = `${file.path}:${line} imports ${specifier}`
      if (!specifier.startsWith('.')) {
        if (pure.has(file.path)) breaks.push(`${place}: a pure room has no dependency, not even node:*`)
        continue
      }
      const target = byPath.get(resolveModule(file, specifier))
      if (target === undefined) breaks.push(`${place}, which does not exist`)
      else breaks.push(...crossing(file, target).map((why) => `${place}: ${why}`))
    }
  }
  return breaks
}

function crossing(from: SourceFile, to: SourceFile): string[] {
  if (to.forTests) return ['only tests may import tests, references and fixtures']
  const [above, below] = [levelOf.get(from.room) ?? 0, levelOf.get(to.room) ?? 0]
  if (from.room !== to.room) {
    if (declaration.test(from.path) && below > publicApi) return ['the declaration of a connector is pure']
    return above > below ? [] : [`${from.room} (level ${above}) may not import ${to.room} (level ${below})`]
  }
  const kinds = [from, to].map((file) => file.path.split('/').slice(0, -1)[2])
  const apart = ['connectors', 'runtime'].includes(from.room) && kinds[1] !== undefined && kinds[0] !== undefined
  return apart && kinds[0] !== kinds[1] ? [`${kinds[0]} and ${kinds[1]} do not import each other`] : []
}

/** Import cycles between files, types included, each as the path around it. */
export function cycles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(path)
    if (seenAt >= 0) found.push([...trail.slice(seenAt), path].join(' -> '))
    const file = byPath.get(path)
    if (seenAt >= 0 || file === undefined || done.has(path)) return
    for (const { specifier, how } of file.modules) {
      if (how !== 'path' && specifier.startsWith('.')) visit(resolveModule(file, specifier), [...trail, path])
    }
    done.add(path)
  }
  for (const file of files) visit(file.path, [])
  return found
}
