/** `npm run closed-loop` as a person starts it: a broker, a shop, and a model that learns from what its own decisions led to. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { describeWithTools } from './flink/cluster.ts'

const script = fileURLToPath(new URL('../scripts/closed-loop.mjs', import.meta.url))

describeWithTools('the closed loop', () => {
  test('visits, decisions and outcomes meet over topics, and its ledgers balance', async () => {
    const args = [script, '--seconds', '15', '--rate', '100']
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 240_000 })
    const count = (name: string, text = stdout): number =>
      Number(new RegExp(`${name} ([\\d,]+)`).exec(text)?.[1].replaceAll(',', '') ?? Number.NaN)
    const [predictions, labelled, expired, waiting] = ['predictions', 'labelled', 'expired', 'waiting'].map((name) =>
      count(name),
    )
    expect(predictions).toBe(labelled + expired + waiting)
    expect(count('learned')).toBe(labelled)
    // Who got an offer has an outcome: those that luck chose at the least.
    expect(labelled).toBeGreaterThan(predictions * 0.05)
    expect(count('source visits {2}in')).toBe(predictions)
    expect(stdout).toMatch(/sink decisions {2}[\d,]+ rows in kafka/)
    expect(stdout).toContain('from here on visitors want something else')
  }, 300_000)
})
