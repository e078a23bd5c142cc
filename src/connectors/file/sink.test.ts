import { mkdir, readdir, rm, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { acquireLock } from '../../storage/acquire-lock.ts'
import { nodeStorage } from '../../storage/node-storage.ts'
import type { SinkWriter } from '../../stream/ports.ts'
import { SimulatedDisk } from '../../testing/simulated-disk.ts'
import { append, base, content, open, three } from './sink.fixture.ts'
import { FileSink } from './sink.ts'

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
