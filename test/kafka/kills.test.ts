// Exactly once from Kafka to Kafka through the death of our process and of the broker: the real program, killed 20 times, over a
// real broker, killed 5 times. KILL_SEED=S repeats a failure, `npm run campaign -- --kafka --kills 500 --broker-kills 100`
// does more of it.
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { describeWithTools } from '../flink/cluster.ts'
import { repository } from '../source-files.ts'

describeWithTools('a pipeline from Kafka to Kafka', () => {
  test('leaves the records, the state, positions and ledgers of a run that nobody killed', { timeout: 900_000 }, () => {
    const seed = process.env.KILL_SEED ?? String(randomInt(1_000_000_000))
    const args = ['--kafka', '--kills', '20', '--broker-kills', '5', '--records', '2000', '--seed', seed]
    const options = { cwd: repository, encoding: 'utf8' } as const
    const { stdout, stderr, status } = spawnSync(process.execPath, ['scripts/campaign.mjs', ...args], options)
    expect(status, `KILL_SEED=${seed}\n${stderr}\n${stdout}`).toBe(0)
    console.log(stdout)
    expect(stdout).toMatch(/\n2\d kills and 5 of the broker/)
  })
})
