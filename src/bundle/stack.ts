/** From places in a bundle's code back to the user's own lines. */
import { SourceMap } from 'node:module'
import { dirname, join, resolve, sep } from 'node:path'
import { isError } from '../errors.ts'
import type { Bundle } from './bundle-script.ts'
import { shownPath } from './failures.ts'
import { ownRoot } from './own-modules.ts'

export interface SourcePlace {
  /** Absolute path of the source file. */
  readonly file: string
  /** From 1, as editors count. */
  readonly line: number
  readonly column: number
}

/** The name under which a bundle runs: beside the user's file, so that its map's relative paths lead there. */
export function scriptName(bundle: Bundle): string {
  return `${bundle.file}.bundle.js`
}

const maps = new WeakMap<Bundle, SourceMap>()

/** The source of a place in the bundle, both counted from 1; undefined in the prelude and in generated code. */
export function sourcePlace(bundle: Bundle, line: number, column: number): SourcePlace | undefined {
  let map = maps.get(bundle)
  if (map === undefined) {
    // Decoding costs some milliseconds and is only needed once something went wrong.
    map = new SourceMap(JSON.parse(bundle.map))
    maps.set(bundle, map)
  }
  const entry = map.findEntry(line - 1, column - 1)
  // The nearest entry before the place may be on an earlier line; then this line is nobody's source.
  if (!('originalSource' in entry) || entry.generatedLine !== line - 1) return undefined
  const file = resolve(dirname(bundle.file), entry.originalSource)
  return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
}

/** The source of the code's character at `offset`. */
export function placeOfOffset(bundle: Bundle, offset: number): SourcePlace | undefined {
  const before = bundle.code.slice(0, offset).split('\n')
  return sourcePlace(bundle, before.length, before[before.length - 1].length + 1)
}

/** The text of a place's line, from the map. */
export function sourceLine(bundle: Bundle, { file, line }: SourcePlace): string {
  const { sources, sourcesContent } = JSON.parse(bundle.map) as { sources: string[]; sourcesContent: string[] }
  const index = sources.findIndex((source) => resolve(dirname(bundle.file), source) === file)
  return sourcesContent[index]?.split(/\r\n|[\n\r\u2028\u2029]/)[line - 1] ?? ''
}

/** A stack's text with every place in the bundle replaced by its source. Other lines stay. */
export function mapStack(bundle: Bundle, stack: string): string {
  return stack.replace(framePattern(bundle), (whole, line: string, column: string) => {
    const place = sourcePlace(bundle, Number(line), Number(column))
    return place === undefined ? whole : shownPlace(place)
  })
}

/** The user's place in each error whose stack was written by `mapStacks`. */
const userPlaces = new WeakMap<Error, SourcePlace>()

/** Makes every error of a realm show sources in its stack. Stacks are written when first read, so throwing costs the same. */
export function mapStacks(realmError: ErrorConstructor, bundle: Bundle): void {
  realmError.prepareStackTrace = (error, frames) => {
    const stack = [String(error), ...frames.map((frame) => `    at ${String(frame)}`)].join('\n')
    const place = innermost(bundle, stack)
    if (place !== undefined) userPlaces.set(error, place)
    return mapStack(bundle, stack)
  }
}

/**
 * The innermost line of the user's own code in an error's stack, as `examples/x.ts:12:7`; undefined when there is none.
 * Libraries, ours and those in node_modules, are passed over: what the user can mend is the call.
 */
export function userPlace(bundle: Bundle, error: unknown): string | undefined {
  if (!isError(error) || typeof error.stack !== 'string') return undefined
  const place = userPlaces.get(error) ?? innermost(bundle, error.stack)
  return place === undefined ? undefined : shownPlace(place)
}

function innermost(bundle: Bundle, stack: string): SourcePlace | undefined {
  for (const [, line, column] of stack.matchAll(framePattern(bundle))) {
    const place = sourcePlace(bundle, Number(line), Number(column))
    if (place !== undefined && isUserFile(place.file)) return place
  }
  return undefined
}

/** Our files, and our sources when `dist` runs, whose own maps lead there. */
const ownFolders = [ownRoot, join(dirname(ownRoot), 'src')].map((folder) => folder + sep)

/** False for our own files and those of installed packages. */
export function isUserFile(file: string): boolean {
  return !ownFolders.some((folder) => file.startsWith(folder)) && !/[\\/]node_modules[\\/]/.test(file)
}

export function shownPlace({ file, line, column }: SourcePlace): string {
  return `${shownPath(file)}:${line}:${column}`
}

function framePattern(bundle: Bundle): RegExp {
  return new RegExp(`${scriptName(bundle).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}:(\\d+):(\\d+)`, 'g')
}
