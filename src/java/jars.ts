/** Jars of what we start and do not ship, copied by Maven from its repository into a cache folder, once for all. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { MillraceError } from '../errors.ts'
import { mavenCommand } from './tool.ts'

export interface JarList {
  /** Product in messages: 'Flink'. Its version is the property `<name>.version` of the pom, in lower case. */
  readonly product: string
  /** What a message says is copied beside it: ' and V8'. */
  readonly with?: string
  /** Absolute path of the pom whose runtime dependencies are the jars. */
  readonly pom: string
}

/** Where jars are kept: the environment's MILLRACE_CACHE, or ~/.cache/millrace. */
export function cacheFolder(): string {
  return process.env.MILLRACE_CACHE || join(homedir(), '.cache', 'millrace')
}

/**
 * The folder of jars, filled in some seconds when it is not there yet. Its name bears the hash of the list of jars, so that a
 * newer Millrace never changes the jars of what runs.
 *
 * @throws ML_JAVA_TOOL when Maven is missing or fails
 */
export async function cachedJars(list: JarList, note: (message: string) => void): Promise<string> {
  const { product, pom } = list
  const text = readFileSync(pom, 'utf8')
  const name = product.toLowerCase()
  const version = new RegExp(`<${name}\\.version>(.+?)<`).exec(text)?.[1]
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8)
  const folder = join(cacheFolder(), `${name}-${version}-${hash}`)
  if (existsSync(folder)) return folder
  const maven = mavenCommand(product)
  note(`copying ${product} ${version}${list.with ?? ''} from Maven's repository into ${folder}`)
  mkdirSync(dirname(folder), { recursive: true })
  const partial = mkdtempSync(`${folder}-`)
  try {
    await copyJars(maven, list, partial)
    adopt(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return folder
}

async function copyJars(maven: string, { product, pom }: JarList, folder: string): Promise<void> {
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`]
  try {
    await promisify(execFile)(maven, ['-q', '-B', '-f', pom, ...goal], { maxBuffer: 1 << 26 })
  } catch (error) {
    const { stdout = '', message } = error as { stdout?: string; message: string }
    const said = stdout.split('\n').find((line) => line.startsWith('[ERROR]'))
    throw new MillraceError('ML_JAVA_TOOL', {
      what: `Maven could not copy the jars of ${product}: ${(said ?? message).replace('[ERROR] ', '').replace(/\.$/, '')}`,
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
