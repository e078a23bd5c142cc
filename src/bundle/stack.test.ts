import { Session } from 'node:inspector'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { bundlePipeline } from './bundle.ts'
import { evaluateBundle } from './evaluate.ts'
import { asPipeline, folderOf, removeFolders } from './loading.fixture.ts'
import { mapStack, scriptName, sourcePlace, userPlace } from './stack.ts'

afterEach(removeFolders)

const files = {
  'p.ts': asPipeline(`import { checked } from './checks/checked.ts'

interface Row {
  readonly n: number | undefined
}

export default {
  run: (row: Row): number => checked(row.n),
}
`),
  'checks/checked.ts': `// Types and comments move every line.
type Maybe = number | undefined
export function checked(n: Maybe): number {
  if (n === undefined) throw new RangeError('no n')
  return n
}
`,
}

async function thrown() {
  const folder = folderOf(files)
  const bundle = await bundlePipeline(join(folder, 'p.ts'))
  const pipeline = evaluateBundle(bundle).pipeline as never as { run(row: object): number }
  try {
    pipeline.run({})
  } catch (error) {
    return { folder, bundle, error: error as Error }
  }
  throw new Error('nothing was thrown')
}

test('an error shows the lines that the user wrote, in every file', async () => {
  const { folder, error } = await thrown()
  const lines = String(error.stack).replaceAll(`${folder}/`, '').split('\n')
  expect(lines.slice(0, 3)).toEqual([
    'RangeError: no n',
    '    at checked (checks/checked.ts:4:30)',
    '    at Object.run (p.ts:8:30)',
  ])
})

test("an error's place is the innermost line of the user's, as an editor opens it", async () => {
  const { folder, bundle, error } = await thrown()
  expect(userPlace(bundle, error)).toBe(`${folder}/checks/checked.ts:4:30`)
  expect(userPlace(bundle, new Error('of the host'))).toBeUndefined()
  expect(userPlace(bundle, 'text')).toBeUndefined()
})

test('the text of a stack from another engine is mapped too', async () => {
  const { folder, bundle } = await thrown()
  const at = bundle.code.indexOf('throw new RangeError("no n")')
  const line = bundle.code.slice(0, at).split('\n').length
  const column = at - bundle.code.lastIndexOf('\n', at)
  const foreign = `RangeError: no n\n    at checked (${scriptName(bundle)}:${line}:${column})\n    at Java`
  expect(mapStack(bundle, foreign)).toBe(
    `RangeError: no n\n    at checked (${folder}/checks/checked.ts:4:24)\n    at Java`,
  )
  expect(sourcePlace(bundle, line, column)).toEqual({ file: join(folder, 'checks/checked.ts'), line: 4, column: 24 })
})

test('prelude and generated code have no source', async () => {
  const { bundle } = await thrown()
  expect(sourcePlace(bundle, 1, 200)).toBeUndefined()
  expect(sourcePlace(bundle, bundle.code.split('\n').length - 1, 5)).toBeUndefined()
})

test('a debugger finds the map, with the sources, in the script itself', async () => {
  const { folder, bundle } = await thrown()
  const session = new Session()
  session.connect()
  const maps: string[] = []
  session.on('Debugger.scriptParsed', ({ params }) => {
    if (params.url.endsWith(scriptName(bundle))) maps.push(params.sourceMapURL ?? '')
  })
  session.post('Debugger.enable')
  evaluateBundle(bundle)
  session.disconnect()
  const json = Buffer.from(maps[maps.length - 1].replace(/^data:application\/json;base64,/, ''), 'base64').toString()
  const map = JSON.parse(json) as { sources: string[]; sourcesContent: string[] }
  expect(map.sourcesContent[map.sources.indexOf('p.ts')]).toBe(files['p.ts'])
  expect(join(scriptName(bundle), '..', map.sources[0])).toBe(join(folder, map.sources[0]))
})
