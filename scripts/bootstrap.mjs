/**
 * Makes a checkout ready to run, with nothing but Node and npm: installs the locked dependencies when they are missing
 * or are not those of the lockfile, and builds when dist is missing or older than its sources. Does nothing otherwise,
 * in a few milliseconds. Importing this file does the work; it needs no dependency itself.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { hostIsBuilt } from './build-host.mjs'
import { repository } from './repository.mjs'

if (!installed()) {
  console.log('millrace: installing the locked dependencies')
  const npm = npmCommand()
  run(npm.command, [...npm.args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], npm.shell)
}
if (!built()) {
  console.log('millrace: building dist')
  run(process.execPath, [join(repository, 'scripts/build.mjs')])
}

/** True when every package the lockfile asks for is there in that version (optional ones may be missing). */
function installed() {
  const read = (file) => JSON.parse(readFileSync(join(repository, file), 'utf8')).packages
  if (!existsSync(join(repository, 'node_modules/.package-lock.json'))) return false
  const present = read('node_modules/.package-lock.json')
  return Object.entries(read('package-lock.json')).every(
    ([path, wanted]) => path === '' || (present[path] ? present[path].version === wanted.version : wanted.optional),
  )
}

/** True when the stamp of the last build is younger than whatever goes into one. */
function built() {
  const stamp = join(repository, '.cache/built')
  if (!existsSync(stamp) || !existsSync(join(repository, 'dist/index.js'))) return false
  const at = statSync(stamp).mtimeMs
  const inputs = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs', 'scripts/build-host.mjs']
  if (!hostIsBuilt()) return false
  return inputs.every((file) => statSync(join(repository, file)).mtimeMs < at) && newest(join(repository, 'src')) < at
}

/** The latest change below a folder; a file removed or renamed changes its folder's own time. */
function newest(folder) {
  let latest = statSync(folder).mtimeMs
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs)
  }
  return latest
}

/** The npm that runs this script, or the one on the path. */
function npmCommand() {
  const running = process.env.npm_execpath
  if (running?.endsWith('npm-cli.js')) return { command: process.execPath, args: [running], shell: false }
  return { command: 'npm', args: [], shell: process.platform === 'win32' }
}

function run(command, args, shell = false) {
  const { status, error } = spawnSync(command, args, { cwd: repository, stdio: 'inherit', shell })
  if (status === 0) return
  console.error(`millrace: ${command} ${args.join(' ')} failed: ${error?.message ?? `exit code ${status}`}`)
  process.exit(1)
}
