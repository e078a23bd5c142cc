/**
 * The job jar: the prebuilt host with a pipeline in it. Made in memory, without Maven or Java on the user's machine.
 *
 * The same host and the same entries give the same bytes: every entry bears the same time.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { strFromU8, strToU8, unzipSync, type Zippable, zipSync } from 'fflate'
import { MillraceError } from '../../errors.ts'

/** Where the build puts the host; the same place seen from the sources and from dist. */
export const hostJarPath = fileURLToPath(new URL('../../../dist/flink/millrace-flink-host.jar', import.meta.url))

/** @throws ML_JAVA_TOOL where the host was not built */
export function hostJar(path: string = hostJarPath): Uint8Array {
  if (existsSync(path)) return readFileSync(path)
  throw new MillraceError('ML_JAVA_TOOL', {
    what: 'this build of Millrace has no Flink host',
    where: path,
    remedy: 'The package from npm has it; in a checkout install a JDK 17 and Maven, then run npm run build',
  })
}

/**
 * @param texts entries to add, by their name in the jar
 * @throws ML_CORRUPT when the host is no jar
 */
export function jobJar(host: Uint8Array, texts: { readonly [entry: string]: string }): Uint8Array {
  const entries: Zippable = {}
  // The manifest comes first, where every reader of jars finds it.
  for (const [name, bytes] of Object.entries(unzipped(host)).sort(([a], [b]) => rank(a) - rank(b)))
    entries[name] = bytes
  for (const [name, text] of Object.entries(texts)) entries[name] = strToU8(text)
  return zipSync(entries, { level: 6, mtime: EPOCH })
}

/** One entry of a jar as text; undefined where there is none. */
export function jarText(jar: Uint8Array, entry: string): string | undefined {
  const bytes = unzipSync(jar, { filter: ({ name }) => name === entry })[entry]
  return bytes === undefined ? undefined : strFromU8(bytes)
}

/** A zip counts from 1980, in local time. */
const EPOCH = new Date(1980, 0, 1)
const MANIFEST = 'META-INF/MANIFEST.MF'

function rank(name: string): number {
  return name === MANIFEST ? 0 : 1
}

function unzipped(host: Uint8Array): Record<string, Uint8Array> {
  try {
    return unzipSync(host)
  } catch (error) {
    throw new MillraceError('ML_CORRUPT', {
      what: 'the Flink host is no jar',
      got: error instanceof Error ? error.message : error,
      remedy: 'Install Millrace again, or run npm run build',
      cause: error,
    })
  }
}
