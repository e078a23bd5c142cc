/** Programs that we start and do not ship: Java and Maven. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { MillraceError } from '../errors.ts'

const run = promisify(execFile)

/** The host, Javet and a Kafka broker want 17; Flink 2.2 runs on 11, 17 and 21. */
const JAVA_AT_LEAST = 17

/** @throws ML_JAVA_TOOL when there is none, or it is too old */
export async function javaCommand(): Promise<string> {
  const java = program('java', process.env.JAVA_HOME)
  if (java === undefined)
    throw missing('Java is not installed', `Install a JDK ${JAVA_AT_LEAST}, or set JAVA_HOME to one`)
  const { stderr, stdout } = await run(java, ['-version'])
  // It says so on standard error: openjdk version "17.0.15" 2025-04-15; before 9 "1.8.0_402".
  const version = /version "(?:1\.)?(\d+)/.exec(stderr + stdout)?.[1]
  if (Number(version ?? JAVA_AT_LEAST) >= JAVA_AT_LEAST) return java
  throw missing(`Java ${version} is too old`, `Install a JDK ${JAVA_AT_LEAST} or later, or set JAVA_HOME to one`, java)
}

/**
 * @param product whose jars are wanted, for the message
 * @throws ML_JAVA_TOOL when there is none
 */
export function mavenCommand(product = 'Flink'): string {
  const maven = program('mvn', process.env.MAVEN_HOME)
  if (maven !== undefined) return maven
  throw missing(
    `Maven is not installed, and the jars of ${product} are not in the cache`,
    'Install Maven (mvn) for the first start',
  )
}

/** True where a Flink cluster and a Kafka broker can be started. */
export function hasTools(): boolean {
  return program('java', process.env.JAVA_HOME) !== undefined && program('mvn', process.env.MAVEN_HOME) !== undefined
}

/** In `bin` of the home given, or on the path. */
function program(name: string, home: string | undefined): string | undefined {
  const folders = [...(home ? [join(home, 'bin')] : []), ...(process.env.PATH ?? '').split(delimiter)]
  const names = process.platform === 'win32' ? [`${name}.exe`, `${name}.cmd`] : [name]
  return folders
    .filter((folder) => folder !== '')
    .flatMap((folder) => names.map((file) => join(folder, file)))
    .find((path) => existsSync(path))
}

function missing(what: string, remedy: string, where?: string): MillraceError {
  return new MillraceError('ML_JAVA_TOOL', { what, where, remedy })
}
