// Every learner passes the contract suite inside both test engines: what holds in Node holds in an emptied realm.
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { runEmbedded } from '../src/testing/embedded-run.ts'
import { joined, type RunResult } from '../src/testing/run-result.ts'
import { guestBundle, runInVm } from '../src/testing/vm-engine.ts'
import { learners } from './contracts/learner-contracts.ts'

const file = fileURLToPath(new URL('contracts/learner-contracts.ts', import.meta.url))

describe('the contract suite of learners', () => {
  test('holds for each learner, embedded and in bytes', async () => {
    const bundle = await guestBundle(file)
    const inNode = resultsOf(await runEmbedded(bundle))
    expect(inNode.filter(({ held }) => !held)).toEqual([])
    const counted = Object.keys(learners).map(
      (name) => inNode.filter(({ title }) => title.startsWith(`${name}:`)).length,
    )
    expect(Math.min(...counted)).toBeGreaterThan(15)
    expect(resultsOf(await runInVm(bundle, { parallelism: [1], seed: 1 }))).toEqual(inNode)
  })
})

function resultsOf({ sinks }: RunResult): { title: string; held: boolean; why: string }[] {
  const bytes = joined(sinks.get('results') ?? [])
  return new TextDecoder()
    .decode(bytes)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}
