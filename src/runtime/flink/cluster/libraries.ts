/** The jars of a standalone cluster, copied by Maven from its repository into a cache folder, once for all clusters. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MillraceError } from '../../../errors.ts'
import { mavenCommand } from './tool.ts'

const pom = fileURLToPath(new URL('../../../../flink/cluster/pom.xml', import.meta.url))

/** Where jars are kept: the environment's MILLRACE_CACHE, or ~/.cache/millrace. */
export function cacheFolder(): string {
  return process.env.MILLRACE_CACHE || join(homedir(), '.cache', 'millrace')
}

/**
 * The folder of jars; 83 MB, copied in some seconds when it is not there yet. Its name bears the hash of the list of
 * jars, so that a newer Millrace never changes the jars of a cluster that runs.
 *
 * @throws ML_FLINK_TOOL when Maven is missing or fails
 */
export async function flinkLibraries(note: (message: string) => void): Promise<string> {
  const text = readFileSync(pom, 'utf8')
  const version = /<flink\.version>(.+?)</.exec(text)?.[1]
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8)
  const folder = join(cacheFolder(), `flink-${version}-${hash}`)
  if (existsSync(folder)) return folder
  const maven = mavenCommand()
  note(`copying Flink ${version} and V8 from Maven's repository into ${folder}`)
  mkdirSync(dirname(folder), { recursive: true })
  const partial = mkdtempSync(`${folder}-`)
  try {
    await copyJars(maven, partial)
    adopt(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return folder
}

async function copyJars(maven: string, folder: string): Promise<void> {
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`]
  try {
    await promisify(execFile)(maven, ['-q', '-B', '-f', pom, ...goal], { maxBuffer: 1 << 26 })
  } catch (error) {
    const { stdout = '', message } = error as { stdout?: string; message: string }
    const said = stdout.split('\n').find((line) => line.startsWith('[ERROR]'))
    throw new MillraceError('ML_FLINK_TOOL', {
      what: `Maven could not copy the jars of Flink: ${(said ?? message).replace('[ERROR] ', '').replace(/\.$/, '')}`,
      where: pom,
      remedy: 'Mend the access to the repository in its settings.xml, or lend a cache by MILLRACE_CACHE',
      cause: error,
    })
  }
}

/** Of two that copy at the same time, the first one's jars stay. */
function adopt(partial: string, folder: string): void {
  try {
    renameSync(partial, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  }
}
