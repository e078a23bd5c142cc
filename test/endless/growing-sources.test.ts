/** Files that grow, folders that fill and history before live, as the engine runs them. */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hybrid, integer, type Pipeline, pipeline, record, time } from 'millrace'
import { type RunHandle, run } from 'millrace/embedded'
import { csv, jsonl, tail, watch } from 'millrace/file'
import { memory } from 'millrace/memory'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { MemoryEnds } from '../../src/connectors/memory/ends.ts'
import { MemorySink } from '../../src/connectors/memory/sink.ts'

const Row = record({ n: integer(), at: time({ unit: 'ms' }) })
const line = (n: number, at = n) => `{"n":${n},"at":${at}}\n`
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => line(from + i)).join('')

let base: string
let ends: MemoryEnds
let warnings: string[]
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'millrace-growing-'))
  ends = new MemoryEnds()
  warnings = []
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const at = (name: string) => join(base, name)
async function start(pipe: Pipeline): Promise<RunHandle> {
  const handle = await run(pipe, {
    base,
    checkpointEvery: 10,
    warn: (message) => void warnings.push(message),
    connectors: { sources: [], sinks: [new MemorySink(ends)] },
  })
  handle.done.catch(() => {})
  onTestFinished(async () => {
    handle.stop()
    await handle.done.catch(() => {})
  })
  return handle
}

const numbers = (uid: string): number[] => (ends.rows(uid) as { n: number }[]).map(({ n }) => n)
const range = (end: number): number[] => Array.from({ length: end }, (_, n) => n)
const sees = (uid: string, expected: readonly number[]) =>
  vi.waitFor(() => expect(numbers(uid)).toEqual(expected), { timeout: 20_000 })

async function suspend(handle: RunHandle): Promise<string> {
  handle.stop()
  const { end, checkpoint } = await handle.done
  expect(end).toBe('suspended')
  return checkpoint
}

/** Split states of a source in a checkpoint. */
function splitsIn(checkpoint: string, uid: string): Record<string, { ledger: { in: number } }> {
  return JSON.parse(readFileSync(join(checkpoint, 'manifest.json'), 'utf8')).splits[uid]
}

describe('a file that grows', () => {
  const tailed = pipeline('tailed', ({ from }) =>
    from('rows', tail('a.jsonl', Row, { rotateWait: 0 })).to('out', memory()),
  )

  test('is followed through rotations and restarts, and a torn line waits for its rest', async () => {
    writeFileSync(at('a.jsonl'), `${lines(0, 5)}{"n":5,`)
    let handle = await start(tailed)
    await sees('out', range(5))
    await suspend(handle)
    appendFileSync(at('a.jsonl'), `"at":5}\n${line(6)}`)
    renameSync(at('a.jsonl'), at('a.jsonl.1'))
    writeFileSync(at('a.jsonl'), lines(7, 9))
    handle = await start(tailed)
    await sees('out', range(9))
    renameSync(at('a.jsonl.1'), at('a.jsonl.2'))
    renameSync(at('a.jsonl'), at('a.jsonl.1'))
    writeFileSync(at('a.jsonl'), line(9))
    await sees('out', range(10))
    rmSync(at('a.jsonl.1'))
    rmSync(at('a.jsonl.2'))
    // The next look forgets what is no longer there.
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(Object.keys(splitsIn(await suspend(handle), 'rows'))).toHaveLength(1)
    expect(handle.progress().records).toBe(10)
  })

  test('fault 7: truncated while the run was away, it is refused with the file and the offset', async () => {
    writeFileSync(at('a.jsonl'), lines(0, 5))
    const handle = await start(tailed)
    await sees('out', range(5))
    await suspend(handle)
    truncateSync(at('a.jsonl'), 20)
    await expect(start(tailed)).rejects.toThrow(
      `ML_SOURCE_CHANGED: the checkpoint stands at byte 75 of a file that now has 20 at ${at('a.jsonl')}`,
    )
    writeFileSync(at('a.jsonl'), line(99))
    await expect(start(tailed)).rejects.toThrow(
      /ML_SOURCE_CHANGED: the file was read to byte 75, and this generation of it is gone/,
    )
    expect(numbers('out')).toEqual(range(5))
  })

  test('fault 7: truncated under the run, by copying and truncating, it ends the run', async () => {
    writeFileSync(at('a.jsonl'), lines(0, 5))
    const handle = await start(tailed)
    await sees('out', range(5))
    writeFileSync(at('a.jsonl.1'), lines(0, 5))
    truncateSync(at('a.jsonl'), 0)
    await expect(handle.done).rejects.toThrow(
      /ML_SOURCE_CHANGED: the file was read to byte 75, and then it was truncated to 0 bytes/,
    )
  })
})

