import { cp, mkdir, readdir, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../stream/ports.ts'
import { append, base, content, open, reopen, three } from './sink.fixture.ts'

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
