import { describe, expect, test } from 'vitest'
import { arrowBreaks, cycles, pureFiles } from './rooms.ts'
import { sourceFile, sourceFiles } from './source-files.ts'

const files = sourceFiles()

describe('the import arrow', () => {
  test('points down: no room imports a higher one or a peer, and pure rooms import nothing from outside', () => {
    expect(arrowBreaks(files)).toEqual([])
  })

  test('never comes back: there is no cycle between files', () => {
    expect(cycles(files)).toEqual([])
  })
})

describe('the check of the import arrow', () => {
  const world = (sources: Record<string, string>): ReturnType<typeof sourceFile>[] =>
    Object.entries({ 'src/errors.ts': '', 'src/index.ts': '', ...sources }).map(([path, text]) =>
      sourceFile(path, text),
    )

  test('sees an import that points up, to a peer, to the outside, to a test or to nothing', () => {
    const breaks = arrowBreaks(
      world({
        'src/time/a.ts':
          "import '../stage/stage.ts'\nimport '../state/key.ts'\nimport '../errors.ts'\nimport './a.test.ts'",
        'src/time/a.test.ts': "import '../stage/stage.ts'\nimport 'vitest'",
        'src/state/key.ts': "import type { Stats } from 'node:fs'\nexport * from 'zod'\nimport './gone.ts'",
        'src/stage/stage.ts': "import '../time/a.ts'",
        'src/attic/x.ts': '',
      }),
    )
    expect(breaks).toEqual([
      'src/time/a.ts:1 imports ../stage/stage.ts: time (level 2) may not import stage (level 6)',
      'src/time/a.ts:2 imports ../state/key.ts: time (level 2) may not import state (level 2)',
      'src/time/a.ts:4 imports ./a.test.ts: only tests may import tests, references and fixtures',
      'src/state/key.ts:1 imports node:fs: a pure room has no dependency, not even node:*',
      'src/state/key.ts:2 imports zod: a pure room has no dependency, not even node:*',
      'src/state/key.ts:3 imports ./gone.ts, which does not exist',
      'src/attic/x.ts: the room attic has no level in test/rooms.ts',
    ])
  })

  test('holds the declaration of a connector, and what it imports, pure, and keeps connectors and runtimes apart', () => {
    const sources = world({
      'src/connectors/file/index.ts': "import './declare.ts'\nimport '../../storage/disk.ts'",
      'src/connectors/file/declare.ts': "import 'node:path'",
      'src/connectors/file/source.ts': "import 'node:fs'\nimport '../kafka/port.ts'\nimport '../table.ts'",
      'src/connectors/kafka/port.ts': '',
      'src/connectors/table.ts': "import './file/source.ts'",
      'src/runtime/local/run.ts': "import '../flink/submit.ts'",
      'src/runtime/flink/submit.ts': '',
      'src/storage/disk.ts': "import 'node:fs'",
    })
    expect(arrowBreaks(sources)).toEqual([
      'src/connectors/file/index.ts:2 imports ../../storage/disk.ts: the declaration of a connector is pure',
      'src/connectors/file/declare.ts:1 imports node:path: a pure room has no dependency, not even node:*',
      'src/connectors/file/source.ts:2 imports ../kafka/port.ts: file and kafka do not import each other',
      'src/runtime/local/run.ts:1 imports ../flink/submit.ts: local and flink do not import each other',
      'src/storage/disk.ts:1 imports node:fs: a pure room has no dependency, not even node:*',
    ])
    expect(pureFiles(sources).map((file) => file.path)).toContain('src/connectors/file/declare.ts')
  })

  test('names a cycle by the files around it', () => {
    const sources = world({
      'src/time/a.ts': "import './b.ts'",
      'src/time/b.ts': "import type { C } from './c.ts'",
      'src/time/c.ts': "import './a.ts'",
    })
    expect(cycles(sources)).toEqual(['src/time/a.ts -> src/time/b.ts -> src/time/c.ts -> src/time/a.ts'])
  })
})
