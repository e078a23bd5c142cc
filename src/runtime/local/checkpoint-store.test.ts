import { cp, mkdtemp, readdir, readFile, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { errorText } from '../../errors.ts'
import { acquireLock } from '../../storage/acquire-lock.ts'
import type { DirectoryLock } from '../../storage/lock.ts'
import { nodeStorage } from '../../storage/node-storage.ts'
import { type FaultPoint, SimulatedDisk } from '../../testing/simulated-disk.ts'
import { CheckpointStore, type CheckpointStoreOptions } from './checkpoint-store.ts'
import { encodeManifest, MANIFEST_FORMAT, type Manifest, type ManifestParts, sha256 } from './manifest.ts'
import { MILLRACE_VERSION } from './versions.ts'

let folder: string
let lock: DirectoryLock
let options: CheckpointStoreOptions
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-checkpoints-'))
  lock = await acquireLock(folder, { storage: nodeStorage })
  options = { pipeline: 'flights', lock, now: () => 0 }
})
afterEach(async () => {
  await lock.release()
  await rm(folder, { recursive: true, force: true })
})

const parts: ManifestParts = {
  status: 'running',
  planHash: 'abc',
  plan: { version: 1, name: 'flights' },
  splits: { departures: { 'a.csv': { consumed: 17 } } },
  sinks: { scores: { part: 3, bytes: 1000 } },
  ledgers: { in: 2 },
  counters: { step: -0.5 },
}

/** Snapshot bytes that tell checkpoint and group. */
function snapshot(id: number, group: number, size = 40 + group): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => id * 31 + group * 7 + i)
}

async function write(store: CheckpointStore, id: number, groups = 5): Promise<Manifest> {
  const writer = store.begin(id)
  for (let group = 0; group < groups; group++) writer.add('learn “ñ”', group, snapshot(id, group))
  return writer.commit(parts)
}

async function ids(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('chk-'))
}

/** Length and checksum, uid with its length, group, 44 bytes. */
const LARGEST_FRAME = 8 + 15 + 1 + 44

const file = (id: number, name: string) => join(folder, `chk-00000000${id}`, name)

describe('a checkpoint', () => {
  test('comes back as it was written, frame by frame', async () => {
    const store = await CheckpointStore.open(folder, options)
    expect(await store.latest()).toBeUndefined()
    expect(store.nextId).toBe(1)
    const manifest = await write(store, 1)
    const { checkpoint, damaged } = (await store.latest()) ?? expect.fail('no checkpoint')
    expect(damaged).toEqual([])
    expect(checkpoint.manifest).toEqual(manifest)
    expect(manifest).toMatchObject({
      ...parts,
      format: 1,
      id: 1,
      pipeline: 'flights',
      clean: false,
      fencingEpoch: 1,
      createdAt: '1970-01-01T00:00:00.000Z',
      versions: { millrace: MILLRACE_VERSION, node: process.versions.node, v8: process.versions.v8 },
    })
    const frames = [...checkpoint.frames]
    expect(frames.map(({ uid, group }) => [uid, group])).toEqual([0, 1, 2, 3, 4].map((group) => ['learn “ñ”', group]))
    const onDisk = await readFile(file(1, 'state.bin'))
    for (const { group, bytes, offset } of frames) {
      expect(bytes).toEqual(snapshot(1, group))
      expect(onDisk.subarray(offset, offset + bytes.length)).toEqual(Buffer.from(bytes))
    }
    expect(manifest.state).toEqual({ sizeBytes: onDisk.length, sha256: sha256(onDisk), frames: 5 })
  })

  test('has the same state bytes whatever the snapshots were made in, and may reuse them at once', async () => {
    const store = await CheckpointStore.open(folder, options)
    const writer = store.begin(1)
    const scratch = new Uint8Array(3_000_000)
    for (let group = 0; group < 4; group++) {
      scratch.fill(group)
      writer.add('op', group, scratch)
    }
    writer.add('empty', 0, scratch.subarray(0, 0))
    expect(writer.pendingBytes).toBeGreaterThan(11_000_000)
    await writer.drain()
    expect(writer.pendingBytes).toBeLessThan(1_100_000)
    await writer.commit(parts)
    const { checkpoint } = (await store.latest()) ?? expect.fail('no checkpoint')
    const frames = [...checkpoint.frames]
    expect(frames.map(({ bytes }) => bytes.length)).toEqual([3e6, 3e6, 3e6, 3e6, 0])
    expect(frames.slice(0, 4).every(({ group, bytes }) => bytes.every((byte) => byte === group))).toBe(true)
  })

  test('is clean when the run was suspended or finished', async () => {
    const store = await CheckpointStore.open(folder, options)
    expect((await store.begin(1).commit({ ...parts, status: 'suspended' })).clean).toBe(true)
    expect((await store.begin(2).commit({ ...parts, status: 'finished' })).clean).toBe(true)
  })

  test('leaves nothing when it is aborted, and its id is not used again', async () => {
    const store = await CheckpointStore.open(folder, options)
    const writer = store.begin(4)
    writer.add('op', 0, new Uint8Array(2_000_000))
    await writer.abort()
    expect(await ids()).toEqual([])
    expect(() => store.begin(4)).toThrow(/must be 5 or higher; got 4/)
    await expect(writer.commit(parts)).rejects.toMatchObject({ code: 'ML_RANGE' })
  })

  test('refuses numbers that JSON would turn into null', async () => {
    const store = await CheckpointStore.open(folder, options)
    await expect(store.begin(1).commit({ ...parts, counters: { step: Number.NaN } })).rejects.toThrow(
      /ML_VALUE.*property "step"/,
    )
    expect(await ids()).toEqual([])
  })
})

