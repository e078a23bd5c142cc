/**
 * A spool through power cuts, kills and disk faults: what was acknowledged is read, once and in order, from any offset.
 *
 * About 1,000 crash states. MILLRACE_EFFORT=100 takes a hundred times as many random ones.
 */
import { describe, expect, test, vi } from 'vitest'
import { CrashStates } from '../testing/crash-states.ts'
import { type FaultPoint, type FileNode, type FolderNode, SimulatedDisk } from '../testing/simulated-disk.ts'
import type { Processes } from './processes.ts'
import { Spool } from './spool.ts'
import { SpoolReader } from './spool-reader.ts'

const EFFORT = Number(process.env.MILLRACE_EFFORT ?? 1)
vi.setConfig({ testTimeout: 60_000 * EFFORT })

const FOLDER = '/srv/spool'
const MAX_BYTES = 64 << 10

/** A machine where everything that ran before the last power cut is dead. */
function machine(boot: number): Processes {
  const self = { pid: 1, started: '', boot: `boot ${boot}`, space: '', host: 'here' }
  return { self: () => self, stateOf: (other) => (other.boot === self.boot ? 'alive' : 'dead') }
}

function open(disk: SimulatedDisk, boot: number): Promise<Spool> {
  const options = { storage: disk, processes: machine(boot), beatMs: 0, wait: async () => {}, now: () => 0 }
  return Spool.open(FOLDER, { ...options, maxBytes: MAX_BYTES })
}

/** The i-th line: of different lengths, so that frames and sectors end everywhere. */
function line(i: number): Uint8Array {
  return Buffer.from(`${i}:${'abcdefghij'.repeat((i * 37) % 90)}\n`)
}

function lines(from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) text += Buffer.from(line(i)).toString()
  return text
}

async function read(spool: Spool, disk: SimulatedDisk, from: number): Promise<string> {
  const reader = new SpoolReader(spool, disk, from, 'test', () => true)
  let text = ''
  for (let bytes = await reader.read(); bytes !== null; bytes = await reader.read())
    text += Buffer.from(bytes).toString()
  await reader.close()
  return text
}

/** A seeded stream of numbers in [0, 1). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** Appends lines in groups of different sizes; `acknowledged` hears, with each answer, how many are safe. */
async function fill(
  spool: Spool,
  from: number,
  to: number,
  random: () => number,
  acknowledged: (lines: number) => void = () => {},
): Promise<void> {
  for (let i = from; i < to; ) {
    const count = Math.min(to - i, 1 + Math.floor(random() * 5))
    const group: Promise<void>[] = []
    for (const end = i + count; i < end; i++) {
      const safe = i + 1
      group.push(spool.append(line(i)).then(() => acknowledged(safe)))
    }
    await Promise.all(group)
  }
}

