// Exactly once through the death of the process: the real program, killed 100 times. KILL_SEED=S repeats a failure,
// `npm run campaign -- --kills 10000` does more of it.
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { repository } from './source-files.ts'

test('100 kills leave the parts, the state, positions and ledgers of a run that nobody killed', {
  timeout: 600_000,
}, () => {
  const seed = process.env.KILL_SEED ?? String(randomInt(1_000_000_000))
  const args = ['scripts/campaign.mjs', '--kills', '100', '--records', '20000', '--seed', seed]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: repository, encoding: 'utf8' })
  expect(status, `KILL_SEED=${seed}\n${stderr}\n${stdout}`).toBe(0)
  console.log(stdout)
  const deaths = new Map([...stdout.matchAll(/^ +(\d+) {2}(.+)$/gm)].map(([, count, phase]) => [phase, Number(count)]))
  expect([...deaths.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(100)
  for (const phase of ['bundling or restoring', 'between checkpoints', 'writing a checkpoint']) {
    expect(deaths.get(phase) ?? 0, `KILL_SEED=${seed}: none while ${phase}\n${stdout}`).toBeGreaterThan(0)
  }
})