describe('the store', () => {
  test('keeps the newest n, and never fewer than two', async () => {
    await expect(CheckpointStore.open(folder, { ...options, retain: 1 })).rejects.toMatchObject({ code: 'ML_RANGE' })
    const store = await CheckpointStore.open(folder, { ...options, retain: 3 })
    for (let id = 1; id <= 5; id++) await write(store, id)
    expect(await ids()).toEqual(['chk-000000003', 'chk-000000004', 'chk-000000005'])
    const again = await CheckpointStore.open(folder, options)
    expect(again.nextId).toBe(6)
    await write(again, 6)
    expect(await ids()).toEqual(['chk-000000005', 'chk-000000006'])
    expect((await again.list()).map(({ id, manifest }) => [id, manifest?.pipeline])).toEqual([
      [5, 'flights'],
      [6, 'flights'],
    ])
  })

  test('does not count a damaged checkpoint among those it keeps', async () => {
    let store = await CheckpointStore.open(folder, options)
    for (let id = 1; id <= 3; id++) await write(store, id)
    await truncate(file(3, 'state.bin'), 100)
    store = await CheckpointStore.open(folder, options)
    expect((await store.latest())?.checkpoint.id).toBe(2)
    await write(store, 4)
    await truncate(file(4, 'state.bin'), 100)
    expect((await store.latest())?.checkpoint.id).toBe(2)
  })

  test('sweeps half checkpoints and temporary files when it opens with the lock, and only then', async () => {
    const store = await CheckpointStore.open(folder, options)
    await write(store, 1)
    await write(store, 2)
    await rename(file(2, 'manifest.json'), file(2, 'manifest.json.tmp'))
    await writeFile(file(1, 'manifest.json.tmp'), 'half')
    await CheckpointStore.open(folder, { pipeline: 'flights' })
    expect(await ids()).toHaveLength(2)
    const again = await CheckpointStore.open(folder, options)
    expect(await ids()).toEqual(['chk-000000001'])
    expect(await readdir(join(folder, 'chk-000000001'))).toEqual(['manifest.json', 'state.bin'])
    expect(again.nextId).toBe(3)
  })

  test('opened without a lock it reads and does not write', async () => {
    await write(await CheckpointStore.open(folder, options), 1)
    const reader = await CheckpointStore.open(folder, { pipeline: 'flights' })
    expect((await reader.latest())?.checkpoint.id).toBe(1)
    expect(() => reader.begin(2)).toThrow(/opened without a lock/)
    expect(await (await CheckpointStore.open(join(folder, 'none'), { pipeline: 'flights' })).latest()).toBeUndefined()
    expect(await readdir(folder)).not.toContain('none')
  })

  test('commits nothing once another process has taken over, and leaves its files alone', async () => {
    const store = await CheckpointStore.open(folder, options)
    await write(store, 1)
    const writer = store.begin(2)
    const taken = lock
    await taken.release()
    lock = await acquireLock(folder, { storage: nodeStorage })
    await expect(writer.commit(parts)).rejects.toMatchObject({ code: 'ML_FENCED' })
    expect(await readdir(join(folder, 'chk-000000002'))).toEqual(['state.bin'])
    expect((await (await CheckpointStore.open(folder, { ...options, lock })).latest())?.checkpoint.id).toBe(1)
  })
})

