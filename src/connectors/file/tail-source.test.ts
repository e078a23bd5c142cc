import { appendFile, mkdtemp, rename, rm, truncate, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { record, string } from '../../formats/schema.ts'
import type { JobContext, KnownSplit, Split, SplitReader } from '../../stream/ports.ts'
import { type TailOptions, tail } from './index.ts'
import { TailSource } from './tail-source.ts'

let folder: string
let warnings: string[]
const open: SplitReader[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-tail-'))
  warnings = []
})
afterEach(async () => {
  for (const reader of open.splice(0)) await reader.close()
  await rm(folder, { recursive: true, force: true })
})

const Row = record({ name: string() })
const at = (name: string) => join(folder, name)
const context = (options: TailOptions = {}): JobContext => ({
  uid: 'clicks',
  options: tail('a.jsonl', Row, { rotateWait: '0s', ...options }).options,
  base: folder,
  job: 'test',
  warn: (message) => void warnings.push(message),
})

/** Time enough for the file system's clock to go on: births are as fine as that. */
const tick = () => new Promise((resolve) => setTimeout(resolve, 10))

async function openAt(source: TailSource, split: Split, from = 0, options?: TailOptions): Promise<SplitReader> {
  const reader = await source.open(context(options), split, from)
  open.push(reader)
  return reader
}

/** Reads so many bytes, as they come. */
async function take(reader: SplitReader, bytes: number): Promise<string> {
  let text = ''
  while (text.length < bytes) text += Buffer.from((await reader.read()) ?? fail('it ended')).toString()
  return text
}

function fail(why: string): never {
  throw new Error(why)
}

const known = (...of: [Split, number, boolean][]): Map<string, KnownSplit> =>
  new Map(of.map(([{ id }, offset, finished]) => [id, { offset, finished }]))

describe('a file that grows', () => {
  test('is read as it grows, and a read that waits ends when the reader is closed', async () => {
    await writeFile(at('a.jsonl'), 'one\n')
    const source = new TailSource()
    const [split, ...others] = await source.splits(context(), new Map())
    expect(others).toEqual([])
    const reader = await openAt(source, split)
    expect(await take(reader, 4)).toBe('one\n')
    const next = reader.read()
    await appendFile(at('a.jsonl'), 'two\nthr')
    expect(Buffer.from((await next) ?? [])).toEqual(Buffer.from('two\nthr'))
    const last = reader.read()
    await reader.close()
    expect(await last).toBeNull()
  })

  test('may come later, while its folder must be there', async () => {
    const source = new TailSource()
    expect(await source.splits(context(), new Map())).toEqual([])
    expect(warnings).toEqual([`source "clicks": ${at('a.jsonl')} does not exist yet: waiting for it`])
    await writeFile(at('a.jsonl'), 'no line yet')
    expect(await source.splits(context(), new Map())).toEqual([])
    await appendFile(at('a.jsonl'), ', now\n')
    expect(await source.splits(context(), new Map())).toHaveLength(1)
    const elsewhere = { ...context(), base: at('none') }
    await expect(source.splits(elsewhere)).rejects.toThrow(
      /ML_NO_FILE: there is no such folder at .*none \(source "clicks"\)/,
    )
  })

  test('is the same split however it grows and is renamed', async () => {
    await writeFile(at('a.jsonl'), 'one\n')
    const [before] = await new TailSource().splits(context(), new Map())
    await appendFile(at('a.jsonl'), 'x'.repeat(1000))
    await rename(at('a.jsonl'), at('a.jsonl.1'))
    const [after] = await new TailSource().splits(context(), known([before, 4, false]))
    expect(after.id).toBe(before.id)
  })

  test('that is CSV is told by its first row too, since a header is the same in all of them', async () => {
    await writeFile(at('a.jsonl'), 'name\n')
    const csv = { format: 'csv' } as const
    expect(await new TailSource().splits(context(csv), new Map())).toEqual([])
    await appendFile(at('a.jsonl'), 'one\n')
    const [one] = await new TailSource().splits(context(csv), new Map())
    await writeFile(at('a.jsonl'), 'name\ntwo\n')
    const [two] = await new TailSource().splits(context(csv), new Map())
    expect(one.id).not.toBe(two.id)
  })

  test('can be begun behind its last whole line, and every later generation from its first', async () => {
    const latest = { start: 'latest' } as const
    await writeFile(at('a.jsonl.1'), 'old\n')
    await tick()
    await writeFile(at('a.jsonl'), `${'x'.repeat(100_000)}\n${'y'.repeat(70_000)}`)
    const source = new TailSource()
    const [split, ...others] = await source.splits(context(latest), new Map())
    expect(others).toEqual([])
    expect(split.start).toBe(100_001)
    await rename(at('a.jsonl'), at('a.jsonl.2'))
    await writeFile(at('a.jsonl'), 'new\n')
    const then = await source.splits(context(latest), known([split, 100_001, false]))
    expect(then.map(({ id, start }) => [id === split.id, start])).toEqual([
      [true, 100_001],
      [false, 0],
    ])
    // Another process knows it from its checkpoint.
    const again = await new TailSource().splits(context(latest), known([split, 100_001, false]))
    expect(again.map(({ id }) => id)).toEqual(then.map(({ id }) => id))
  })
})

