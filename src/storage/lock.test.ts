import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CrashStates } from '../testing/crash-states.ts'
import { SimulatedDisk } from '../testing/simulated-disk.ts'
import { acquireLock } from './acquire-lock.ts'
import { lockName } from './lock-file.ts'
import { nodeStorage } from './node-storage.ts'
import { nodeProcesses, type Processes, type ProcessIdentity } from './processes.ts'

describe('the lock of a folder on disk', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-lock-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const take = () => acquireLock(folder, { storage: nodeStorage, now: () => 0 })

  test('refuses a second taker while the first lives, with pid and since when', async () => {
    const lock = await take()
    await lock.assertHeld()
    await expect(take()).rejects.toThrow(
      new RegExp(
        `^ML_LOCKED: another process is using the folder: pid ${process.pid} on .*, since 1970-01-01T00:00:00.000Z at ${folder}`,
      ),
    )
    await lock.assertHeld()
    await lock.release()
  })

  test('raises the epoch at each opening, and keeps one file', async () => {
    for (let epoch = 1; epoch <= 3; epoch++) {
      const lock = await take()
      expect(lock.epoch).toBe(epoch)
      expect(await readdir(folder)).toEqual([lockName(epoch)])
      await lock.release()
      await lock.release()
    }
  })

  test('takes over from a process that has died', async () => {
    const holder = spawn('sleep', ['60'])
    const first = await acquireLock(folder, {
      storage: nodeStorage,
      processes: processOf(holder.pid as number),
      beatMs: 0,
    })
    await expect(take()).rejects.toMatchObject({ code: 'ML_LOCKED' })
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    const second = await take()
    expect(second.epoch).toBe(first.epoch + 1)
    await expect(first.assertHeld()).rejects.toMatchObject({ code: 'ML_FENCED' })
    await second.assertHeld()
    await second.release()
  })

  test.runIf(process.platform === 'linux')(
    'takes over when the pid lives but was given to a later process',
    async () => {
      const old = { ...nodeProcesses.self(), started: '1' }
      await acquireLock(folder, { storage: nodeStorage, processes: { ...nodeProcesses, self: () => old }, beatMs: 0 })
      const lock = await take()
      expect(lock.epoch).toBe(2)
      await lock.release()
    },
  )

  test.runIf(process.platform === 'linux')('takes over what was held before the machine was started anew', async () => {
    const old = { ...nodeProcesses.self(), boot: 'another' }
    await acquireLock(folder, { storage: nodeStorage, processes: { ...nodeProcesses, self: () => old }, beatMs: 0 })
    await (await take()).release()
  })

  test('a holder in another container counts as alive while its file is touched, and as dead when it is not', async () => {
    const elsewhere = { ...nodeProcesses, self: () => ({ ...nodeProcesses.self(), host: 'other-host' }) }
    const holder = await acquireLock(folder, { storage: nodeStorage, processes: elsewhere, beatMs: 20 })
    await expect(acquireLock(folder, { storage: nodeStorage, beatMs: 100 })).rejects.toMatchObject({
      code: 'ML_LOCKED',
    })
    await holder.release()
    const silent = await acquireLock(folder, { storage: nodeStorage, processes: elsewhere, beatMs: 0 })
    const other = join(folder, 'other')
    await acquireLock(other, { storage: nodeStorage, processes: elsewhere, beatMs: 0 })
    const lock = await acquireLock(folder, { storage: nodeStorage, beatMs: 20 })
    expect(lock.epoch).toBe(silent.epoch + 1)
    // What is known of the holder is not waited for again in each of its folders.
    let waits = 0
    const wait = async () => void waits++
    await (await acquireLock(other, { storage: nodeStorage, wait })).release()
    expect(waits).toBe(0)
    await lock.release()
  })

  test('says so when the folder was deleted, or the lock was given back', async () => {
    const lock = await take()
    await rm(folder, { recursive: true })
    await expect(lock.assertHeld()).rejects.toMatchObject({ code: 'ML_STORAGE' })
    await lock.release()
    const next = await take()
    await next.release()
    await expect(next.assertHeld()).rejects.toMatchObject({ code: 'ML_FENCED' })
  })

  test('goes by content that is torn, empty or foreign as by a dead holder, but never follows a link', async () => {
    for (const [i, text] of ['', '{"epoch":1', '\0\0\0\0', 'null', '{"epoch":99,"pid":1}'].entries()) {
      await writeFile(join(folder, lockName(10 * (i + 1))), text)
      const lock = await acquireLock(folder, { storage: nodeStorage, wait: async () => {} })
      expect(lock.epoch).toBe(10 * (i + 1) + 1)
      await lock.release()
    }
    await writeFile(join(folder, 'victim'), 'safe')
    await symlink(join(folder, 'victim'), join(folder, lockName(100)))
    await expect(take()).rejects.toThrow(/ELOOP/)
    expect(await readFile(join(folder, 'victim'), 'utf8')).toBe('safe')
  })
})

