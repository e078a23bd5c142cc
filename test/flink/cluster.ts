// A Flink cluster for the tests of one file: started before them, ended after them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { hasTools } from '../../src/java/tool.ts'
import { type LocalCluster, type StartOptions, startCluster } from '../../src/runtime/flink/cluster/start-cluster.ts'

/**
 * A group of tests that needs Java and Maven. Where they are missing it is skipped, with a line that says so, and fails
 * when CI=true.
 */
export function describeWithTools(title: string, body: () => void): void {
  if (hasTools()) {
    describe(title, body)
    return
  }
  const reason = 'java and mvn are needed on the path: JDK 17 and Maven'
  const absent = (): void => {
    throw new Error(reason)
  }
  if (process.env.CI === 'true') describe(title, () => test('finds java and mvn', absent))
  else {
    console.warn(`SKIPPED ${title}: ${reason}`)
    describe.skip(title, () => test(`skipped: ${reason}`, absent))
  }
}

/**
 * A group of tests that needs a real cluster.
 *
 * @param body is given what returns the cluster, once tests run
 */
export function describeOnFlink(
  title: string,
  options: StartOptions,
  body: (cluster: () => LocalCluster, home: string) => void,
): void {
  describeWithTools(title, () => {
    const home = mkdtempSync(join(tmpdir(), 'millrace-cluster-'))
    let cluster: LocalCluster | undefined
    beforeAll(async () => {
      cluster = await startCluster({ home, port: 0, ...options })
    }, 300_000)
    afterAll(async () => {
      await cluster?.stop()
      rmSync(home, { recursive: true, force: true })
    }, 60_000)
    body(() => cluster as LocalCluster, home)
  })
}
