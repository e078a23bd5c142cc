import { mkdtemp, readFile as readWhole, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SimulatedDisk } from '../testing/simulated-disk.ts'
import { writeAtomically } from './atomic-write.ts'
import { inFolder, makeFolder } from './folders.ts'
import { nodeStorage as storage } from './node-storage.ts'
import { readFile } from './read-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-storage-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const bytes = (text: string) => new TextEncoder().encode(text)

describe('the disk by Node', () => {
  test('writes at an offset, reads back, truncates and says the size', async () => {
    const file = await storage.open(join(folder, 'a'), 'create')
    await file.write(bytes('hello world'), 0)
    await file.write(bytes('WORLD'), 6)
    await file.truncate(9)
    await file.fsync()
    expect(await file.size()).toBe(9)
    const room = new Uint8Array(20)
    expect(await file.read(room, 2)).toBe(7)
    expect(new TextDecoder().decode(room.subarray(0, 7))).toBe('llo WOR')
    await file.close()
    await storage.fsyncFolder(folder)
  })

  test('creates only what is new, and refuses links where it writes', async () => {
    await writeFile(join(folder, 'real'), 'x')
    await symlink(join(folder, 'real'), join(folder, 'link'))
    await symlink(join(folder, 'nowhere'), join(folder, 'dangling'))
    await expect(storage.open(join(folder, 'real'), 'create')).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(storage.open(join(folder, 'dangling'), 'create')).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(storage.open(join(folder, 'link'), 'write')).rejects.toMatchObject({ code: 'ELOOP' })
    await (await storage.open(join(folder, 'link'), 'read')).close()
    expect((await storage.stat(join(folder, 'link')))?.kind).toBe('link')
    expect(await storage.stat(join(folder, 'real', 'below'))).toBeUndefined()
  })

  test('lists names sorted', async () => {
    for (const name of ['b', 'a', 'c']) await writeFile(join(folder, name), '')
    expect(await storage.readdir(folder)).toEqual(['a', 'b', 'c'])
  })
})

describe('readFile', () => {
  test('hands the pieces to the checksum in order and returns the whole', async () => {
    const content = new Uint8Array(9_000_001).map((_, i) => i * 7)
    await writeFile(join(folder, 'big'), content)
    const pieces: Uint8Array[] = []
    const read = await readFile(storage, join(folder, 'big'), 1e9, (piece) => pieces.push(piece.slice()))
    expect(Buffer.compare(read, content)).toBe(0)
    expect(Buffer.compare(Buffer.concat(pieces), content)).toBe(0)
    expect(pieces.length).toBe(3)
  })

  test('refuses a file past the limit before it allocates, and links', async () => {
    await writeFile(join(folder, 'a'), 'four')
    await symlink(join(folder, 'a'), join(folder, 'link'))
    await expect(readFile(storage, join(folder, 'a'), 3)).rejects.toMatchObject({ code: 'ML_CORRUPT' })
    await expect(readFile(storage, join(folder, 'link'), 9)).rejects.toMatchObject({ code: 'ML_PATH' })
    await expect(readFile(storage, join(folder, 'b'), 9)).rejects.toThrow(/could not read the file; got "ENOENT"/)
  })
})

describe('writeAtomically', () => {
  test('replaces a file whole and leaves no temporary one', async () => {
    const path = join(folder, 'm.json')
    await writeAtomically(storage, path, bytes('old'))
    await writeFile(`${path}.tmp`, 'left by a crash, and longer than what is written now')
    await writeAtomically(storage, path, bytes('new'))
    expect(await readWhole(path, 'utf8')).toBe('new')
    expect(await storage.readdir(folder)).toEqual(['m.json'])
  })

  test.each(['open', 'write', 'fsync', 'close', 'rename'] as const)(
    'when %s fails, the old file stands',
    async (kind) => {
      const disk = new SimulatedDisk()
      await writeAtomically(disk, '/m', bytes('old'))
      disk.fault = (op) => (op.kind === kind ? 'EIO' : undefined)
      await expect(writeAtomically(disk, '/m', bytes('new'))).rejects.toMatchObject({ code: 'ML_STORAGE' })
      disk.fault = () => undefined
      expect(new TextDecoder().decode(await readFile(disk, '/m', 99))).toBe('old')
      expect(await disk.readdir('/')).toEqual(['m'])
    },
  )

  test('does not report success when the folder cannot be made durable', async () => {
    const disk = new SimulatedDisk()
    disk.fault = ({ kind }) => (kind === 'fsyncFolder' ? 'EIO' : undefined)
    await expect(writeAtomically(disk, '/m', bytes('new'))).rejects.toThrow(/make the name of the file durable/)
  })

  test('syncs the file before the rename and the folder after it', async () => {
    const disk = new SimulatedDisk()
    await writeAtomically(disk, '/m', bytes('new'))
    expect(disk.log.map(({ kind }) => kind)).toEqual(['link', 'write', 'fsync', 'rename', 'fsyncFolder'])
  })
})

describe('folders', () => {
  test('are created with their parents, every new name synced in its parent', async () => {
    const disk = new SimulatedDisk()
    await makeFolder(disk, '/a/b/c')
    expect(disk.log.map((op) => ('name' in op ? op.name : op.kind))).toEqual([
      'fsyncFolder',
      'a',
      'fsyncFolder',
      'b',
      'fsyncFolder',
      'c',
      'fsyncFolder',
    ])
    await makeFolder(disk, '/a/b/c')
  })

  test('are refused when a link or a file is in their place', async () => {
    await symlink(tmpdir(), join(folder, 'link'))
    await writeFile(join(folder, 'file'), '')
    await expect(makeFolder(storage, join(folder, 'link'))).rejects.toMatchObject({ code: 'ML_PATH' })
    await expect(makeFolder(storage, join(folder, 'file'))).rejects.toMatchObject({ code: 'ML_PATH' })
    await expect(makeFolder(storage, join(folder, 'file', 'x'))).rejects.toMatchObject({ code: 'ML_PATH' })
    await makeFolder(storage, join(folder, 'x', 'y'))
  })

  test.each(['', '.', '..', '../x', '/etc', 'a/b', 'a\\b', 'C:', 'a\0b'])(
    'the name %j does not lead out of one',
    (name) => {
      expect(() => inFolder('/home', name)).toThrow(/ML_PATH/)
    },
  )
})
