// Every pipeline in test/pipelines gives the same bytes on both engines, at any parallelism, through any crash.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, test } from 'vitest'
import type { Bundle } from '../src/bundle/bundle-script.ts'
import { type EmbeddedRunOptions, runEmbedded } from '../src/testing/embedded-run.ts'
import { engineSuite } from '../src/testing/engine-suite.ts'
import type { RunResult } from '../src/testing/run-result.ts'
import { guestBundle, runInVm } from '../src/testing/vm-engine.ts'

const folder = fileURLToPath(new URL('pipelines/', import.meta.url))
const base = `${folder}data`
const only = process.env.PIPELINE
const pipelines = readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== 'clicks.ts')

/**
 * One seed a pipeline, another for each. More of them, from any one on:
 * SEEDS=20 FROM=100 PIPELINE=timers npx vitest run test/two-engines.test.ts
 */
const { SEEDS = '1', FROM } = process.env

const rescales = [
  [1, 2],
  [2, 1, 2],
  [2, 3, 1],
]

for (const [place, name] of pipelines.entries()) {
  if (only !== undefined && name !== `${only}.ts`) continue
  const seeds = Array.from({ length: Number(SEEDS) }, (_unused, i) => Number(FROM ?? place) + i)
  describe(name, () => {
    const file = folder + name
    // One bundle for both engines.
    const bundle = once(() => guestBundle(file))
    const embedded = async (options: EmbeddedRunOptions) => runEmbedded(await bundle(), { base, ...options })
    const inVm = async (parallelism: readonly number[], seed: number) =>
      runInVm(await bundle(), { base, parallelism, seed })
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
