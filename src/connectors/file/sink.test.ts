import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { acquireLock } from '../../storage/acquire-lock.ts'
import { nodeStorage } from '../../storage/node-storage.ts'
import type { JsonObject, SinkWriter } from '../../stream/ports.ts'
import { SimulatedDisk } from '../../testing/simulated-disk.ts'
import { FileSink } from './sink.ts'

let base: string
let opened: SinkWriter[]
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'millrace-sink-'))
  opened = []
})
afterEach(async () => {
  for (const writer of opened) await writer.close().catch(() => {})
  await rm(base, { recursive: true, force: true })
})

async function open(prepared?: JsonObject, folder = 'out'): Promise<SinkWriter> {
  const context = { uid: 'scores', options: { folder, format: { name: 'jsonl' } }, base }
  const writer = await new FileSink().open(context, prepared && { epoch: 1, prepared })
  opened.push(writer)
  return writer
}

/** Ends a run as a crash does: without another cut. */
async function reopen(writer: SinkWriter, prepared?: JsonObject, folder?: string): Promise<SinkWriter> {
  await writer.drain()
  await writer.close()
  return await open(prepared, folder)
}

const append = (writer: SinkWriter, text: string) => writer.append(Buffer.from(text))

async function content(folder = 'out'): Promise<Record<string, string>> {
  const names = (await readdir(join(base, folder))).filter((name) => !name.startsWith('.'))
  const texts = await Promise.all(names.map((name) => readFile(join(base, folder, name), 'utf8')))
  return Object.fromEntries(names.map((name, i) => [name, texts[i]]))
}

/** part 0 public, part 1 closed, part 2 open with two rows, the second after the cut. */
async function three(): Promise<{ writer: SinkWriter; first: JsonObject; second: JsonObject }> {
  const writer = await open()
  append(writer, 'a\n')
  writer.roll()
  const first = await writer.prepare(1)
  await writer.commit(1, first)
  append(writer, 'b\n')
  writer.roll()
  append(writer, 'c\n')
  const second = await writer.prepare(2)
  append(writer, 'd\n')
  await writer.drain()
  return { writer, first, second }
}

describe('a file sink', () => {
  test('gives parts their final name when a checkpoint that covers their end is committed', async () => {
    const { writer, second } = await three()
    expect(second).toMatchObject({ part: 2, bytes: 2, closed: [{ part: 1, bytes: 2 }] })
    expect(await content()).toEqual({
      'part-00000.jsonl': 'a\n',
      'part-00001.jsonl.open': 'b\n',
      'part-00002.jsonl.open': 'c\nd\n',
    })
    await writer.commit(2, second)
    expect(await content()).toEqual({
      'part-00000.jsonl': 'a\n',
      'part-00001.jsonl': 'b\n',
      'part-00002.jsonl.open': 'c\nd\n',
    })
    await writer.commit(2, second)
    expect(Object.keys(await content())).toHaveLength(3)
    expect((await readdir(join(base, 'out'))).filter((name) => name.startsWith('.'))).toEqual([
      '.lock-000000000001',
      '.sink.json',
    ])
  })

  test('marks the cut when prepare is called, whatever is appended before it resolves', async () => {
    const writer = await open()
    append(writer, 'a\n')
    const prepared = writer.prepare(1)
    append(writer, 'b\n')
    writer.roll()
    append(writer, 'c\n')
    expect(await prepared).toMatchObject({ part: 0, bytes: 2, closed: [] })
    expect(await writer.prepare(2)).toMatchObject({ part: 1, bytes: 2, closed: [{ part: 0, bytes: 4 }] })
  })

  test('keeps rows of any size in order, and says how much it holds', async () => {
    const writer = await open()
    let expected = ''
    for (let i = 0; i < 300; i++) {
      const text = `${i}:${'x'.repeat((i * 7919) % 20_000)}\n`
      const reused = Buffer.from(text)
      writer.append(reused)
      reused.fill(33)
      expected += text
    }
    writer.append(Buffer.from('y'.repeat(1_000_000)))
    expected += 'y'.repeat(1_000_000)
    expect(writer.pendingBytes).toBeGreaterThan(3_000_000)
    await writer.drain()
    expect(writer.pendingBytes).toBe(0)
    expect((await content())['part-00000.jsonl.open'] === expected).toBe(true)
  })

  test('makes no empty parts', async () => {
    const writer = await open()
    writer.roll()
    writer.roll()
    writer.append(new Uint8Array(0))
    expect(await writer.prepare(1)).toMatchObject({ part: 0, bytes: 0, closed: [] })
    append(writer, 'a\n')
    writer.roll()
    writer.roll()
    expect(await writer.prepare(2)).toMatchObject({ part: 1, bytes: 0, closed: [{ part: 0, bytes: 2 }] })
    expect(Object.keys(await content())).toEqual(['part-00000.jsonl.open'])
  })

  test('names a folder by the declared format only', async () => {
    const context = { uid: 'scores', options: { folder: 'x', format: { name: '../../etc' } }, base }
    await expect(new FileSink().open(context, undefined)).rejects.toMatchObject({ code: 'ML_RANGE' })
  })
})

