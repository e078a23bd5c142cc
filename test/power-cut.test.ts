/**
 * Every state that a power cut at any operation may leave is recovered from; what the job then has must be what one of
 * its checkpoints covers.
 *
 * About 4,000 states. MILLRACE_EFFORT=100 takes a hundred times as many random ones, under other seeds.
 */
import { describe, expect, test, vi } from 'vitest'
import { CrashStates } from '../src/testing/crash-states.ts'
import { type DiskOp, type FolderNode, SimulatedDisk } from '../src/testing/simulated-disk.ts'
import { expectedParts, generator, Job, output, type Promised, recover } from './checkpointed-job.ts'

const EFFORT = Number(process.env.MILLRACE_EFFORT ?? 1)
vi.setConfig({ testTimeout: 60_000 * EFFORT })
const SEEDS = Array.from({ length: 2 * EFFORT }, (_, i) => i + 1)
/** Walks through all crash states of a log. `promised` says what must not be lost, `floor` what was there before. */
async function eachCrash(
  crash: CrashStates,
  log: readonly DiskOp[],
  promised: readonly Promised[],
  options: {
    readonly floor: number
    readonly from?: number
    readonly random: () => number
    readonly samples: number
    readonly share?: number
  },
  visit: (state: FolderNode, atLeast: number, atMost: number) => Promise<void>,
): Promise<number> {
  const { floor, from = 0, random, samples, share = 1 } = options
  let states = 0
  const newest = Math.max(floor, ...promised.map(({ id }) => id)) + 1
  for (let at = 0; at <= log.length; at++) {
    const atLeast = Math.max(floor, ...promised.filter((entry) => entry.at <= at).map(({ id }) => id))
    if (at >= from) {
      for (const state of crash.states(random, samples)) {
        if (share < 1 && random() >= share) continue
        states++
        await visit(state, atLeast, newest)
      }
    }
    if (at < log.length) crash.advance(log[at])
  }
  return states
}

describe('a power cut at any operation', () => {
  test.each(SEEDS)(
    'leaves the newest checkpoint or the one before, and the sink with exactly what it covers (%i)',
    async (seed) => {
      const random = generator(seed)
      const disk = new SimulatedDisk()
      const crash = new CrashStates(disk.root)
      disk.ticks = () => Math.floor(random() * (seed * 4))
      const job = await Job.open(disk, 0)
      await job.run(4)
      let continued = 0
      const states = await eachCrash(
        crash,
        disk.log,
        job.promised,
        { floor: 0, random, samples: 3 },
        async (state, atLeast, atMost) => {
          const again = await recover(state, 1, atLeast, atMost)
          if (++continued % 9 > 0) return
          // Whatever was lost comes again: at the end nobody can tell that there was a power cut.
          again.process(200 - again.rows)
          await again.checkpoint(0)
          const { final, open } = output(again.disk.root)
          expect([...final.values(), ...open.values()]).toEqual(expectedParts(200))
        },
      )
      expect(output(disk.root).final.size).toBeGreaterThan(1)
      expect(states).toBeGreaterThan(700)
    },
  )

  test('also while recovering from an earlier one', async () => {
    const random = generator(4)
    const disk = new SimulatedDisk()
    const crash = new CrashStates(disk.root)
    const job = await Job.open(disk, 0)
    await job.run(4)
    const chosen: { state: FolderNode; atLeast: number; atMost: number }[] = []
    await eachCrash(crash, disk.log, job.promised, { floor: 0, random, samples: 3 }, async (state, atLeast, atMost) => {
      if (random() < 0.015 * EFFORT) chosen.push({ state, atLeast, atMost })
    })
    let states = 0
    for (const { state, atLeast, atMost } of chosen) {
      const second = new CrashStates(state)
      const again = await recover(state, 1, atLeast, atMost)
      again.disk.ticks = () => Math.floor(random() * 4)
      again.process(9)
      await again.checkpoint(2)
      const options = { floor: again.restoredId, random, samples: 1 }
      states += await eachCrash(second, again.disk.log, again.promised, options, async (state, atLeast, atMost) => {
        await recover(state, 2, atLeast, atMost)
      })
    }
    expect(states).toBeGreaterThan(1000)
  })

  test('also when a restart closes a part it has written nothing to', async () => {
    const random = generator(5)
    const disk = new SimulatedDisk()
    const first = await Job.open(disk, 0)
    await first.run(2)
    const crash = new CrashStates(disk.root)
    const restarted = new SimulatedDisk(disk.root)
    const job = await Job.open(restarted, 1)
    const whole = expectedParts(job.rows)
    expect(output(disk.root).open.size).toBe(1)
    await job.finish()
    const options = { floor: job.restoredId, random, samples: 6 }
    const states = await eachCrash(crash, restarted.log, job.promised, options, async (state, atLeast, atMost) => {
      await recover(state, 2, atLeast, atMost, whole)
    })
    expect(states).toBeGreaterThan(150)
  })

  test('after a kill and a restart: what the restart went on from is durable before anything follows from it', async () => {
    let states = 0
    for (let at = 1; at < 130; at += Math.max(1, 6 / EFFORT)) {
      const random = generator(at)
      const disk = new SimulatedDisk()
      const crash = new CrashStates(disk.root)
      disk.ticks = () => Math.floor(random() * 4)
      const killed = new Promise<void>((resolve) => {
        disk.killed = () => {
          if (disk.log.length >= at) resolve()
          return disk.log.length >= at
        }
      })
      const promised: Promised[] = []
      await Promise.race([killed, Job.open(disk, 0, promised).then((job) => job.run(6))])
      const next = new SimulatedDisk(disk.root, disk.log)
      const job = await Job.open(next, 1, promised)
      promised.push({ at: disk.log.length, id: job.restoredId })
      job.process(9)
      await job.checkpoint(1)
      states += await eachCrash(
        crash,
        disk.log,
        promised,
        { floor: 0, from: at, random, samples: 1, share: Math.min(1, EFFORT / 4) },
        async (state, atLeast, atMost) => {
          await recover(state, 2, atLeast, atMost)
        },
      )
    }
    expect(states).toBeGreaterThan(1000)
  })
})
