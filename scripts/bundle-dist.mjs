/**
 * Makes few files of many, where loading them takes longer than what they are loaded for: the commands, and the library
 * as pipelines get it.
 */
import { readFileSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { repository } from './repository.mjs'

/** Folder of `dist` where a pipeline's bundle finds `millrace`; its files are named as those of `dist`. */
export const LIBRARY = 'library'
/** What a bundle takes beside the modules that a pipeline may import. */
const SEAMS = ['bytes/host.js', 'bundle/prelude/prelude.js', 'runtime/flink/guest.js', 'stream/guest.js']

const common = { bundle: true, format: 'esm', packages: 'external', sourcemap: true, logLevel: 'warning' }

/** What pipelines import, in a dozen files instead of 270: bundling a pipeline takes a fifth less time. */
export async function bundleLibrary(dist) {
  const { exports } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
  const modules = Object.values(exports)
    .map((target) => target.default?.replace(/^\.\/dist\//, ''))
    .filter((module) => module === 'index.js' || module?.startsWith('connectors/'))
  const outdir = join(dist, LIBRARY)
  await rm(outdir, { recursive: true, force: true })
  await build({
    ...common,
    entryPoints: [...modules, ...SEAMS].map((module) => join(dist, module)),
    outbase: dist,
    outdir,
    splitting: true,
    platform: 'neutral',
    target: 'es2022',
    // Errors show lines of the user's code; of ours the places.
    sourcesContent: false,
  })
  const { buildPrelude, preludeFile } = await import(pathToFileURL(join(dist, 'bundle/prelude-text.js')).href)
  await writeFile(join(outdir, preludeFile), await buildPrelude())
}

/**
 * The command; `eval`, of which a hundred thousand rows take less time than loading a hundred modules; and the other
 * commands. The first two are CommonJS: started that way Node does less, and code that runs once or a few times is
 * faster where what a file declares lies in one function: the 327,000 flights take an eighth less CPU.
 */
export async function bundleCommands(dist) {
  const outdir = join(dist, 'cli')
  const node = { ...common, platform: 'node', target: 'node20.19', outdir, allowOverwrite: true, metafile: true }
  const script = { ...node, format: 'cjs', outExtension: { '.js': '.cjs' } }
  const commands = []
  const made = new Set()
  for (const options of [
    {
      ...script,
      entryPoints: [join(outdir, 'main.js')],
      packages: 'bundle',
      plugins: [commandsApart(commands), withoutExecutables],
      banner: { js: await licenceOf('commander') },
    },
    { ...script, entryPoints: [join(outdir, 'eval-command.js')], packages: 'bundle' },
    { ...node, entryPoints: commands, splitting: true, plugins: [atOrigin(outdir)] },
  ]) {
    const { metafile } = await build(options)
    for (const output of Object.keys(metafile.outputs)) made.add(basename(output))
  }
  for (const name of await readdir(outdir)) if (!made.has(name)) await rm(join(outdir, name), { recursive: true })
}

/** Leaves commands in files of their own, and names them in `found`; the one of CommonJS is required: importing it reads it twice. */
function commandsApart(found) {
  const evaluating = './eval-command.js'
  return {
    name: 'commands-apart',
    setup(context) {
      context.onResolve({ filter: /-command\.js$/ }, ({ path, kind, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined
        if (path === evaluating) return { path, namespace: 'required' }
        const file = join(resolveDir, path)
        if (!found.includes(file)) found.push(file)
        return { path, external: true }
      })
      context.onResolve({ filter: /\.cjs$/ }, ({ path }) => ({ path, external: true }))
      context.onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
        contents: `module.exports = require('${path.replace(/\.js$/, '.cjs')}')`,
      }))
    },
  }
}

/** Commander can start a subcommand that is a program of its own; ours are not, and loading what starts programs takes a while. */
const withoutExecutables = {
  name: 'without-executables',
  setup(context) {
    context.onResolve({ filter: /^node:child_process$/ }, ({ path, importer }) =>
      importer.includes('commander') ? { path, namespace: 'empty' } : undefined,
    )
    context.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {}' }))
  },
}

/** The licence of a package whose code is in a file of ours. */
async function licenceOf(name) {
  const text = await readFile(join(repository, 'node_modules', name, 'LICENSE'), 'utf8')
  return `/*!\nWith ${name}:\n\n${text.trim()}\n*/`
}

/** A module that was moved into another file still finds what lies beside its own. */
function atOrigin(outdir) {
  return {
    name: 'at-origin',
    setup(context) {
      context.onLoad({ filter: /\.js$/ }, async ({ path }) => {
        if (path.includes('node_modules')) return undefined
        const text = await readFile(path, 'utf8')
        if (!text.includes('import.meta.url')) return undefined
        const from = JSON.stringify(relative(outdir, path))
        const contents = text.replaceAll('import.meta.url', `new URL(${from}, import.meta.url).href`)
        return { contents, resolveDir: dirname(path), loader: 'js' }
      })
    },
  }
}