describe('damage', () => {
  /** Two checkpoints; `spoil` damages the second. Returns the message about it. */
  async function passedOver(spoil: () => Promise<unknown>): Promise<string> {
    let store = await CheckpointStore.open(folder, options)
    if (store.nextId === 1) {
      await write(store, 1)
      await write(store, 2)
    }
    await cp(folder, `${folder}-copy`, { recursive: true })
    try {
      await spoil()
      store = await CheckpointStore.open(folder, { pipeline: 'flights' })
      const latest = (await store.latest()) ?? expect.fail('no checkpoint')
      expect([latest.checkpoint.id, latest.damaged.map(({ id }) => id)]).toEqual([1, [2]])
      expect([...latest.checkpoint.frames].map(({ bytes }) => bytes)).toEqual(
        [0, 1, 2, 3, 4].map((g) => snapshot(1, g)),
      )
      return errorText(latest.damaged[0].error)
    } finally {
      await rm(join(folder, 'chk-000000001'), { recursive: true, force: true })
      await rm(join(folder, 'chk-000000002'), { recursive: true, force: true })
      await cp(`${folder}-copy`, folder, { recursive: true })
      await rm(`${folder}-copy`, { recursive: true, force: true })
    }
  }

  async function flip(path: string, position: number, bit: number): Promise<void> {
    const bytes = await readFile(path)
    bytes[position] ^= 1 << bit
    await writeFile(path, bytes)
  }

  test.each(['state.bin', 'manifest.json'])(
    'of any one bit of %s is found, its file and offset named',
    async (name) => {
      const disk = new SimulatedDisk()
      const lock = await acquireLock('/job', { storage: disk, beatMs: 0 })
      const store = await CheckpointStore.open('/job', { pipeline: 'flights', storage: disk, lock })
      await write(store, 1)
      await write(store, 2)
      const reader = await CheckpointStore.open('/job', { pipeline: 'flights', storage: disk })
      const path = `/job/chk-000000002/${name}`
      const damaged = await disk.open(path, 'write')
      const whole = new Uint8Array(await damaged.size())
      await damaged.read(whole, 0)
      for (let position = 0; position < whole.length; position++) {
        await damaged.write(Uint8Array.of(whole[position] ^ (1 << (position % 8))), position)
        const latest = (await reader.latest()) ?? expect.fail('no checkpoint')
        await damaged.write(whole.subarray(position, position + 1), position)
        const where = latest.damaged[0]?.error.where ?? ''
        const offset = Number(where.split(', offset ')[1])
        // The offset is that of the frame, or field of the header, the bit lies in.
        const near = name === 'manifest.json' || (offset <= position && position - offset < LARGEST_FRAME)
        const found = latest.checkpoint.id === 1 && where.startsWith(`${path}, offset `) && near
        if (!found) expect([position, where]).toEqual([])
      }
      expect((await reader.latest())?.checkpoint.id).toBe(2)
    },
  )

  test('of a zeroed or missing tail is found', async () => {
    for (const name of ['state.bin', 'manifest.json']) {
      const { length } = await readFile(file(2, name)).catch(() => Buffer.alloc(300))
      for (const keep of [0, 1, length >> 1, length - 1]) {
        expect(await passedOver(() => truncate(file(2, name), keep))).toContain(file(2, name))
        const zeroed = async () =>
          writeFile(
            file(2, name),
            Buffer.concat([(await readFile(file(2, name))).subarray(0, keep), Buffer.alloc(length - keep)]),
          )
        expect(await passedOver(zeroed)).toContain(file(2, name))
      }
      expect(await passedOver(() => unlink(file(2, name)))).toMatch(/missing.*chk-000000002/)
    }
  })

  test('by swapped files is found: each belongs to one checkpoint', async () => {
    expect(await passedOver(() => cp(file(1, 'state.bin'), file(2, 'state.bin')))).toMatch(
      /belongs to another checkpoint than 2; got 1/,
    )
    expect(await passedOver(() => cp(file(1, 'manifest.json'), file(2, 'manifest.json')))).toMatch(
      /belongs to another checkpoint than 2; got 1/,
    )
    const both = () => cp(join(folder, 'chk-000000001'), join(folder, 'chk-000000002'), { recursive: true })
    expect(await passedOver(both)).toMatch(/belongs to another checkpoint than 2; got 1/)
  })

  test('of a length field is refused before anything is allocated for it', async () => {
    const huge = async () => {
      const bytes = await readFile(file(2, 'state.bin'))
      bytes.writeUInt32LE(0xffffffff, 13)
      await writeFile(file(2, 'state.bin'), bytes)
    }
    expect(await passedOver(huge)).toMatch(
      /a frame of 4294967295 bytes is said to begin here, \d+ are left at .*offset 13/,
    )
    const claim = async (sizeBytes: number) => {
      const { checkpoint } =
        (await (await CheckpointStore.open(folder, { pipeline: 'flights' })).latest()) ?? expect.fail()
      const state = { ...checkpoint.manifest.state, sizeBytes }
      await writeFile(file(2, 'manifest.json'), encodeManifest({ ...checkpoint.manifest, state }))
    }
    // 2^60 is no safe integer, so no JSON number can claim it exactly; 2^52 is the nearest that passes for a size.
    expect(await passedOver(() => claim(2 ** 60))).toMatch(/wrong type/)
    expect(await passedOver(() => claim(2 ** 52))).toMatch(/ML_CORRUPT/)
    expect(await passedOver(() => claim(10))).toMatch(/larger than 10 bytes/)
  })

  test('of all checkpoints is an error that lists them all', async () => {
    const store = await CheckpointStore.open(folder, options)
    await write(store, 1)
    await write(store, 2)
    await flip(file(1, 'state.bin'), 70, 3)
    await flip(file(2, 'manifest.json'), 70, 3)
    const error = await store.latest().catch(errorText)
    expect(error).toMatch(
      /^ML_CORRUPT: no checkpoint can be used:\n.*checksum does not fit.*000000002.manifest.json, offset 0\n.*frame.*000000001.state.bin, offset 13/,
    )
  })
})