describe('a spool', () => {
  test('gives what was appended from any offset, over segments and over restarts', async () => {
    const disk = new SimulatedDisk()
    let spool = await open(disk, 0)
    await fill(spool, 0, 40, generator(1))
    await spool.close()
    spool = await open(disk, 0)
    await fill(spool, 40, 90, generator(2))
    const whole = lines(0, 90)
    expect(spool.end).toBe(whole.length)
    const names = [...((disk.root.entries.get('srv') as FolderNode).entries.get('spool') as FolderNode).entries.keys()]
    expect(names.filter((name) => name.endsWith('.spool')).length).toBeGreaterThan(3)
    const random = generator(3)
    for (const from of [
      0,
      1,
      whole.length - 1,
      whole.length,
      ...Array.from({ length: 60 }, () => Math.floor(random() * whole.length)),
    ])
      expect(await read(spool, disk, from)).toBe(whole.slice(from))
    expect(() => new SpoolReader(spool, disk, whole.length + 1, 'test')).toThrow(/ML_SOURCE_CHANGED/)
    await spool.close()
  })

  test('hands out lines as they become durable, and larger ones than its blocks', async () => {
    const disk = new SimulatedDisk()
    const spool = await open(disk, 0)
    const reader = new SpoolReader(spool, disk, 0, 'test')
    const waiting = reader.read()
    await spool.append(Buffer.from('first\n'))
    expect(Buffer.from((await waiting) as Uint8Array).toString()).toBe('first\n')
    expect(reader.caughtUp).toBe(true)
    const large = Buffer.alloc(600_000, 'x')
    await Promise.all([spool.append(Buffer.from('a\n')), spool.append(large), spool.append(Buffer.from('b\n'))])
    expect(reader.caughtUp).toBe(false)
    let bytes = 0
    while (bytes < 600_004) bytes += ((await reader.read()) as Uint8Array).length
    expect(bytes).toBe(600_004)
    const closing = reader.read()
    await reader.close()
    expect(await closing).toBeNull()
    await spool.close()
  })

  test('is full at its bound, and has room when what is covered was removed', async () => {
    const disk = new SimulatedDisk()
    let spool = await open(disk, 0)
    let i = 0
    while (!spool.full) await spool.append(line(i++))
    expect(spool.diskBytes).toBeGreaterThanOrEqual(MAX_BYTES)
    const { end } = spool
    let room = false
    const waiting = spool.change().then(() => {
      room = true
    })
    await spool.trim(end - 5000)
    await waiting
    expect([room, spool.full]).toEqual([true, false])
    expect(spool.start).toBeGreaterThan(0)
    expect(spool.start).toBeLessThanOrEqual(end - 5000)
    expect(await read(spool, disk, spool.start)).toBe(lines(0, i).slice(spool.start))
    // All of it: what remains is the place where it goes on.
    await spool.trim(end)
    await spool.close()
    spool = await open(disk, 0)
    expect(spool.end).toBe(end)
    await spool.append(Buffer.from('on\n'))
    expect(await read(spool, disk, end)).toBe('on\n')
    await spool.close()
  })

  test('belongs to one process; one that has lost it unawares acknowledges nothing, and disturbs nothing', async () => {
    const disk = new SimulatedDisk()
    const zombie = await open(disk, 0)
    await expect(open(disk, 0)).rejects.toMatchObject({ code: 'ML_LOCKED' })
    await fill(zombie, 0, 10, generator(1))
    const heir = await open(disk, 1)
    await expect(zombie.append(Buffer.from('late\n'))).rejects.toMatchObject({ code: 'ML_FENCED' })
    await expect(zombie.append(Buffer.from('later\n'))).rejects.toMatchObject({ code: 'ML_FENCED' })
    await fill(heir, 10, 20, generator(2))
    expect(await read(heir, disk, 0)).toBe(lines(0, 20))
    await zombie.close()
    await heir.close()
    const next = await open(disk, 2)
    expect(await read(next, disk, 0)).toBe(lines(0, 20))
  })

  test('names damage to what was acknowledged, and cuts off what a power cut left of the last write', async () => {
    const disk = new SimulatedDisk()
    const spool = await open(disk, 0)
    for (let i = 0; i < 6; i++) await spool.append(line(i))
    await spool.close()
    const folder = (disk.root.entries.get('srv') as FolderNode).entries.get('spool') as FolderNode
    const [, segment] = [...folder.entries].find(([name]) => name.endsWith('.spool')) as [string, FileNode]
    const good = segment.bytes
    for (let at = 0; at < good.length - line(5).length - 12; at += 29) {
      segment.bytes = good.slice()
      segment.bytes[at] ^= 16
      await expect(open(disk, 0), String(at)).rejects.toMatchObject({ code: 'ML_CORRUPT' })
    }
    segment.bytes = good.slice(0, good.length - 3)
    const again = await open(disk, 0)
    expect(await read(again, disk, 0)).toBe(lines(0, 5))
    await again.close()
  })
})

describe('a power cut at any operation of a spool', () => {
  test.each(Array.from({ length: 2 * EFFORT }, (_, i) => i + 1))(
    'takes nothing that was acknowledged (%i)',
    async (seed) => {
      const random = generator(seed)
      const disk = new SimulatedDisk()
      const crash = new CrashStates(disk.root)
      disk.ticks = () => Math.floor(random() * 4)
      /** Operations done when so many lines were acknowledged. */
      const promised: { at: number; lines: number }[] = []
      const spool = await open(disk, 0)
      const acknowledged = (count: number) => void promised.push({ at: disk.log.length, lines: count })
      await fill(spool, 0, 60, random, acknowledged)
      const trimmed = lines(0, 40).length
      await spool.trim(trimmed)
      await fill(spool, 60, 90, random, acknowledged)
      await spool.close()
      let states = 0
      for (let at = 0; at <= disk.log.length; at++) {
        const safe = Math.max(0, ...promised.filter((entry) => entry.at <= at).map((entry) => entry.lines))
        for (const state of crash.states(random, 4)) {
          states++
          const other = new SimulatedDisk(state)
          const heir = await open(other, 1)
          expect(heir.end).toBeGreaterThanOrEqual(lines(0, safe).length)
          expect(heir.start).toBeLessThanOrEqual(trimmed)
          const found = await read(heir, other, heir.start)
          expect(lines(0, 90).slice(heir.start).startsWith(found)).toBe(true)
          expect(heir.start + found.length).toBe(heir.end)
          // What was found is as safe as what was acknowledged: a second cut may not take it.
          if (states % 20 === 0) {
            const second = new CrashStates(state)
            for (const op of other.log) second.advance(op)
            for (const after of second.states(random, 1)) {
              const last = await open(new SimulatedDisk(after), 2)
              expect(last.end).toBe(heir.end)
            }
          }
        }
        if (at < disk.log.length) crash.advance(disk.log[at])
      }
      expect(states).toBeGreaterThan(400)
    },
  )
})