describe('recovery', () => {
  test('cuts the open part back, removes later ones and goes on', async () => {
    const { writer, second } = await three()
    writer.roll()
    append(writer, 'e\n')
    let next = await reopen(writer, second)
    expect(await content()).toEqual({
      'part-00000.jsonl': 'a\n',
      'part-00001.jsonl.open': 'b\n',
      'part-00002.jsonl.open': 'c\n',
    })
    await next.commit(2, second)
    append(next, 'd\n')
    next.roll()
    const third = await next.prepare(3)
    expect(third).toMatchObject({ part: 3, bytes: 0, closed: [{ part: 2, bytes: 4 }] })
    next = await reopen(next, third)
    await next.commit(3, third)
    expect(await content()).toEqual({
      'part-00000.jsonl': 'a\n',
      'part-00001.jsonl': 'b\n',
      'part-00002.jsonl': 'c\nd\n',
    })
  })

  test('may go back to an older checkpoint while nothing after it is public', async () => {
    const { writer, first } = await three()
    const next = await reopen(writer, first)
    expect(await content()).toEqual({ 'part-00000.jsonl': 'a\n' })
    append(next, 'b\n')
    await next.drain()
    expect((await content())['part-00001.jsonl.open']).toBe('b\n')
  })

  test('refuses an older checkpoint once later parts are public, also when a reader has taken them', async () => {
    const { writer, first, second } = await three()
    await writer.commit(2, second)
    await expect(reopen(writer, first)).rejects.toThrow(
      /^ML_SINK_AHEAD: the checkpoint ends in part 1, but part 1 is public already.*Restore this checkpoint with a new folder/,
    )
    await unlink(join(base, 'out', 'part-00001.jsonl'))
    await expect(open(first)).rejects.toMatchObject({ code: 'ML_SINK_AHEAD' })
  })

  test('goes on when a reader has taken public parts away', async () => {
    const { writer, second } = await three()
    await writer.commit(2, second)
    await unlink(join(base, 'out', 'part-00000.jsonl'))
    await unlink(join(base, 'out', 'part-00001.jsonl'))
    const next = await reopen(writer, second)
    await next.commit(2, second)
    expect(await content()).toEqual({ 'part-00002.jsonl.open': 'c\n' })
  })

  test.each<[string, () => Promise<unknown>]>([
    ['the open part is shorter than the cut', () => truncate(join(base, 'out', 'part-00002.jsonl.open'), 1)],
    ['the open part is gone', () => unlink(join(base, 'out', 'part-00002.jsonl.open'))],
    ['a closed part is shorter', () => truncate(join(base, 'out', 'part-00001.jsonl.open'), 1)],
    ['a closed part that was never public is gone', () => unlink(join(base, 'out', 'part-00001.jsonl.open'))],
    ['the folder is gone', () => rm(join(base, 'out'), { recursive: true })],
    ['the folder was emptied', () => rm(join(base, 'out'), { recursive: true }).then(() => mkdir(join(base, 'out')))],
    [
      'a public part has its open name again',
      () => rename(join(base, 'out', 'part-00000.jsonl'), join(base, 'out', 'part-00000.jsonl.open')),
    ],
  ])('refuses when %s', async (_, lose) => {
    const { writer, second } = await three()
    await writer.close()
    await lose()
    const before = await readdir(join(base, 'out')).catch(() => [])
    await expect(open(second)).rejects.toThrow(/^ML_SINK_LOST: output that the checkpoint covers is missing: /)
    expect(await readdir(join(base, 'out')).catch(() => [])).toEqual(before)
  })

  test('restores any checkpoint into a new folder, which begins with the parts that were not public', async () => {
    const { writer, first, second } = await three()
    await writer.commit(2, second)
    await writer.close()
    let next = await open(second, 'new')
    await next.commit(2, second)
    expect(await content('new')).toEqual({ 'part-00001.jsonl.open': 'b\n', 'part-00002.jsonl.open': 'c\n' })
    append(next, 'd\n')
    // Killed before its first checkpoint: the new folder still counts as new.
    next = await reopen(next, second, 'new')
    append(next, 'D\n')
    next.roll()
    const third = await next.prepare(3)
    await next.commit(3, third)
    expect(await content('new')).toEqual({ 'part-00001.jsonl': 'b\n', 'part-00002.jsonl': 'c\nD\n' })
    expect(await content()).toEqual({
      'part-00000.jsonl': 'a\n',
      'part-00001.jsonl': 'b\n',
      'part-00002.jsonl.open': 'c\nd\n',
    })
    await next.close()
    const old = await open(first, 'older')
    expect(await content('older')).toEqual({ 'part-00000.jsonl.open': 'a\n' })
    await old.close()
    await rm(join(base, 'out'), { recursive: true })
    await expect(open(second, 'newest')).rejects.toThrow(
      /ML_SINK_LOST: .*the first 2 bytes of part 1 are needed from .*out/,
    )
  })

  test('does not take the folder of another run for its own', async () => {
    const { writer, second } = await three()
    await writer.close()
    const other = await open(undefined, 'other')
    append(other, 'theirs\n'.repeat(9))
    const theirs = await other.prepare(1)
    await other.commit(1, theirs)
    await other.close()
    await expect(open(second, 'other')).rejects.toThrow(
      /^ML_SINK_EXISTS: the folder holds the output of another run \(sink "scores"\)/,
    )
    await rm(join(base, 'out'), { recursive: true })
    await cp(join(base, 'other'), join(base, 'out'), { recursive: true })
    await expect(open(second)).rejects.toMatchObject({ code: 'ML_SINK_EXISTS' })
  })

  test('follows a folder that was moved', async () => {
    const { writer, second } = await three()
    await writer.close()
    await rename(join(base, 'out'), join(base, 'moved'))
    await open(second, 'moved')
    expect((await content('moved'))['part-00002.jsonl.open']).toBe('c\n')
  })

  test('refuses what it did not prepare', async () => {
    const { writer, second } = await three()
    await writer.close()
    for (const wrong of [
      {},
      { ...second, part: -1 },
      { ...second, bytes: 2 ** 60 },
      { ...second, closed: [{ part: '../x', bytes: 1 }] },
      { ...second, closed: 7 },
    ]) {
      await expect(open(wrong as JsonObject)).rejects.toMatchObject({ code: 'ML_CORRUPT' })
    }
    await writeFile(join(base, 'out', '.sink.json'), '{"format":1')
    await expect(open(second)).rejects.toThrow(
      /ML_CORRUPT: the folder's .sink.json is damaged at .*sink.json, offset 0/,
    )
  })
})