describe('a disk that fails', () => {
  async function simulated(): Promise<{
    disk: SimulatedDisk
    store: CheckpointStore
    latest: () => Promise<number | undefined>
  }> {
    const disk = new SimulatedDisk()
    const options = {
      pipeline: 'flights',
      storage: disk,
      lock: await acquireLock('/job', { storage: disk, beatMs: 0 }),
    }
    const store = await CheckpointStore.open('/job', options)
    await write(store, 1)
    return { disk, store, latest: async () => (await store.latest())?.checkpoint.id }
  }

  test.each<[string, (op: FaultPoint) => boolean]>([
    ['writing the state', ({ kind, path }) => kind === 'write' && path.endsWith('state.bin')],
    ['fsync of the state', ({ kind, path }) => kind === 'fsync' && path.endsWith('state.bin')],
    ['fsync of the manifest', ({ kind, path }) => kind === 'fsync' && path.includes('manifest')],
    ['renaming the manifest', ({ kind }) => kind === 'rename'],
  ])('once, while %s, fails that checkpoint and no other', async (_, hits) => {
    const { disk, store, latest } = await simulated()
    let faults = 0
    disk.fault = (op) => (hits(op) && faults++ === 0 ? 'EIO' : undefined)
    const error = await write(store, 2).catch(errorText)
    expect(error).toMatch(/^ML_STORAGE: could not write the .* got "EIO" at .job.chk-000000002/)
    expect(await disk.readdir('/job')).toEqual(['.lock-000000000001', 'chk-000000001'])
    expect(await latest()).toBe(1)
    await write(store, 3)
    expect(await latest()).toBe(3)
  })

  test('when the folder cannot be made durable takes the manifest back', async () => {
    const { disk, store, latest } = await simulated()
    let renamed = false
    disk.fault = ({ kind, path }) => {
      if (kind === 'rename') renamed = true
      return renamed && kind === 'fsyncFolder' && path.endsWith('chk-000000002') ? 'EIO' : undefined
    }
    await expect(write(store, 2)).rejects.toThrow(/could not make the name of the file durable; got "EIO"/)
    disk.fault = () => undefined
    expect(await latest()).toBe(1)
  })

  test.each(['ENOSPC', 'EROFS'])('(%s) tells what to do, and the previous checkpoint stands', async (code) => {
    const { disk, store, latest } = await simulated()
    disk.fault = ({ kind }) => (/^(write|mkdir|rename|fsync)$/.test(kind) ? code : undefined)
    const remedy = code === 'ENOSPC' ? /Free space on the disk/ : /read-only: mount it for writing/
    await expect(write(store, 2)).rejects.toThrow(remedy)
    expect(await latest()).toBe(1)
  })

  test('surfaces at drain too, and abort never fails', async () => {
    const { disk, store } = await simulated()
    disk.fault = ({ kind }) => (kind === 'write' ? 'ENOSPC' : undefined)
    const writer = store.begin(2)
    writer.add('op', 0, new Uint8Array(3_000_000))
    await expect(writer.drain()).rejects.toMatchObject({ code: 'ML_STORAGE' })
    disk.fault = () => 'EIO'
    await writer.abort()
  })

  test('that cannot read the newest checkpoint gives the one before', async () => {
    const { disk, store } = await simulated()
    await write(store, 2)
    disk.fault = ({ kind, path }) => (kind === 'read' && path.includes('chk-000000002/state') ? 'EIO' : undefined)
    const { checkpoint, damaged } = (await store.latest()) ?? expect.fail('no checkpoint')
    expect([checkpoint.id, damaged[0].error.what]).toEqual([1, 'the disk cannot read the file'])
    disk.fault = ({ kind, path }) => (kind === 'open' && path.includes('state.bin') ? 'EACCES' : undefined)
    await expect(store.latest()).rejects.toThrow(/ML_STORAGE.*EACCES/)
  })

  test('whose folder was deleted while the run goes on fails the checkpoint', async () => {
    const store = await CheckpointStore.open(folder, options)
    await write(store, 1)
    const writer = store.begin(2)
    writer.add('op', 0, new Uint8Array(2_000_000))
    await writer.drain()
    await rm(folder, { recursive: true })
    await expect(writer.commit(parts)).rejects.toThrow(/ML_STORAGE.*ENOENT.*do not delete it while the pipeline runs/)
    await expect(store.begin(3).commit(parts)).rejects.toMatchObject({ code: 'ML_STORAGE' })
  })
})