describe('takers in a race', () => {
  test('of several that find a stale or torn lock exactly one gets it, in 1,500 random schedules', async () => {
    let unreadableSeen = 0
    for (let seed = 1; seed <= 1500; seed++) {
      const random = generator(seed)
      const disk = new SimulatedDisk()
      const processes = new FakeProcesses()
      if (seed % 3 > 0) {
        const dead = await acquireLock('/job', { ...processes.spawn(), storage: disk })
        processes.kill(1)
        if (seed % 3 === 2) {
          const file = await disk.open(`/job/${lockName(dead.epoch)}`, 'write')
          await file.truncate(7)
          await file.close()
        }
      }
      // Mostly quick, now and then slower than the whole rest: what a process put to sleep between two calls sees.
      disk.ticks = () => Math.floor(random() < 0.06 ? random() * 1000 : random() * 4)
      const wait = async () => {
        unreadableSeen++
        for (let i = 0; i < random() * 3; i++) await undefined
      }
      const takers = [0, 1, 2].map(() => acquireLock('/job', { ...processes.spawn(), storage: disk, wait }))
      const results = await Promise.allSettled(takers)
      const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      const lost = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []))
      expect([seed, won.length, lost]).toEqual([seed, 1, ['ML_LOCKED', 'ML_LOCKED']])
      await won[0].assertHeld()
    }
    expect(unreadableSeen).toBeGreaterThan(1000)
  })

  test('after a power cut at any operation the folder can be taken, with an epoch above all before', async () => {
    const disk = new SimulatedDisk()
    const crash = new CrashStates(disk.root)
    const processes = new FakeProcesses()
    const epochs: { at: number; epoch: number }[] = []
    for (let round = 0; round < 4; round++) {
      const lock = await acquireLock('/job', { ...processes.spawn(), storage: disk })
      epochs.push({ at: disk.log.length, epoch: lock.epoch })
      if (round % 2) await lock.release()
      else processes.kill(round + 1)
    }
    const random = generator(7)
    let states = 0
    for (let at = 0; at <= disk.log.length; at++) {
      const before = Math.max(0, ...epochs.filter((entry) => entry.at <= at).map(({ epoch }) => epoch))
      for (const state of crash.states(random, 4)) {
        const lock = await acquireLock('/job', {
          storage: new SimulatedDisk(state),
          processes: processes.rebooted(),
          beatMs: 0,
          wait: async () => {},
        })
        expect(lock.epoch).toBeGreaterThan(before)
        states++
      }
      if (at < disk.log.length) crash.advance(disk.log[at])
    }
    expect(states).toBeGreaterThan(100)
  })
})

/** A machine whose processes are numbers. */
class FakeProcesses {
  #last = 0
  readonly #dead = new Set<number>()
  readonly #boot: string

  constructor(boot = 'boot') {
    this.#boot = boot
  }

  spawn(): { processes: Processes; beatMs: 0 } {
    const pid = ++this.#last
    return { processes: { self: () => identity(pid, this.#boot), stateOf: (other) => this.#stateOf(other) }, beatMs: 0 }
  }

  kill(pid: number): void {
    this.#dead.add(pid)
  }

  rebooted(): Processes {
    return new FakeProcesses(`${this.#boot}+`).spawn().processes
  }

  #stateOf(other: ProcessIdentity) {
    return other.boot !== this.#boot || this.#dead.has(other.pid) ? 'dead' : 'alive'
  }
}

function identity(pid: number, boot: string): ProcessIdentity {
  return { pid, started: '', boot, space: '', host: 'here' }
}

/** The identity of another process of this machine; its start time left open, so that the pid alone counts. */
function processOf(pid: number): Processes {
  return { ...nodeProcesses, self: () => ({ ...nodeProcesses.self(), pid, started: '' }) }
}

/** A small seeded generator for schedules. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