describe('a file that is rotated', () => {
  /** Three generations, and the splits they are. */
  async function rotated(): Promise<readonly Split[]> {
    await writeFile(at('a.jsonl'), 'first\n')
    await tick()
    await rename(at('a.jsonl'), at('a.jsonl.1'))
    await writeFile(at('a.jsonl'), 'second\n')
    await tick()
    await rename(at('a.jsonl.1'), at('a.jsonl.2'))
    await rename(at('a.jsonl'), at('a.jsonl.1'))
    await writeFile(at('a.jsonl'), 'third\n')
    return await new TailSource().splits(context(), new Map())
  }

  test('is read generation by generation, from the oldest, whatever their names sort like', async () => {
    const splits = await rotated()
    expect(splits.map(({ phase }) => phase)).toEqual([0, 1, 2])
    const source = new TailSource()
    await source.splits(context(), new Map())
    const texts = []
    for (const split of splits) texts.push(await take(await openAt(source, split), 1))
    expect(texts).toEqual(['first\n', 'second\n', 'third\n'])
  })

  test('while it is read: what its writer still adds is read, then it ends', async () => {
    await writeFile(at('a.jsonl'), 'one\n')
    const source = new TailSource()
    const [split] = await source.splits(context(), new Map())
    const reader = await openAt(source, split, 0, { rotateWait: '0s' })
    await take(reader, 4)
    await rename(at('a.jsonl'), at('a.jsonl.1'))
    await appendFile(at('a.jsonl.1'), 'last')
    await writeFile(at('a.jsonl'), 'next\n')
    const now = await source.splits(context(), known([split, 4, false]))
    expect(now).toHaveLength(2)
    expect(await take(reader, 4)).toBe('last')
    expect(await reader.read()).toBeNull()
    await appendFile(at('a.jsonl.1'), 'too late\n')
    await source.splits(context(), known([split, 8, true]))
    expect(warnings).toEqual([
      `source "clicks": ${at('a.jsonl.1')} grew by 9 bytes after its end was read: they are not. Raise rotateWait`,
    ])
  })

  test('is waited for as long as its writer may take', async () => {
    await writeFile(at('a.jsonl'), 'one\n')
    const slow = { rotateWait: '1h' }
    const source = new TailSource()
    const [split] = await source.splits(context(slow), new Map())
    const reader = await openAt(source, split, 4, slow)
    await rename(at('a.jsonl'), at('a.jsonl.1'))
    await writeFile(at('a.jsonl'), 'next\n')
    await source.splits(context(slow), known([split, 4, false]))
    const next = reader.read()
    await new Promise((resolve) => setTimeout(resolve, 100))
    await appendFile(at('a.jsonl.1'), 'more\n')
    expect(Buffer.from((await next) ?? []).toString()).toBe('more\n')
  })

  test('is read to its end though its name is removed, and the next one after it', async () => {
    await writeFile(at('a.jsonl'), 'one\ntwo\n')
    const source = new TailSource()
    const [split] = await source.splits(context(), new Map())
    const reader = await openAt(source, split, 4)
    await unlink(at('a.jsonl'))
    await writeFile(at('a.jsonl'), 'next\n')
    const now = await source.splits(context(), known([split, 4, false]))
    expect(now.map(({ id }) => id === split.id)).toEqual([true, false])
    expect(await take(reader, 4)).toBe('two\n')
    expect(await reader.read()).toBeNull()
    expect(await source.splits(context(), known([split, 8, true]))).toHaveLength(2)
    await reader.close()
    expect((await source.splits(context(), known([split, 8, true]))).map(({ id }) => id)).toEqual([now[1].id])
  })

  test('into a copy, or compressed, is told: neither is read', async () => {
    await writeFile(at('a.jsonl'), 'one\n')
    await tick()
    await writeFile(at('a.jsonl.1'), 'one\n')
    await writeFile(at('a.jsonl.2'), gzipSync('old\n'))
    await writeFile(at('a.jsonl.bak'), 'one\n')
    expect(await new TailSource().splits(context(), new Map())).toHaveLength(1)
    expect(warnings).toEqual([
      'source "clicks": a.jsonl.1 is younger than the file it is named after: a copy, which is not read',
      'source "clicks": compressed generations such as a.jsonl.2 are not read',
    ])
  })

  test('under names of its own is found by patterns', async () => {
    await writeFile(at('old-a'), 'one\n')
    await writeFile(at('a.jsonl.1'), 'not one of them\n')
    await writeFile(at('a.jsonl'), 'two\n')
    expect(await new TailSource().splits(context({ rotated: 'old-*' }), new Map())).toHaveLength(2)
  })

  test('and comes back after its end was read is not read again', async () => {
    const [first, second, third] = await rotated()
    const resumed = await new TailSource().splits(context(), known([second, 7, true], [third, 0, false]))
    expect(resumed.map(({ id }) => id)).toEqual([second.id, third.id])
    expect(resumed).not.toContainEqual(first)
  })
})

