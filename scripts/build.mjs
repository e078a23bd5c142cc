/**
 * `npm run build`: compiles src to dist, builds the Flink host, and removes from dist what no longer has a source. dist is not emptied first,
 * so a program that runs from it meanwhile finds every file.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { buildSync } from 'esbuild'
import { buildHost } from './build-host.mjs'
import { repository } from './repository.mjs'

const source = join(repository, 'src')
const target = join(repository, 'dist')
const startedAt = new Date()
const compiler = join(repository, 'node_modules/typescript/bin/tsc')
const compiled = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  cwd: repository,
  stdio: 'inherit',
})
if (compiled.status !== 0) process.exit(1)

if (existsSync(target)) prune(target)
bundleCommands()
if (!buildHost()) process.exit(1)
// The stamp bears the time the build began: what was edited meanwhile is built again.
mkdirSync(join(repository, '.cache'), { recursive: true })
writeFileSync(join(repository, '.cache/built'), '')
utimesSync(join(repository, '.cache/built'), startedAt, startedAt)

/**
 * `millrace` as one file, and `millrace eval` as one more: a table of a hundred thousand rows takes less time than Node
 * needs to load a hundred modules.
 */
function bundleCommands() {
  for (const name of ['eval-command', 'main']) {
    const file = join(target, `cli/${name}.js`)
    buildSync({
      entryPoints: [file],
      outfile: file,
      allowOverwrite: true,
      bundle: true,
      external: ['./*-command.js'],
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: true,
      logLevel: 'warning',
    })
  }
}

function prune(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      prune(path)
      if (readdirSync(path).length === 0) rmSync(path, { recursive: true })
    } else if (/\.(js|js\.map|d\.ts)$/.test(entry.name)) {
      const origin = relative(target, path).replace(/(\.d\.ts|\.js\.map|\.js)$/, '.ts')
      if (!existsSync(join(source, origin)) || /\.(test|reference|fixture)\.ts$/.test(origin)) rmSync(path)
    }
  }
}
