import { cp, readFile, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorText } from '../../errors.ts'
import { acquireLock } from '../../storage/acquire-lock.ts'
import { SimulatedDisk } from '../../testing/simulated-disk.ts'
import { file, folder, LARGEST_FRAME, options, snapshot, write } from './checkpoint-store.fixture.ts'
import { CheckpointStore } from './checkpoint-store.ts'
import { encodeManifest, MANIFEST_FORMAT, type Manifest, sha256 } from './manifest.ts'

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

  test('a manifest that is no JSON, without quoting it', async () => {
    const store = await CheckpointStore.open(folder, options)
    await write(store, 1)
    const body = '{"params": {"password": "hunter2"'
    await writeFile(file(1, 'manifest.json'), `${body},\n  "sha256": "${sha256(Buffer.from(body))}"\n}\n`)
    const error = await store.latest().catch(errorText)
    expect(error).toContain('the manifest is damaged: it is not JSON at ')
    expect(error).not.toContain('hunter')
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