describe('fault 7: what was read and is no longer there', () => {
  test('is refused while running: truncated', async () => {
    await writeFile(at('a.jsonl'), 'one\ntwo\n')
    const source = new TailSource()
    const [split] = await source.splits(context(), new Map())
    const reader = await openAt(source, split)
    await take(reader, 8)
    const next = reader.read()
    await truncate(at('a.jsonl'), 4)
    await expect(next).rejects.toThrow(
      `ML_SOURCE_CHANGED: the file was read to byte 8, and then it was truncated to 4 bytes: lines may be lost at ${at('a.jsonl')}. Rotate by renaming`,
    )
  })

  test('is refused while running: truncated and written to beyond', async () => {
    await writeFile(at('a.jsonl'), 'one\ntwo\n')
    const source = new TailSource()
    const [split] = await source.splits(context(), new Map())
    const reader = await openAt(source, split)
    await take(reader, 8)
    await writeFile(at('a.jsonl'), 'One\nTwo\nThree\n')
    await expect(reader.read()).rejects.toThrow(/ML_SOURCE_CHANGED: .* byte 8, and then it begins with other bytes now/)
  })

  const cases: [string, () => Promise<unknown>, RegExp][] = [
    ['truncated', () => truncate(at('a.jsonl'), 4), /byte 8 of a file that now has 4 at .*a\.jsonl/],
    ['emptied', () => truncate(at('a.jsonl'), 0), /read to byte 8, and this generation of it is gone.*at .*a\.jsonl/],
    ['removed', () => unlink(at('a.jsonl')), /read to byte 8, and this generation of it is gone/],
    ['rewritten', () => writeFile(at('a.jsonl'), 'ONE\ntwo\nthree\n'), /read to byte 8, and this generation/],
    [
      'rewritten behind its first line',
      () => writeFile(at('a.jsonl'), 'one\ntwotwotwo\n'),
      /byte 8, which is no longer/,
    ],
    [
      'replaced by a copy',
      async () => {
        await rename(at('a.jsonl'), at('b'))
        await writeFile(at('a.jsonl'), 'one\ntwo\n')
        await unlink(at('b'))
      },
      /read to byte 8, and this generation/,
    ],
    [
      'compressed',
      async () => {
        await unlink(at('a.jsonl'))
        await writeFile(at('a.jsonl.1.gz'), gzipSync('one\ntwo\nthree\n'))
        await writeFile(at('a.jsonl'), 'next\n')
      },
      /read to byte 8, and this generation/,
    ],
  ]
  test.each(cases)('is refused on resuming: %s', async (_, change, message) => {
    await writeFile(at('a.jsonl'), 'one\ntwo\nthree\n')
    const [split] = await new TailSource().splits(context(), new Map())
    await change()
    const resume = async () => {
      const source = new TailSource()
      await source.splits(context(), known([split, 8, false]))
      await openAt(source, split, 8)
    }
    await expect(resume()).rejects.toThrow(message)
    await expect(resume()).rejects.toMatchObject({ code: 'ML_SOURCE_CHANGED' })
  })
})
