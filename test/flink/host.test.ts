// The Java host's own tests, on bundles made by this checkout: run by Maven, with Flink's harness in place of a cluster.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { hasTools, mavenCommand } from '../../src/java/tool.ts'

const repository = fileURLToPath(new URL('../../', import.meta.url))
const host = `${repository}flink/host`
const reports = `${host}/target/surefire-reports`
const MINUTES = 60_000

describe('the Java host', () => {
  if (!hasTools()) {
    const reason = 'java and mvn are needed on the path: JDK 17 and Maven'
    const absent = (): void => {
      throw new Error(reason)
    }
    if (process.env.CI === 'true') return void test('finds java and mvn', absent)
    console.warn(`SKIPPED the Java host: ${reason}`)
    return void test.skip(`skipped: ${reason}`, absent)
  }

  test('passes its tests, and is formatted as google-java-format has it', { timeout: 10 * MINUTES }, async () => {
    const made = await run(process.execPath, ['scripts/host-fixture.mjs'], repository)
    expect(made.status, made.printed).toBe(0)
    // What Maven has already it need not ask for again; the first time it must.
    rmSync(reports, { recursive: true, force: true })
    const verify = ['-q', '-B', 'verify']
    const offline = await run(mavenCommand(), ['-o', ...verify], host)
    const verified = offline.printed.includes('offline mode') ? await run(mavenCommand(), verify, host) : offline
    expect(verified.status, verified.printed).toBe(0)
    expect(testsRun()).toBeGreaterThan(20)
  })
})

/** Tests that Maven has run, by its reports: a verification that ran none says nothing. */
function testsRun(): number {
  const names = readdirSync(reports).filter((name) => name.endsWith('.xml'))
  const counts = names.map((name) => / tests="(\d+)"/.exec(readFileSync(`${reports}/${name}`, 'utf8'))?.[1])
  return counts.reduce((sum, count) => sum + Number(count), 0)
}

function run(command: string, args: string[], cwd: string): Promise<{ status: number | null; printed: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, printed }))
  })
}
