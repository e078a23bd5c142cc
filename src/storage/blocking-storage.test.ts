import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { blockingStorage } from './blocking-storage.ts'
import { nodeStorage } from './node-storage.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-blocking-'))
  await writeFile(join(folder, 'b'), 'hello WOR')
  await symlink(join(folder, 'b'), join(folder, 'link'))
  await mkdir(join(folder, 'a'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('reading by calls that block', () => {
  test('gives the same bytes and size', async () => {
    for (const storage of [blockingStorage, nodeStorage]) {
      const file = await storage.open(join(folder, 'link'), 'read')
      const room = new Uint8Array(20)
      expect(await file.size()).toBe(9)
      expect(await file.read(room, 2)).toBe(7)
      expect(new TextDecoder().decode(room.subarray(0, 7))).toBe('llo WOR')
      expect(await file.read(room, 9)).toBe(0)
      await file.close()
    }
  })

  test('says the same of what is under a name, and of what is not', async () => {
    for (const name of ['a', 'b', 'link', 'c', 'b/below']) {
      expect(await blockingStorage.stat(join(folder, name))).toEqual(await nodeStorage.stat(join(folder, name)))
    }
    expect(await blockingStorage.readdir(folder)).toEqual(['a', 'b', 'link'])
    for (const storage of [blockingStorage, nodeStorage]) {
      await expect(storage.open(join(folder, 'c'), 'read')).rejects.toMatchObject({ code: 'ENOENT' })
      await expect(storage.stat(join(folder, '0'.repeat(300)))).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
    }
  })
})