describe('with nothing restored', () => {
  test('a run that died before its first checkpoint leaves nothing in the way', async () => {
    const writer = await open()
    append(writer, 'a\n')
    writer.roll()
    append(writer, 'b\n')
    await writer.prepare(1)
    const next = await reopen(writer)
    expect(await content()).toEqual({})
    append(next, 'A\n')
    await next.drain()
    expect(await content()).toEqual({ 'part-00000.jsonl.open': 'A\n' })
  })

  test('what a checkpoint covered is never mixed with, nor removed', async () => {
    const writer = await open()
    append(writer, 'a\n')
    await writer.commit(1, await writer.prepare(1))
    await expect(reopen(writer)).rejects.toThrow(
      /^ML_SINK_EXISTS: .*Choose a new folder, empty this one, or run with the state folder its output belongs to/,
    )
    expect(await content()).toEqual({ 'part-00000.jsonl.open': 'a\n' })
  })

  test('a folder with other files is refused and stays as it is', async () => {
    await mkdir(join(base, 'out'))
    for (const name of ['notes.txt', 'part-00000.csv', 'part-0.jsonl']) {
      await writeFile(join(base, 'out', name), 'mine')
      await expect(open()).rejects.toThrow(`ML_SINK_EXISTS: the folder holds other files; got "${name}"`)
      expect(await readdir(join(base, 'out'))).toEqual([name])
      await unlink(join(base, 'out', name))
    }
    await open()
  })

  test('a link in the place of the folder is refused', async () => {
    await mkdir(join(base, 'real'))
    await symlink(join(base, 'real'), join(base, 'out'))
    await expect(open()).rejects.toMatchObject({ code: 'ML_PATH' })
    expect(await readdir(join(base, 'real'))).toEqual([])
  })
})

