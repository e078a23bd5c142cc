import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { bundlePipeline } from './bundle.ts'
import { evaluateBundle } from './evaluate.ts'
import { asPipeline, failure, folderOf, load, loadFile, removeFolders } from './loading.fixture.ts'
import { ownFolder } from './own-modules.ts'

afterEach(removeFolders)

const bundleFile = (files: Record<string, string>, name = 'p.ts') => bundlePipeline(join(folderOf(files), name))
const messageOf = async (files: Record<string, string>, name = 'p.ts') => {
  const folder = folderOf(files)
  const error = await failure(() => bundlePipeline(join(folder, name)))
  return error.message.replaceAll(`${folder}/`, '')
}

describe('a bundle', () => {
  const files = {
    'p.ts': asPipeline("import { twice } from './lib/twice.ts'\nexport default { run: (x: number) => twice(x) }\n"),
    'lib/twice.ts': 'export const twice = (x: number): number => x * 2 // twice\n',
  }

  test('is one script that sets one global to the exports', async () => {
    const bundle = await bundleFile(files)
    const exports = evaluateBundle(bundle)
    expect((exports.pipeline as unknown as { run(x: number): number }).run(21)).toBe(42)
    expect(bundle.globalName).toBe('__millrace')
    expect(Object.keys(exports).sort()).toEqual(['fromJson', 'pipeline', 'setHost', 'setPhase'])
    const other = await bundlePipeline(bundle.file, { globalName: 'guest' })
    expect(evaluateBundle(other).pipeline).toBeTypeOf('object')
    expect(other.code).toContain('var guest=')
  })

  test('has the same bytes and hash in another folder, and names no path of this machine', async () => {
    const one = await bundleFile(files)
    const two = await bundleFile(files)
    expect(two.file).not.toBe(one.file)
    expect(two.code).toBe(one.code)
    expect(two.hash).toBe(one.hash)
    expect(one.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(one.code).not.toContain(ownFolder)
    expect(one.code).not.toContain('millrace-bundle-')
    const edited = await bundleFile({ ...files, 'lib/twice.ts': 'export const twice = (x: number): number => x * 3\n' })
    expect(edited.hash).not.toBe(one.hash)
  })

  test('is ASCII, whatever the sources are', async () => {
    const { code } = await bundleFile({ 'p.ts': "export default { name: 'Zürich 東京' }" })
    expect(/^[\n\x20-\x7e]*$/.test(code)).toBe(true)
  })

  test('lists every file that went into it', async () => {
    const { inputs, file } = await bundleFile(files)
    expect(inputs).toContain(file)
    expect(inputs).toContain(join(file, '../lib/twice.ts'))
    expect(inputs.every((input) => input.startsWith('/') || /^[A-Z]:/.test(input))).toBe(true)
  })

  test('takes the exports of a guest module along', async () => {
    const guestModule = join(
      folderOf({ 'guest.ts': "export const guest = () => 'here'\nexport default 1" }),
      'guest.ts',
    )
    const { guest, pipeline } = await load('export default {}', { guestModule })
    expect((guest as () => string)()).toBe('here')
    expect(pipeline.name).toBe('p')
  })

  test('takes packages from where the user has them, CommonJS too, in their production form', async () => {
    const files = {
      'p.js': "import { mode, has } from 'pkg'\nexport default { mode, has }",
      'node_modules/pkg/package.json': '{ "name": "pkg", "main": "index.js" }',
      'node_modules/pkg/index.js':
        'exports.mode = process.env.NODE_ENV; exports.has = typeof process + typeof setTimeout + typeof window',
    }
    expect((await loadFile(files, 'p.js')).pipeline).toMatchObject({
      mode: 'production',
      has: 'undefinedundefinedundefined',
    })
  })

  test('may be made many at a time', async () => {
    const bundles = await Promise.all([bundleFile(files), bundleFile(files), bundleFile(files)])
    expect(new Set(bundles.map(({ hash }) => hash)).size).toBe(1)
  })
})

describe('a file that is no pipeline', () => {
  test('is missing: files of nearly that name are named', async () => {
    const message = await messageOf({ 'flight-delays.ts': '', 'other.ts': '' }, 'fligth-delays.ts')
    expect(message).toBe('ML_NO_FILE: there is no file fligth-delays.ts. Did you mean flight-delays.ts.')
    expect(await messageOf({ 'a/flights.ts': '' }, 'a/flights')).toContain('Did you mean a/flights.ts.')
  })

  test('is a folder', async () => {
    expect(await messageOf({ 'a/p.ts': '' }, 'a')).toMatch(/^ML_NOT_PIPELINE: a is a folder\./)
  })

  test('has a syntax error: the place and the line are shown', async () => {
    const message = await messageOf({ 'p.ts': "const ü = 'é'; const a = = 1\nexport default {}" })
    expect(message).toBe(`ML_SYNTAX: Unexpected "="; got "const ü = 'é'; const a = = 1" at p.ts:1:26. Mend this line.`)
  })

  test('has several: the first is shown, the others are counted', async () => {
    const message = await messageOf({ 'p.ts': "import './a.ts'\nimport './b.ts'", 'a.ts': 'let 1', 'b.ts': 'let 2' })
    expect(message).toMatch(/^ML_SYNTAX: .* \(and \d more\); got "let 1" at a\.ts:1:5\./)
  })

  test('has no default export', async () => {
    expect(await messageOf({ 'p.ts': 'export const pipeline = 1' })).toBe(
      "ML_NOT_PIPELINE: the file has no default export. Write export default pipeline('name', ({ from }) => { ... }).",
    )
  })

  test('imports a name that is not there', async () => {
    const message = await messageOf({
      'p.ts': "import { twise } from './t.ts'\nexport default { twise }",
      't.ts': 'export const twice = 2',
    })
    expect(message).toMatch(/^ML_SYNTAX: No matching export in "t\.ts" for import "twise"; .* at p\.ts:1:10\./)
  })

  test('imports a file or a package that is not there', async () => {
    expect(await messageOf({ 'p.ts': "export * from './hepler.ts'", 'helper.ts': '' })).toBe(
      'ML_NO_FILE: there is no module "./hepler.ts" at p.ts:1:15. Did you mean helper.ts.',
    )
    expect(await messageOf({ 'p.ts': "\n  import '@me/absent/sub'" })).toBe(
      'ML_NO_FILE: there is no module "@me/absent/sub" at p.ts:2:10. Run npm install @me/absent, or mend the name.',
    )
  })

  test('awaits at its top level', async () => {
    expect(await messageOf({ 'p.ts': 'export default await 1' })).toMatch(
      /^ML_SYNTAX: Top-level await .* at p\.ts:1:16/,
    )
  })
})

describe('what only Node has', () => {
  test('is refused where it is imported, with what to use instead', async () => {
    const files = { 'p.ts': "import { read } from './io.ts'\nexport default { read }" }
    expect(
      await messageOf({
        ...files,
        'io.ts': "\nimport { readFileSync } from 'node:fs'\nexport const read = readFileSync",
      }),
    ).toBe(
      'ML_IMPURE: pipeline code imports node:fs, which only Node has at io.ts:2:30. ' +
        "Read files through a source and write them through a sink, e.g. csv() from 'millrace/file'.",
    )
    expect(await messageOf({ ...files, 'io.ts': "export { readFile as read } from 'fs/promises'" })).toContain(
      'imports fs/promises, which only Node has at io.ts:1:34',
    )
    expect(await messageOf({ 'p.js': "const os = require('os')\nmodule.exports = { os }" }, 'p.js')).toContain(
      'imports os, which only Node has at p.js:1:20. Pass settings as params of the pipeline.',
    )
    expect(await messageOf({ 'p.ts': "export default { m: () => import('node:worker_threads') }" })).toContain(
      'imports node:worker_threads, which only Node has at p.ts:1:34. Do this in the program',
    )
  })

  test('is not confused with a package or a file of a similar name', async () => {
    const { pipeline } = await loadFile({
      'p.ts': "import { a } from './fs.ts'\nimport { b } from 'fs-more'\nexport default { a, b, text: 'node:fs' }",
      'fs.ts': 'export const a = 1',
      'node_modules/fs-more/index.js': 'export const b = 2',
      'node_modules/fs-more/package.json': '{ "name": "fs-more", "type": "module", "exports": "./index.js" }',
    })
    expect(pipeline).toMatchObject({ a: 1, b: 2 })
  })

  test('import.meta is refused', async () => {
    expect(await messageOf({ 'p.ts': 'export default { url: import.meta.url }' })).toBe(
      'ML_IMPURE: import.meta differs between machines at p.ts:1:23. Pass paths as params of the pipeline.',
    )
  })
})

describe('regular expressions that need Unicode tables', () => {
  test('are refused as literals, with their place', async () => {
    expect(await messageOf({ 'p.ts': 'export default {\n  a: /[\\p{L}]+/u }' })).toBe(
      'ML_IMPURE: \\p{} in a regular expression needs Unicode tables that differ between engines at p.ts:2:6. ' +
        'List the ranges, e.g. [A-Za-zÀ-ÿ].',
    )
    expect(await messageOf({ 'p.ts': 'const b = 1\nexport default [b / 2, /a\\\\\\P{L}/iu]' })).toContain(
      'at p.ts:2:24.',
    )
    expect(await messageOf({ 'p.ts': 'export default { a: /[a--b]/v }' })).toMatch(
      /^ML_IMPURE: the v flag .* at p\.ts:1:\d+/,
    )
  })

  test('are refused where i and u fold case together, in user code', async () => {
    expect(await messageOf({ 'p.ts': 'export default {\n a: /größe/giu }' })).toMatch(
      /^ML_IMPURE: the flags i and u of a regular expression together need .* at p\.ts:2:5\. List both cases/,
    )
    const { pipeline } = await loadFile({
      'p.ts':
        "import { x } from 'pkg'\nexport default { x: x.test('A'), a: /a/i.test('A'), u: /a/u.test('A'), d: 4 /2/ 1 }",
      'node_modules/pkg/package.json': '{ "name": "pkg", "type": "module", "exports": "./index.js" }',
      'node_modules/pkg/index.js': 'export const x = /a/iu',
    })
    expect(pipeline).toMatchObject({ x: true, a: true, u: false, d: 2 })
  })

  test('are no matter in strings, comments and without the u flag', async () => {
    const { pipeline } = await load(
      `// /\\p{L}/u
      export default {
        a: '/\\\\p{L}/u', b: \`/x/v\`, c: /\\p{2}/.test('pp'), d: 4 / 2 /* /\\p{L}/u */, e: 'new RegExp("\\\\p{L}","u")',
        f: /\\\\p{2}/u.test('\\\\pp'), g: () => new RegExp('\\\\p{L}', 'u'),
      }`,
    )
    expect(pipeline).toMatchObject({ a: '/\\p{L}/u', b: '/x/v', c: true, d: 2, e: 'new RegExp("\\p{L}","u")', f: true })
  })
})

describe('a global that only hosts have', () => {
  test('is refused in user code, with its place', async () => {
    const message = await messageOf({
      'p.ts': "export default {\n  show: (x: number) => new Intl.NumberFormat('de').format(x),\n}",
    })
    expect(message).toMatch(
      /^ML_IMPURE: Intl does not exist in a pipeline, which also runs in a bare V8 at p\.ts:2:28\. Write numbers by toFixed/,
    )
    expect(await messageOf({ 'p.ts': 'export default { a: () => setTimeout(() => {}, 1) }' })).toContain('at p.ts:1:27')
    expect(await messageOf({ 'p.ts': 'export default { home: process.env.HOME }' })).toContain(
      'Pass settings as params',
    )
    expect(await messageOf({ 'p.ts': 'export default { a: (b: object) => structuredClone(b) }' })).toContain(
      'structuredClone',
    )
  })

  test('is no matter as a local name, a property, a string, or where typeof asked for it', async () => {
    const { pipeline } = await load(`
      const fetch = (x: number): number => x + 1
      export default {
        a: fetch(1), process: 1, b: 'Buffer', c: ((Intl: number) => Intl)(3), // performance
        d: typeof crypto === 'undefined' ? 'none' : crypto.subtle,
      }`)
    expect(pipeline).toMatchObject({ a: 2, process: 1, b: 'Buffer', c: 3, d: 'none' })
  })

  test('is left to the moment of use in a package, and explained then', async () => {
    const { pipeline } = await loadFile({
      'p.ts': "import { later } from 'pkg'\nexport default { later: () => later() }",
      'node_modules/pkg/package.json': '{ "name": "pkg", "type": "module", "exports": "./index.js" }',
      'node_modules/pkg/index.js': 'export const later = () => setTimeout(() => {}, 1)',
    })
    expect(pipeline.later).toThrow(/setTimeout is not defined/)
  })
})

describe('millrace itself', () => {
  const elsewhere = {
    'node_modules/millrace/package.json': '{ "name": "millrace", "main": "no.js" }',
    'node_modules/millrace/no.js': '1',
  }

  test('comes from the package that bundles, whatever lies beside the user file', async () => {
    const { inputs } = await bundleFile({
      ...elsewhere,
      'p.ts': "import { csv } from 'millrace/file'\nexport default { csv }",
    })
    expect(inputs).toContain(join(ownFolder, 'connectors/file/index.ts'))
    expect(inputs.some((input) => input.includes('node_modules/millrace'))).toBe(false)
  })

  test('refuses what is for programs, and names the subpaths there are', async () => {
    expect(await messageOf({ 'p.ts': "\nimport { run } from 'millrace/testing'\nexport default { run }" })).toBe(
      'ML_IMPURE: pipeline code imports millrace/testing, which needs Node at p.ts:2:21. ' +
        'Import it in the program that runs the pipeline, from another file.',
    )
    expect(await messageOf({ 'p.ts': "import 'millrace/fil'" })).toMatch(
      /^ML_NO_FILE: there is no module "millrace\/fil" in this version of Millrace at p\.ts:1:8\. Did you mean millrace\/file/,
    )
  })
})
