/** Section "CLI" of the fault list as far as it can be seen inside a process; test/cli.test.ts and its neighbours try the program itself. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { integer, pipeline, record } from 'millrace'
import { type RunHandle, run } from 'millrace/embedded'
import { csv, jsonl } from 'millrace/file'
import { describe, expect, test } from 'vitest'
import { exitCodeOf } from '../../src/cli/exit-codes.ts'
import { folder } from './faulty-run.ts'
import { GeneratedSource, generated } from './generated-source.ts'

const Row = record({ n: integer() })

const declared = pipeline(
  'counting',
  ({ from, params }) => {
    const source = params.input === '' ? generated(params.rows, Row) : csv(params.input, Row)
    from('rows', source).to('out', jsonl('out/rows', { partBytes: 5000 }))
  },
  { params: { input: '', rows: 3000, dbPassword: 'hunter2', from: 'https://ann:hunter2@db.example/x' } },
)

describe('what was typed wrong', () => {
  const mistakes: [string, Parameters<typeof run>[1], RegExp][] = [
    ['a param that does not exist', { params: { inptu: 'x' } }, /ML_PARAM.*inptu.*input/],
    ['a file that does not exist', { params: { input: 'reedings.csv' } }, /ML_NO_FILE.*reedings\.csv.*readings\.csv/],
    ['a folder that does not exist', { params: { input: 'no/readings.csv' } }, /ML_NO_FILE.*no.*does not exist/],
    ['too few checkpoints to keep', { retain: 1 }, /ML_RANGE.*at least 2/],
    ['a duration that is none', { checkpointEvery: '5 parsecs' as never }, /ML_RANGE.*parsecs/],
  ]

  test.each(mistakes)(
    'fault 52: %s is refused in one line, as wrong usage, and nothing is written',
    async (_what, options, says) => {
      const base = folder()
      writeFileSync(join(base, 'readings.csv'), 'n\n1\n')
      const connectors = { sources: [new GeneratedSource(String)], sinks: [] }
      const refused = await run(declared, { base, connectors, ...options }).catch((error: unknown) => error as Error)
      expect((refused as Error).message).toMatch(says)
      expect((refused as Error).message).not.toContain('\n')
      expect(exitCodeOf(refused)).toBe(2)
      expect(existsSync(join(base, 'out'))).toBe(false)
    },
  )
})

describe('a run that is asked to stop', () => {
  test('fault 53: in the middle of a checkpoint, again and again, goes on from where it was and loses nothing', async () => {
    const line = (row: number) => `{"n":${row}}`
    const base = folder()
    const ends: string[] = []
    for (const stopAt of [240, 1111, 1800, 1801]) {
      let handle: RunHandle | undefined
      const stopping = (row: number) => {
        // Twice in a row, while the checkpoint that the rows before it called for is being written.
        if (row === stopAt || row === stopAt + 1) handle?.stop()
        return line(row)
      }
      handle = await run(declared, {
        base,
        checkpointEvery: 0,
        checkpointRecords: 50,
        connectors: { sources: [new GeneratedSource(stopping, '', 600, () => delay(1))], sinks: [] },
      })
      ends.push((await handle.done).end)
    }
    expect(ends).toEqual(['suspended', 'suspended', 'suspended', 'suspended'])
    const last = await run(declared, { base, connectors: { sources: [new GeneratedSource(line)], sinks: [] } })
    await last.done
    const parts = readdirSync(join(base, 'out/rows'))
      .filter((name) => name.startsWith('part-'))
      .sort()
    const text = parts.map((part) => readFileSync(join(base, 'out/rows', part), 'utf8')).join('')
    expect(text).toBe(Array.from({ length: 3000 }, (_unused, row) => `${line(row)}\n`).join(''))
  })
})

describe('a secret', () => {
  test('fault 54: in params or an address is in no error, no warning and no file of the state folder', async () => {
    const base = folder()
    const secretive = pipeline(
      'secretive',
      ({ from, params }) => {
        const options = { rows: 100, password: params.dbPassword, url: params.from }
        const source = { ...generated(100, Row), options }
        from('rows', source)
          .map((row) => {
            if (row.n === 50) throw new Error(`cannot reach ${params.from}: password=${params.dbPassword}`)
            return row
          })
          .to('out', jsonl('out/rows'))
      },
      { params: declared.params as { dbPassword: string; from: string } },
    )
    const warnings: string[] = []
    const sources = [new GeneratedSource((row) => (row === 70 ? '{"n":"token=hunter2"' : `{"n":${row}}`))]
    const options = { base, connectors: { sources, sinks: [] }, warn: (message: string) => void warnings.push(message) }
    await (await run(secretive, options)).done
    const again = await run(secretive, options).catch((error: unknown) => String(error))
    expect(again).toContain('ML_FINISHED')
    const found = readdirSync(base, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const telling = found.filter(
      (entry) =>
        !entry.parentPath.endsWith('secretive-rejected') &&
        readFileSync(join(entry.parentPath, entry.name), 'latin1').includes('hunter2'),
    )
    expect(telling.map(({ name }) => name)).toEqual([])
    expect([...warnings, again].join()).not.toContain('hunter2')
    // A dead letter holds the line as it came; what a function threw is told without what it tells by mistake.
    const letters = readFileSync(join(base, 'out/secretive-rejected/part-00000.jsonl'), 'utf8').trimEnd().split('\n')
    const reasons = letters.map((letter) => (JSON.parse(letter) as { reason: string }).reason)
    expect(reasons).toEqual([
      expect.stringMatching(/cannot reach .*\[redacted\]@db\.example/),
      expect.stringContaining('"n"'),
    ])
    expect(reasons[0]).not.toContain('hunter2')
  })
})
