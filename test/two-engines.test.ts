// Every pipeline in test/pipelines gives the same bytes on both engines, at any parallelism, through any crash.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, test } from 'vitest'
import { bundlePipeline } from '../src/bundle/bundle.ts'
import type { Bundle } from '../src/bundle/bundle-script.ts'
import { type EmbeddedRunOptions, runEmbedded } from '../src/testing/embedded-run.ts'
import { engineSuite } from '../src/testing/engine-suite.ts'
import type { RunResult } from '../src/testing/run-result.ts'
import { guestBundle, runInVm } from '../src/testing/vm-engine.ts'

const folder = fileURLToPath(new URL('pipelines/', import.meta.url))
const base = `${folder}data`
const only = process.env.PIPELINE
const pipelines = readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== 'clicks.ts')

/** Further seeds: SEEDS=20 PIPELINE=timers npx vitest run test/two-engines.test.ts */
const seeds = Array.from(
  { length: Number(process.env.SEEDS ?? 2) },
  (_unused, i) => i + 1 + Number(process.env.FROM ?? 0),
)
const rescales = [
  [1, 2],
  [2, 1, 2],
  [2, 3, 1],
]

for (const name of pipelines.filter((pipeline) => only === undefined || pipeline === `${only}.ts`)) {
  describe(name, () => {
    const file = folder + name
    const bundle = once(() => bundlePipeline(file))
    const guest = once(() => guestBundle(file))
    const embedded = async (options: EmbeddedRunOptions) => runEmbedded(await bundle(), { base, ...options })
    const inVm = async (parallelism: readonly number[], seed: number) =>
      runInVm(await guest(), { base, parallelism, seed })
    const expected: () => Promise<RunResult> = once(() => embedded({}))
    const trials = [
      { how: 'in bytes, with one subtask a stage', run: () => inVm([1], 1) },
      { how: 'in bytes, with two subtasks a stage', run: () => inVm([2], 2) },
      ...seeds.flatMap((seed) => [
        {
          how: `embedded, interrupted now and then (seed ${seed})`,
          run: () => embedded({ seed, interruptions: 2, checkpointRecords: 30 }),
        },
        {
          how: `in bytes, with a crash and ${rescales[seed % 3].join(', then ')} subtasks a stage (seed ${seed})`,
          run: () => inVm(rescales[seed % 3], seed),
        },
      ]),
    ]
    for (const { title, run } of engineSuite({ pipeline: name, expected, trials })) test(title, run)
  })
}

/** Calls `make` at most once. */
function once<V extends Bundle | RunResult>(make: () => Promise<V>): () => Promise<V> {
  let made: Promise<V> | undefined
  return () => (made ??= make())
}