describe('a folder that fills', () => {
  const watched = pipeline('watched', ({ from }) => from('rows', watch('in', Row, { settle: 0 })).to('out', memory()))

  test('of many files leaves few in a checkpoint, deleted or not, and every record is counted', async () => {
    const FILES = 1000
    mkdirSync(at('in'))
    const drop = (from: number, to: number) => {
      for (let n = from; n < to; n++) writeFileSync(at(`in/${String(n).padStart(5, '0')}.jsonl`), line(n))
    }
    drop(0, FILES / 2)
    let handle = await start(watched)
    await sees('out', range(FILES / 2))
    await suspend(handle)
    for (let n = 0; n < FILES / 4; n++) rmSync(at(`in/${String(n).padStart(5, '0')}.jsonl`))
    drop(FILES / 2, FILES)
    handle = await start(watched)
    await sees('out', range(FILES))
    // The next look forgets what the last one made superfluous.
    await new Promise((resolve) => setTimeout(resolve, 600))
    const splits = splitsIn(await suspend(handle), 'rows')
    expect(Object.keys(splits).length).toBeLessThanOrEqual(64)
    expect(handle.progress().records).toBe(FILES)
    expect(warnings).toEqual([])
  })
})

describe('history, then live', () => {
  // The history reaches 100; with 10 of disorder allowed, what follows is late up to 89.
  const declared = (name: string) =>
    pipeline(name, ({ from }) => {
      const history = jsonl(['one.jsonl', 'two.jsonl'], Row)
      const rows = from('rows', hybrid(history, tail('since.jsonl', Row)), {
        eventTime: (row) => row.at,
        outOfOrderness: 10,
      })
      rows.to('out', memory())
      rows.late.to('late', memory())
    })

  test.each([[[]], [[3]], [[1, 3, 5]]])(
    'what is late follows from the records alone: suspended after %j',
    async (stops) => {
      writeFileSync(at('one.jsonl'), line(1, 50) + line(2, 100))
      writeFileSync(at('two.jsonl'), line(3, 70))
      writeFileSync(at('since.jsonl'), line(4, 80) + line(5, 89) + line(6, 90) + line(7, 120) + line(8, 109))
      const pipe = declared('late-after-history')
      for (const stop of stops) {
        const handle = await start(pipe)
        await vi.waitFor(() => expect(handle.progress().records).toBeGreaterThanOrEqual(stop), { interval: 1 })
        await suspend(handle)
      }
      await start(pipe)
      await vi.waitFor(() => expect([...numbers('out'), ...numbers('late')].length).toBe(8), 20_000)
      expect(numbers('late')).toEqual([4, 5, 8])
      expect([...numbers('out')].sort()).toEqual([1, 2, 3, 6, 7])
    },
  )

  test('history may be deleted once it was read; before that it is missed', async () => {
    writeFileSync(at('one.jsonl'), line(0))
    writeFileSync(at('two.jsonl'), line(1))
    writeFileSync(at('since.jsonl'), line(2, 200))
    const handle = await start(declared('forgetful'))
    await sees('out', [0, 1, 2])
    await suspend(handle)
    rmSync(at('one.jsonl'))
    rmSync(at('two.jsonl'))
    appendFileSync(at('since.jsonl'), line(3, 201))
    await start(declared('forgetful'))
    await sees('out', [0, 1, 2, 3])
    await expect(start(declared('another'))).rejects.toThrow(/ML_NO_FILE: .*one\.jsonl/)
  })

  test('is declared of parts that fit', () => {
    const live = tail('b.jsonl', Row)
    expect(hybrid(csv('a.csv', Row), live)).toMatchObject({ kind: 'hybrid', bounded: false, discoverMs: 250 })
    expect(hybrid(csv('a.csv', Row), jsonl('b', Row)).bounded).toBe(true)
    expect(() => hybrid(csv('a.csv', Row))).toThrow(/ML_RANGE: a hybrid source is made of two sources or more/)
    expect(() => hybrid(live, csv('a.csv', Row))).toThrow(
      /ML_RANGE: only the last part of a hybrid source may have no end/,
    )
    const Other = record({ n: integer() })
    expect(() => hybrid<unknown>(csv('a.csv', Other), live)).toThrow(
      /ML_RANGE: the parts of a hybrid source have one schema/,
    )
    const weak = { ...csv('a.csv', Row), guarantee: 'at-least-once' as const }
    expect(hybrid(weak, live).guarantee).toBe('at-least-once')
  })
})
