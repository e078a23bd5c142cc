/**
 * One fault of the disk at each single operation of the job: it is told, what was promised stands, and the job goes on to
 * the same output. The simulated fsync succeeds when it is tried again although the bytes are lost, as on Linux, so that
 * trying again shows.
 */
import { describe, expect, test } from 'vitest'
import { CrashStates } from '../src/testing/crash-states.ts'
import { type FaultPoint, SimulatedDisk } from '../src/testing/simulated-disk.ts'
import { expectedParts, generator, Job, output, type Promised, recover } from './checkpointed-job.ts'

const ROWS = 45

/** Runs the job to ROWS rows; a failure ends it, and it is opened again, as the engine does. Returns the failures. */
async function runToEnd(disk: SimulatedDisk, promised: Promised[], retries: number): Promise<Error[]> {
  const failures: Error[] = []
  let job: Job | undefined
  while (failures.length <= retries) {
    try {
      job = await Job.open(disk, 0, promised)
      while (job.rows < ROWS) {
        job.process(Math.min(9, ROWS - job.rows))
        await job.checkpoint(0)
      }
      failures.push(...job.warnings)
      await job.close()
      return failures
    } catch (error) {
      failures.push(error as Error)
      await job?.close().catch(() => {})
      job = undefined
    }
  }
  return failures
}

describe('a fault of the disk', () => {
  test.each(['EIO', 'ENOSPC'])(
    '(%s) at any one operation is told, takes back nothing promised, and leaves no trace',
    async (code) => {
      let calls = 0
      const clean = new SimulatedDisk()
      clean.fault = () => void calls++ as undefined
      await runToEnd(clean, [], 0)
      expect(calls).toBeGreaterThan(200)
      const random = generator(1)
      const whole = expectedParts(ROWS).join('')
      let quiet = 0
      for (let at = code === 'EIO' ? 0 : 1; at < calls; at += 2) {
        const disk = new SimulatedDisk()
        const crash = new CrashStates(disk.root)
        const promised: Promised[] = []
        let call = 0
        let hit: FaultPoint | undefined
        disk.fault = (point) => {
          if (call++ !== at) return undefined
          hit = point
          return code
        }
        const failures = await runToEnd(disk, promised, 3)
        expect(hit).toBeDefined()
        const { kind, path } = hit as FaultPoint
        if (failures.length === 0) {
          quiet++
          // Closing, marking a lock released and sweeping old lock files may fail without harm; nothing else.
          expect([kind, path]).toEqual([expect.stringMatching(/^(close|unlink|open|write|stat|readdir)$/), path])
        }
        for (const { code } of failures as (Error & { code?: string })[]) expect(code).toMatch(/^ML_(STORAGE|LOCKED)$/)
        if (kind === 'fsync' || kind === 'fsyncFolder') expect(failures.length).toBeGreaterThan(0)
        const { final, open } = output(disk.root)
        const found = [...final.values(), ...open.values()].join('')
        expect([kind, path, failures.map(String), found.length]).toEqual([
          kind,
          path,
          failures.map(String),
          whole.length,
        ])
        expect(found === whole).toBe(true)
        if (at % 8 > 1) continue
        for (const op of disk.log) crash.advance(op)
        for (const state of crash.states(random, 1))
          await recover(state, 1, promised.at(-1)?.id ?? 0, promised.at(-1)?.id ?? 0)
      }
      expect(quiet).toBeLessThan(calls / 6)
    },
  )
})