describe('what is not ours is refused', () => {
  async function rewrite(change: Partial<Manifest>): Promise<void> {
    const store = await CheckpointStore.open(folder, options)
    const manifest = await write(store, 1)
    await writeFile(file(1, 'manifest.json'), encodeManifest({ ...manifest, ...change }))
  }

  test('a newer format, by both versions, with no older checkpoint taken in its place', async () => {
    await write(await CheckpointStore.open(folder, options), 1)
    const store = await CheckpointStore.open(folder, options)
    const manifest = await write(store, 2)
    const newer = { ...manifest, format: MANIFEST_FORMAT + 1, versions: { ...manifest.versions, millrace: '9.1.0' } }
    await writeFile(file(2, 'manifest.json'), encodeManifest(newer))
    await expect(store.latest()).rejects.toThrow(
      /^ML_VERSION: the checkpoint has format 2, this version reads up to 1; got "written by millrace 9.1.0"/,
    )
  })

  test('the checkpoint of another pipeline', async () => {
    await rewrite({ pipeline: 'fraud' })
    const store = await CheckpointStore.open(folder, options)
    await expect(store.latest()).rejects.toThrow(
      /^ML_OTHER_PIPELINE: the checkpoint was written by pipeline "fraud", this is "flights"/,
    )
  })

  test('a manifest without what it must have', async () => {
    await rewrite({ splits: undefined })
    await expect((await CheckpointStore.open(folder, options)).latest()).rejects.toMatchObject({ code: 'ML_CORRUPT' })
  })

  test('links in the place of a folder or a file, which are never followed', async () => {
    const store = await CheckpointStore.open(folder, options)
    await write(store, 1)
    await write(store, 2)
    await rename(join(folder, 'chk-000000002'), join(folder, 'elsewhere'))
    await symlink(join(folder, 'elsewhere'), join(folder, 'chk-000000002'))
    const latest = (await store.latest()) ?? expect.fail('no checkpoint')
    expect([latest.checkpoint.id, latest.damaged[0].error.code]).toEqual([1, 'ML_PATH'])
    await rename(file(1, 'state.bin'), file(1, 'other.bin'))
    await symlink(file(1, 'other.bin'), file(1, 'state.bin'))
    await expect(store.latest()).rejects.toThrow(/ML_CORRUPT.*\n.*may not be a symbolic link.*\n.*this is a link/)
    await symlink(folder, `${folder}-link`)
    await expect(CheckpointStore.open(`${folder}-link`, options)).rejects.toMatchObject({ code: 'ML_PATH' })
    await unlink(`${folder}-link`)
  })

  test('names that only look like checkpoints are left alone', async () => {
    for (const name of ['chk-..', 'chk-1', 'chk-0000000001', 'chk-00000000x', 'chk-\\..\\x'])
      await writeFile(join(folder, name), '')
    const store = await CheckpointStore.open(folder, options)
    expect([await store.latest(), store.nextId]).toEqual([undefined, 1])
  })
})

test('the version in manifests is that of the package', async () => {
  const manifest = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'))
  expect(MILLRACE_VERSION).toBe(manifest.version)
})
