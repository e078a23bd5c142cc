import { readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorText } from '../../errors.ts'
import { acquireLock } from '../../storage/acquire-lock.ts'
import { nodeStorage } from '../../storage/node-storage.ts'
import { type FaultPoint, SimulatedDisk } from '../../testing/simulated-disk.ts'
import { file, folder, ids, lock, options, parts, snapshot, write } from './checkpoint-store.fixture.ts'
import { CheckpointStore } from './checkpoint-store.ts'
import { sha256 } from './manifest.ts'
import { MILLRACE_VERSION } from './versions.ts'

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
    await lock.release()
    const next = await acquireLock(folder, { storage: nodeStorage })
    await expect(writer.commit(parts)).rejects.toMatchObject({ code: 'ML_FENCED' })
    expect(await readdir(join(folder, 'chk-000000002'))).toEqual(['state.bin'])
    expect((await (await CheckpointStore.open(folder, { ...options, lock: next })).latest())?.checkpoint.id).toBe(1)
    await next.release()
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

test('the version in manifests is that of the package', async () => {
  const manifest = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'))
  expect(MILLRACE_VERSION).toBe(manifest.version)
})
