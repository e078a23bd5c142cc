/**
 * Faults of the disk under the whole engine: state folder and sinks on a simulated disk that loses what was not synced,
 * or fails. The suites of checkpoints and sinks try many more states of each; here they meet. MILLRACE_EFFORT=2 takes three
 * times as many.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CrashGuard } from '../../src/runtime/local/crash-guard.ts'
import type { Processes } from '../../src/storage/processes.ts'
import { CrashStates } from '../../src/testing/crash-states.ts'
import { type FaultPoint, type FolderNode, SimulatedDisk } from '../../src/testing/simulated-disk.ts'
import { generator } from '../checkpointed-job.ts'
import { folder } from './faulty-run.ts'
import { runShop, shopResult } from './shop.ts'

let boots = 0

/** The machine as a new process finds it: whatever ran before is dead. */
function machine(): Processes {
  const self = { pid: 1, started: '', boot: `boot ${++boots}`, space: '', host: 'here' }
  return { self: () => self, stateOf: (other) => (other.boot === self.boot ? 'alive' : 'dead') }
}

const params = { rows: 120, partBytes: 2000 }
const MOST_RUNS = 6
const EFFORT = Number(process.env.MILLRACE_EFFORT ?? 1)

interface Attempt {
  /** Runs it took. */
  readonly runs: number
  readonly failures: readonly (Error & { code?: string })[]
  readonly warnings: readonly string[]
  readonly result: Map<string, string>
}

/** Runs until the input is used up: after a failure it is started again, as a user does. */
async function finish(disk: SimulatedDisk, base: string, rows = params.rows): Promise<Attempt> {
  const failures: Error[] = []
  const warnings: string[] = []
  // What a run notes of records that kill it lies beside its state, on the real disk.
  const state = join(base, 'state')
  mkdirSync(state, { recursive: true })
  for (let runs = 1; runs <= MOST_RUNS; runs++) {
    try {
      const report = await runShop(base, {
        storage: disk,
        processes: machine(),
        params: { ...params, rows },
        everyRecords: 30,
        warnings,
      })
      return { runs, failures, warnings, result: await shopResult(disk, base, report) }
    } catch (error) {
      if ((error as { code?: string }).code === 'ML_FINISHED') {
        const checkpoints = (await disk.readdir(state)).filter((name) => name.startsWith('chk-')).sort()
        return {
          runs,
          failures,
          warnings,
          result: await shopResult(disk, base, join(state, checkpoints.at(-1) as string)),
        }
      }
      failures.push(error as Error)
    }
  }
  throw new AggregateError(failures, `not finished after ${MOST_RUNS} runs: ${failures.join('; ')}`)
}

describe('a power cut', () => {
  test('fault 38: at any operation of a run, the next one finishes with the bytes of the unfailed run', async () => {
    const base = folder()
    const disk = new SimulatedDisk()
    const crash = new CrashStates(disk.root)
    const random = generator(38)
    disk.ticks = () => Math.floor(random() * 3)
    const { result: expected, runs } = await finish(disk, base)
    expect(runs).toBe(1)
    expect([...expected.keys()].filter((path) => path.startsWith('scores/part')).length).toBeGreaterThan(3)
    const { log } = disk
    let states = 0
    for (let at = 0; at <= log.length; at++) {
      for (const state of drawn(crash, random, at)) {
        states++
        CrashGuard.forget(join(base, 'state'))
        const again = await finish(new SimulatedDisk(state), base)
        expect(again.failures).toEqual([])
        if (!same(again.result, expected)) expect([at, ...again.result]).toEqual([at, ...expected])
      }
      if (at < log.length) crash.advance(log[at])
    }
    expect(log.length).toBeGreaterThan(150)
    expect(states).toBeGreaterThan(log.length)
  })
})

/** Of each cut in turn: nothing of what was not synced, all of it, or something between; with more effort all three. */
function drawn(crash: CrashStates, random: () => number, at: number): FolderNode[] {
  const all = [...crash.states(random, 2)]
  const between = all[Math.min(all.length - 1, 2 + Math.floor(random() * (all.length - 2)))]
  return EFFORT > 1 ? [all[0], all[1] ?? all[0], between] : [[all[0], all[1] ?? all[0], between][at % 3]]
}