describe('a kill, a restart and then a power cut', () => {
  test('take nothing that the restart has seen: an engine may have gone on from it', async () => {
    let states = 0
    let unsynced = 0
    for (let at = 3; at < 60; at++) {
      const random = generator(at)
      const disk = new SimulatedDisk()
      const crash = new CrashStates(disk.root)
      let safe = 0
      const killed = new Promise<void>((resolve) => {
        disk.killed = () => {
          if (disk.log.length >= at) resolve()
          return disk.log.length >= at
        }
      })
      const acknowledged = (count: number) => {
        safe = count
      }
      await Promise.race([killed, open(disk, 0).then((spool) => fill(spool, 0, 90, random, acknowledged))])
      const heir = await open(new SimulatedDisk(disk.root, disk.log), 1)
      if (heir.end > lines(0, safe).length) unsynced++
      for (const op of disk.log) crash.advance(op)
      for (const state of crash.states(random, 3)) {
        states++
        const other = new SimulatedDisk(state)
        const last = await open(other, 2)
        expect(last.end).toBe(heir.end)
        expect(await read(last, other, 0)).toBe(lines(0, 90).slice(0, heir.end))
      }
    }
    expect(states).toBeGreaterThan(20)
    expect(unsynced).toBeGreaterThan(3)
  })
})

describe('a disk fault at any operation of a spool', () => {
  test.each(['EIO', 'ENOSPC'])('(%s) is told, and takes nothing that was acknowledged', async (code) => {
    const run = async (disk: SimulatedDisk, acknowledged: (lines: number) => void) => {
      const spool = await open(disk, 0)
      try {
        await fill(spool, 0, 12, generator(5), acknowledged)
        await spool.trim(lines(0, 6).length)
        await fill(spool, 12, 16, generator(6), acknowledged)
      } finally {
        await spool.close()
      }
    }
    let calls = 0
    const clean = new SimulatedDisk()
    clean.fault = () => void calls++ as undefined
    await run(clean, () => {})
    expect(calls).toBeGreaterThan(70)
    for (let at = 0; at < calls; at++) {
      const disk = new SimulatedDisk()
      const crash = new CrashStates(disk.root)
      let call = 0
      let hit: FaultPoint | undefined
      let safe = 0
      disk.fault = (point) => {
        if (call++ !== at) return undefined
        hit = point
        return code
      }
      const failure = await run(disk, (count) => {
        safe = Math.max(safe, count)
      }).catch((error) => error)
      const { kind, path } = hit as unknown as FaultPoint
      if (failure === undefined)
        expect([path, kind]).toEqual([path, expect.stringMatching(/^(close|unlink|open|write|stat|readdir)$/)])
      else expect(failure.code).toMatch(/^ML_(STORAGE|LOCKED)$/)
      if (kind === 'fsync' || kind === 'fsyncFolder') expect(failure).toBeDefined()
      disk.fault = () => undefined
      for (const op of disk.log) crash.advance(op)
      for (const state of [disk.root, ...crash.states(generator(at + 1), 1)]) {
        const other = new SimulatedDisk(state)
        const heir = await open(other, 1)
        expect(heir.end).toBeGreaterThanOrEqual(lines(0, safe).length)
        const found = await read(heir, other, heir.start)
        expect(lines(0, 16).slice(heir.start).startsWith(found)).toBe(true)
        await heir.close()
      }
    }
  })
})
