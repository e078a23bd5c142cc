// Every pipeline in test/pipelines gives the bytes of the embedded engine on a real Flink cluster, at parallelism 1 and 2; three
// learners pass their contract suite there.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, test } from 'vitest'
import type { Bundle } from '../../src/bundle/bundle-script.ts'
import { runEmbedded } from '../../src/testing/embedded-run.ts'
import { engineSuite } from '../../src/testing/engine-suite.ts'
import { flinkBundle, runOnFlink } from '../../src/testing/flink-run.ts'
import type { RunResult } from '../../src/testing/run-result.ts'
import { describeOnFlink } from './cluster.ts'

const folder = fileURLToPath(new URL('../pipelines/', import.meta.url))
const base = `${folder}data`
const only = process.env.PIPELINE
const contracts = '../contracts/three-contracts.ts'
/** The rows, and what reads a folder of one machine. */
const notHere = ['clicks.ts', 'history-first.ts']
const pipelines = [...readdirSync(folder).filter((name) => name.endsWith('.ts') && !notHere.includes(name)), contracts]

describeOnFlink('on a Flink cluster', { taskManagers: 2, slots: 2 }, (cluster) => {
  for (const name of pipelines) {
    if (only !== undefined && name !== `${only}.ts`) continue
    describe(name, () => {
      const bundle = once(() => flinkBundle(folder + name))
      const expected: () => Promise<RunResult> = once(async () => runEmbedded(await bundle(), { base }))
      const trials = [1, 2].map((parallelism) => ({
        how: `on Flink, at parallelism ${parallelism}`,
        run: async () =>
          runOnFlink(cluster().url, await bundle(), { base, parallelism: [parallelism], checkpointEveryMs: 100 }),
      }))
      for (const { title, run } of engineSuite({ pipeline: name, expected, trials })) test(title, run, 60_000)
    })
  }
})

/** Calls `make` at most once. */
function once<V extends Bundle | RunResult>(make: () => Promise<V>): () => Promise<V> {
  let made: Promise<V> | undefined
  return () => (made ??= make())
}