describe('clearing', () => {
  const context = (uid: string) => ({ uid, options: { folder: 'out', format: { name: 'jsonl' } }, base })

  test('removes the parts of this sink, covered or not, and nothing else', async () => {
    const { writer, second } = await three()
    await writer.commit(2, second)
    await writer.close()
    await writeFile(join(base, 'out', 'notes.txt'), 'mine')
    await expect(new FileSink().clear(context('outcomes'))).rejects.toThrow(
      /^ML_SINK_EXISTS: .* another sink, "scores"/,
    )
    expect(Object.keys(await content())).toHaveLength(4)
    await new FileSink().clear(context('scores'))
    expect(await content()).toEqual({ 'notes.txt': 'mine' })
    await unlink(join(base, 'out', 'notes.txt'))
    append(await open(), 'anew\n')
  })

  test('leaves alone what no sink wrote, and waits for no one', async () => {
    await new FileSink().clear(context('scores'))
    expect(await readdir(base)).toEqual([])
    await mkdir(join(base, 'out'))
    await writeFile(join(base, 'out', 'part-00000.jsonl'), 'mine')
    await new FileSink().clear(context('scores'))
    expect(await readdir(join(base, 'out'))).toEqual(['part-00000.jsonl'])
    await rm(join(base, 'out'), { recursive: true })
    await open()
    await expect(new FileSink().clear(context('scores'))).rejects.toMatchObject({ code: 'ML_LOCKED' })
  })
})

describe('one writer', () => {
  test('at a time: a second one is refused', async () => {
    const { second } = await three()
    await expect(open(second)).rejects.toMatchObject({ code: 'ML_LOCKED' })
  })

  test('that was fenced prepares and commits nothing more', async () => {
    const { writer, second } = await three()
    const processes = {
      self: () => ({ pid: 1, started: '', boot: '', space: '', host: '' }),
      stateOf: () => 'dead' as const,
    }
    const taker = await acquireLock(join(base, 'out'), { storage: nodeStorage, processes, beatMs: 0 })
    await expect(writer.commit(2, second)).rejects.toMatchObject({ code: 'ML_FENCED' })
    await expect(writer.prepare(3)).rejects.toThrow(/ML_FENCED|ML_STORAGE/)
    expect(Object.keys(await content())).toContain('part-00001.jsonl.open')
    await taker.release()
  })
})

describe('when the disk fails', () => {
  async function simulated(): Promise<{ disk: SimulatedDisk; writer: SinkWriter }> {
    const disk = new SimulatedDisk()
    const context = { uid: 'scores', options: { folder: '/out', format: { name: 'csv' } }, base: '/' }
    return { disk, writer: await new FileSink({ storage: disk, beatMs: 0 }).open(context, undefined) }
  }

  test('once, in a write, everything that follows fails, and what was prepared before is committed', async () => {
    const { disk, writer } = await simulated()
    append(writer, 'a\n')
    writer.roll()
    const first = await writer.prepare(1)
    let faults = 0
    disk.fault = ({ kind }) => (kind === 'write' && faults++ === 0 ? 'ENOSPC' : undefined)
    append(writer, 'b\n')
    await expect(writer.drain()).rejects.toThrow(
      /^ML_STORAGE: could not write the output; got "ENOSPC" at .out \(sink "scores"\)\. Free space/,
    )
    append(writer, 'c\n')
    await expect(writer.prepare(2)).rejects.toMatchObject({ code: 'ML_STORAGE' })
    await writer.commit(1, first)
    expect(await disk.readdir('/out')).toContain('part-00000.csv')
    await writer.close()
  })

  test.each(['fsync', 'fsyncFolder'] as const)('once, in %s, no later prepare succeeds', async (failing) => {
    const { disk, writer } = await simulated()
    append(writer, 'a\n')
    let faults = 0
    disk.fault = ({ kind }) => (kind === failing && faults++ === 0 ? 'EIO' : undefined)
    await expect(writer.prepare(1)).rejects.toMatchObject({ code: 'ML_STORAGE' })
    await expect(writer.prepare(2)).rejects.toMatchObject({ code: 'ML_STORAGE' })
    await writer.close()
  })

  test('or someone removes or cuts the open part, the next prepare says so', async () => {
    const writer = await open()
    append(writer, 'abc\n')
    await writer.prepare(1)
    await truncate(join(base, 'out', 'part-00000.jsonl.open'), 2)
    await expect(writer.prepare(2)).rejects.toThrow(
      /ML_SINK_LOST: part 0 has fewer bytes than were written to it \(4\); got 2/,
    )
    const other = await open(undefined, 'other')
    append(other, 'abc\n')
    await other.drain()
    await rm(join(base, 'other'), { recursive: true })
    await expect(other.prepare(1)).rejects.toThrow(/ML_STORAGE.*ENOENT/)
  })
})
