/**
 * The job jar: the prebuilt host with a pipeline in it. Made in memory, without Maven or Java on the user's machine.
 *
 * The same host and the same entries give the same bytes: every entry bears the same time.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { strFromU8, strToU8, unzipSync, type Zippable, zipSync } from 'fflate'
import { MillraceError } from '../../errors.ts'

/** Where the build puts the host; the same place seen from the sources and from dist. */
export const hostJarPath = fileURLToPath(new URL('../../../dist/flink/millrace-flink-host.jar', import.meta.url))

/** What the host needs beside the cluster's own jars to speak with Kafka. */
export const kafkaJarsPath = fileURLToPath(new URL('../../../dist/flink/kafka', import.meta.url))

/** @throws ML_JAVA_TOOL where the host was not built */
export function hostJar(path: string = hostJarPath): Uint8Array {
  if (existsSync(path)) return readFileSync(path)
  throw notBuilt(path)
}

/**
 * Jars as entries of a job jar, from whose `lib/` Flink takes them onto the job's class path: 14 MB.
 *
 * @throws ML_JAVA_TOOL where the host was not built
 */
export function kafkaJars(path: string = kafkaJarsPath): { [entry: string]: Uint8Array } {
  const names = existsSync(path) ? readdirSync(path).filter((name) => name.endsWith('.jar')) : []
  if (names.length === 0) throw notBuilt(path)
  return Object.fromEntries(names.sort().map((name) => [`lib/${name}`, readFileSync(join(path, name))]))
}

function notBuilt(where: string): MillraceError {
  return new MillraceError('ML_JAVA_TOOL', {
    what: 'this build of Millrace has no Flink host',
    where,
    remedy: 'The package from npm has it; in a checkout install a JDK 17 and Maven, then run npm run build',
  })
}

/**
 * @param added entries by their name in the jar: texts, and jars, which are stored as they are
 * @throws ML_CORRUPT when the host is no jar
 */
export function jobJar(host: Uint8Array, added: { readonly [entry: string]: string | Uint8Array }): Uint8Array {
  const entries: Zippable = {}
  // The manifest comes first, where every reader of jars finds it.
  for (const [name, bytes] of Object.entries(unzipped(host)).sort(([a], [b]) => rank(a) - rank(b)))
    entries[name] = bytes
  for (const [name, entry] of Object.entries(added)) {
    entries[name] = typeof entry === 'string' ? strToU8(entry) : [entry, { level: 0 }]
  }
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