function same(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)
}

describe('a disk that fails', () => {
  /** An unfailed run, with every operation it makes. */
  async function unfailed(rows = params.rows): Promise<{ points: FaultPoint[]; expected: Map<string, string> }> {
    const points: FaultPoint[] = []
    const disk = new SimulatedDisk()
    disk.fault = (point) => void points.push(point) as undefined
    const { result } = await finish(disk, folder(), rows)
    return { points, expected: result }
  }

  /** Runs with the `at`-th of these operations failing and says what came of it. */
  async function failing(
    kinds: readonly FaultPoint['kind'][],
    at: number,
    code: string,
  ): Promise<Attempt & { point: FaultPoint | undefined }> {
    const base = folder()
    const disk = new SimulatedDisk()
    let calls = 0
    let hit: FaultPoint | undefined
    disk.fault = (point) => {
      if (!kinds.includes(point.kind) || calls++ !== at) return undefined
      hit = point
      return code
    }
    return { ...(await finish(disk, base)), point: hit }
  }

  test('fault 39: EIO of any one fsync is told, and the run, or the next one, ends with the right bytes', async () => {
    const { points, expected } = await unfailed()
    const kinds = ['fsync', 'fsyncFolder'] as const
    const syncs = points.filter(({ kind }) => kind === 'fsync' || kind === 'fsyncFolder').length
    expect(syncs).toBeGreaterThan(30)
    for (let at = 0; at < syncs; at += 3) {
      const { failures, warnings, result, point } = await failing(kinds, at, 'EIO')
      const told = [...failures.map(({ message }) => message), ...warnings].join('\n')
      // How many there are depends on the pace of the run.
      if (point === undefined) break
      expect([point.kind, told]).toEqual([expect.stringMatching(/^fsync/), expect.stringMatching(/ML_STORAGE/)])
      if (!same(result, expected)) expect([at, ...result]).toEqual([at, ...expected])
    }
  })

  test('fault 40: a full disk at any one write fails that checkpoint, the one before stands, and the end is right', async () => {
    const { points, expected } = await unfailed()
    const writes = points.filter(({ kind }) => kind === 'write').length
    let survived = 0
    // Every third write; which of them belong to checkpoints depends on the pace of the run, so the others where none did.
    const every = [0, 1, 2].flatMap((first) =>
      Array.from({ length: Math.ceil((writes - first) / 3) }, (_, i) => first + 3 * i),
    )
    for (const at of every) {
      if (at > 0 && at < 3 && survived > 0) break
      const { failures, warnings, result, point } = await failing(['write'], at, 'ENOSPC')
      if (point === undefined) continue
      const { path } = point
      for (const { code, message } of failures) expect([path, message, code]).toEqual([path, message, 'ML_STORAGE'])
      if (failures.length === 0 && warnings.some((message) => message.includes('the previous one stands'))) survived++
      if (!same(result, expected)) expect([at, ...result]).toEqual([at, ...expected])
    }
    expect(survived).toBeGreaterThan(0)
  })

  test.each(['ENOSPC', 'EROFS'])(
    'fault 40: %s that lasts ends the run after three checkpoints, and it goes on when there is room',
    async (code) => {
      const base = folder()
      const disk = new SimulatedDisk()
      let writes = 0
      let broken = true
      disk.fault = ({ kind, path }) => {
        if (!broken || !path.includes('/state/chk-') || !(kind === 'write' || kind === 'open')) return undefined
        return writes++ < 4 ? undefined : code
      }
      // Enough for several checkpoints whatever the pace.
      const rows = 1000
      const warnings: string[] = []
      const options = { storage: disk, processes: machine(), params: { ...params, rows }, everyRecords: 15, warnings }
      mkdirSync(join(base, 'state'))
      await expect(runShop(base, options)).rejects.toMatchObject({
        code: 'ML_CHECKPOINT',
        message: expect.stringContaining(code),
      })
      expect(warnings.filter((message) => message.includes('the previous one stands'))).toHaveLength(3)
      broken = false
      const { expected } = await unfailed()
      const { runs, result, failures } = await finish(disk, base)
      expect([runs, failures]).toEqual([1, []])
      expect(same(result, expected)).toBe(true)
    },
  )
})
