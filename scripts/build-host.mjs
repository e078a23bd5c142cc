/**
 * Builds the Flink host with Maven, when its sources are newer than the jar in dist, and puts it there. Without a JDK and
 * Maven it is left out, and said so: only `millrace submit` needs it. The build and the bootstrap call this.
 */
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { repository } from './repository.mjs'

const sources = join(repository, 'flink/host')
const pom = join(sources, 'pom.xml')
const made = join(sources, 'target/millrace-flink-host.jar')
const jar = join(repository, 'dist/flink/millrace-flink-host.jar')
/** What a job brings along that speaks with Kafka. */
const madeKafka = join(sources, 'target/kafka')
const kafka = join(repository, 'dist/flink/kafka')

/** True when there is nothing to do, or nothing to do it with. */
export function hostIsBuilt() {
  if (!existsSync(pom) || missingTools().length > 0) return true
  return existsSync(jar) && existsSync(kafka) && newest(sources) < statSync(jar).mtimeMs
}

/** @returns false when the build must fail: the sources are wrong, or CI lacks what it needs */
export function buildHost() {
  if (!existsSync(pom)) return true
  const missing = missingTools()
  if (missing.length > 0) return leftOut(`${missing.join(' and ')} not found`)
  if (hostIsBuilt()) return true
  console.log('millrace: building the Flink host')
  // A thin jar keeps entries of the last build unless it is cleaned. Its tests run with all the others, in `npm test`.
  const startedAt = new Date()
  const args = ['-q', '-B', '-f', pom, 'clean', 'package', '-Dmaven.test.skip=true']
  const { status, stdout, error } = spawnSync('mvn', args, { cwd: repository, encoding: 'utf8' })
  if (status !== 0) {
    const output = error?.message ?? stdout
    if (/Could not (?:resolve|transfer|find artifact)|UnresolvableModel|Unknown host/i.test(output)) {
      return leftOut('Maven cannot reach its repository')
    }
    console.error(output)
    return false
  }
  mkdirSync(dirname(jar), { recursive: true })
  cpSync(madeKafka, `${kafka}.tmp`, { recursive: true })
  rmSync(kafka, { recursive: true, force: true })
  renameSync(`${kafka}.tmp`, kafka)
  // In one step, so that a program that runs from dist meanwhile finds a whole jar.
  copyFileSync(made, `${jar}.tmp`)
  // It bears the time the build began: what was edited meanwhile is built again.
  utimesSync(`${jar}.tmp`, startedAt, startedAt)
  renameSync(`${jar}.tmp`, jar)
  return true
}

function leftOut(reason) {
  console.warn(`millrace: the Flink host is left out (${reason}); "millrace submit" needs it, nothing else does`)
  return !process.env.CI
}

function missingTools() {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return ['java', 'mvn'].filter((name) => !folders.some((folder) => existsSync(join(folder, name))))
}

/** The latest change below a folder, of files and of folders; what Maven writes does not count. */
function newest(folder) {
  let latest = folder === sources ? 0 : statSync(folder).mtimeMs
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'target') continue
    const path = join(folder, entry.name)
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs)
  }
  return latest
}
