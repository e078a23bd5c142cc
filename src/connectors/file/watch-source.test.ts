import { appendFile, mkdir, mkdtemp, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { record, string } from '../../formats/schema.ts'
import type { JobContext, KnownSplit } from '../../stream/ports.ts'
import { type WatchOptions, watch } from './index.ts'
import { watchListing } from './watch-listing.ts'
import { WatchSource } from './watch-source.ts'

let folder: string
let warnings: string[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-watch-'))
  warnings = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const Row = record({ name: string() })
const at = (name: string) => join(folder, name)
const context = (options: WatchOptions = {}): JobContext => ({
  uid: 'orders',
  options: watch('.', Row, { settle: '0s', ...options }).options,
  base: folder,
  job: 'test',
  warn: (message) => void warnings.push(message),
})
const known = (of: Record<string, number | 'read'>): Map<string, KnownSplit> =>
  new Map(
    Object.entries(of).map(([id, offset]) => [
      id,
      offset === 'read' ? { offset: 10, finished: true } : { offset, finished: false },
    ]),
  )
const ids = async (source: WatchSource, of: Record<string, number | 'read'> = {}, options: WatchOptions = {}) =>
  (await source.splits(context(options), known(of))).map(({ id }) => id)

describe('a folder that is watched', () => {
  test('gives its files in order of their names, one after the other, those that come later after those before', async () => {
    for (const name of ['b.jsonl', 'a.jsonl.gz', 'c.csv', '.d.jsonl', 'e.jsonl.tmp', 'f.jsonl.open']) {
      await writeFile(at(name), 'x\n')
    }
    await mkdir(at('sub'))
    const source = new WatchSource()
    expect(await source.splits(context(), new Map())).toEqual([
      { id: 'a.jsonl.gz', phase: 0 },
      { id: 'b.jsonl', phase: 1 },
    ])
    await rename(at('e.jsonl.tmp'), at('aa.jsonl'))
    expect(await source.splits(context(), known({ 'a.jsonl.gz': 'read', 'b.jsonl': 0 }))).toEqual([
      { id: 'a.jsonl.gz', phase: 0 },
      { id: 'b.jsonl', phase: 1 },
      { id: 'aa.jsonl', phase: 2 },
    ])
  })

  test('by time of modification, where that is declared', async () => {
    await writeFile(at('a.jsonl'), 'x\n')
    await writeFile(at('b.jsonl'), 'x\n')
    await utimes(at('b.jsonl'), 1000, 1000)
    const source = new WatchSource()
    const splits = await source.splits(context({ order: 'modified' }), new Map())
    expect(splits.map(({ id }) => id.slice(16))).toEqual(['b.jsonl', 'a.jsonl'])
    const reader = await source.open(context({ order: 'modified' }), splits[0], 1)
    expect(Buffer.from((await reader.read()) ?? []).toString()).toBe('\n')
    await reader.close()
  })

  test.each(['name', 'modified'] as const)(
    'leaves out what may still be written to, and by %s what would have to wait for it',
    async (order) => {
      const long = new Date(Date.now() - 3_600_000)
      for (const name of ['a.jsonl', 'b.jsonl', 'c.jsonl']) await writeFile(at(name), 'x\n')
      await utimes(at('a.jsonl'), long, long)
      await utimes(at('c.jsonl'), long, long)
      const source = new WatchSource()
      const names = (await ids(source, {}, { settle: '1m', order })).map((id) => id.split('/').at(-1))
      expect(names).toEqual(order === 'name' ? ['a.jsonl'] : ['a.jsonl', 'c.jsonl'])
      await utimes(at('b.jsonl'), long, long)
      expect(await ids(source, {}, { settle: '1m', order })).toHaveLength(3)
    },
  )

  test('reads a file whole, plain or gzip, from any offset', async () => {
    await writeFile(at('a.jsonl'), 'one\ntwo\n')
    await writeFile(at('b.jsonl.gz'), gzipSync('one\ntwo\n'))
    const source = new WatchSource()
    for (const split of await source.splits(context(), new Map())) {
      const reader = await source.open(context(), split, 4)
      expect(Buffer.from((await reader.read()) ?? []).toString()).toBe('two\n')
      expect(await reader.read()).toBeNull()
      await reader.close()
    }
  })

  test('must be there, and so must a file that was being read', async () => {
    const elsewhere = { ...context(), base: at('none') }
    await expect(new WatchSource().splits(elsewhere)).rejects.toThrow(/ML_NO_FILE: there is no such folder at .*none/)
    await expect(ids(new WatchSource(), { 'a.jsonl': 7 })).rejects.toThrow(
      `ML_SOURCE_CHANGED: the checkpoint stands at byte 7 of a file that is gone at ${at('a.jsonl')} (source "orders")`,
    )
    // One that is deleted while it is read is read to its end.
    await writeFile(at('b.jsonl'), 'one\n')
    const source = new WatchSource()
    await (await source.open(context(), { id: 'b.jsonl' }, 0)).close()
    await unlink(at('b.jsonl'))
    expect(await ids(source, { 'b.jsonl': 2 })).toEqual(['b.jsonl'])
  })

  test('remembers a file that was read though it is deleted: its name does not make it new', async () => {
    expect(await ids(new WatchSource(), { 'a.jsonl': 'read' })).toEqual(['a.jsonl'])
    await writeFile(at('a.jsonl'), 'x\n')
    expect(await ids(new WatchSource(), { 'a.jsonl': 'read' })).toEqual(['a.jsonl'])
  })

  test('tells of a file that changes after it was read, once', async () => {
    await writeFile(at('a.jsonl'), 'one\n')
    const source = new WatchSource()
    await ids(source)
    await (await source.open(context(), { id: 'a.jsonl' }, 0)).close()
    await ids(source, { 'a.jsonl': 'read' })
    expect(warnings).toEqual([])
    await appendFile(at('a.jsonl'), 'two\n')
    await ids(source, { 'a.jsonl': 'read' })
    await ids(source, { 'a.jsonl': 'read' })
    expect(warnings).toEqual([`${at('a.jsonl')} changed after it was opened to be read: what was added is not read`])
  })

  test('tells of a file that came too late to be told from those that were read and forgotten', async () => {
    const read = Object.fromEntries(
      Array.from({ length: 64 }, (_, i) => [`b-${String(i).padStart(2, '0')}.jsonl`, 'read']),
    )
    await writeFile(at('b-00.jsonl'), 'x\n')
    const source = new WatchSource()
    await ids(source, read as Record<string, 'read'>)
    await writeFile(at('a.jsonl'), 'x\n')
    await writeFile(at('b-000.jsonl'), 'x\n')
    const listed = await ids(source, read as Record<string, 'read'>)
    expect(listed.filter((id) => !(id in read))).toEqual(['b-000.jsonl'])
    expect(warnings).toEqual([`${at('a.jsonl')} came too late to be read: everything up to b-00.jsonl counts as read`])
  })

  test('that is bounded gives the files of now, all of them', async () => {
    for (let i = 0; i < 200; i++) await writeFile(at(`${String(i).padStart(3, '0')}.jsonl`), 'x\n')
    expect(await ids(new WatchSource(), {}, { bounded: true, settle: '1h' })).toHaveLength(200)
    expect(await ids(new WatchSource())).toHaveLength(128)
  })
})

describe('what a checkpoint keeps of a folder', () => {
  test('is bounded, and each file is read once, whatever comes when, is deleted, and wherever the run is restarted', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('come' as const), name: fc.nat(2000) }),
      fc.record({ kind: fc.constant('read' as const), files: fc.integer({ min: 1, max: 300 }) }),
      fc.record({ kind: fc.constant('delete' as const), files: fc.integer({ min: 1, max: 100 }) }),
    )
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 900 }), fc.array(step, { maxLength: 60 }), (first, steps) => {
        const there = new Set(Array.from({ length: first }, (_, i) => id(i * 2)))
        const times = new Map<string, number>()
        let state = new Map<string, KnownSplit>()
        for (const each of steps) {
          if (each.kind === 'come') there.add(id(each.name))
          if (each.kind === 'delete')
            for (const name of [...there].filter((of) => times.has(of)).slice(0, each.files)) there.delete(name)
          if (each.kind !== 'read') continue
          for (let left = each.files; left > 0; left -= 30) {
            const before = state
            const { remembered, fresh, horizon } = watchListing([...there].sort(), before, false)
            state = new Map(
              [...remembered, ...fresh].map((name) => [name, before.get(name) ?? { offset: 0, finished: false }]),
            )
            expect(state.size).toBeLessThanOrEqual(64 + 128)
            for (const name of there) {
              if (times.has(name) || state.has(name)) continue
              // Not listed: it came too late, or waits its turn behind those that are.
              expect((horizon !== undefined && name <= horizon) || state.size >= 128).toBe(true)
            }
            for (const name of [...state.keys()].filter((of) => !state.get(of)?.finished).slice(0, 30)) {
              times.set(name, (times.get(name) ?? 0) + 1)
              state.set(name, { offset: 1, finished: true })
            }
          }
        }
        expect([...times].filter(([, count]) => count > 1)).toEqual([])
      }),
      { numRuns: 80 },
    )
  })
})

function id(n: number): string {
  return String(n).padStart(4, '0')
}
