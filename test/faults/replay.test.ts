/** Fault 12: what comes after a checkpoint, read from it again and again, in other pieces, gives identical output. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FileSource } from '../../src/connectors/file/source.ts'
import { MemoryEnds } from '../../src/connectors/memory/ends.ts'
import { Xoshiro128 } from '../../src/numeric/xoshiro128.ts'
import { ShakenSource } from '../../src/testing/shaken-source.ts'
import { folder, runToEnd } from './faulty-run.ts'
import { learning, poisoned, visits } from './visits.ts'

test('fault 12: a batch that is replayed from any checkpoint gives identical rows, letters, state and ledgers', async () => {
  const base = folder()
  const poisons = [100, 400, 900].map((before) => ({ before, line: 'no visit', code: 'ML_MALFORMED' }))
  const files = { visits: poisoned('jsonl', visits(1000), poisons).bytes }
  const run = async (ends: MemoryEnds, seed: number, options: { state: string; from?: string }) => {
    const random = new Xoshiro128(seed)
    const source = new ShakenSource(
      new FileSource(),
      (bound) => random.nextInt(bound),
      // Time for a checkpoint between two reads.
      () => new Promise((resolve) => setTimeout(resolve, 'from' in options ? 0 : 5)),
    )
    const finished = await runToEnd(learning('jsonl'), {
      ...options,
      base,
      files,
      ends,
      retain: 100,
      connectors: { sources: [source], sinks: [] },
    })
    const state = JSON.stringify([...(await finished.state('buys'))])
    return { state, ledgers: [finished.ledger('visits'), finished.ledger('buys')], report: finished.report }
  }
  const ends = new MemoryEnds()
  const first = await run(ends, 1, { state: 'first' })
  const [rows, letters] = [ends.rows('learned'), ends.rows('rejected')]
  expect([rows.length, letters.length]).toEqual([1000, 3])

  const checkpoints = readdirSync(join(base, 'first')).filter((name) => name.startsWith('chk-'))
  const all = checkpoints.filter((name) => !first.report.checkpoint.endsWith(name)).sort()
  const replayed = all.filter((_, i) => i % Math.ceil(all.length / 3) === 0)
  expect(replayed.length).toBeGreaterThan(0)
  for (const [i, name] of replayed.entries()) {
    for (const seed of [2, 3]) {
      const again = new MemoryEnds()
      const { report: _, ...outcome } = await run(again, seed, { state: `again-${i}-${seed}`, from: `first/${name}` })
      expect(outcome).toEqual({ state: first.state, ledgers: first.ledgers })
      const after = again.rows('learned')
      expect(after.length).toBeGreaterThan(0)
      expect(after).toEqual(rows.slice(rows.length - after.length))
      const lettersAfter = again.rows('rejected')
      expect(lettersAfter).toEqual(letters.slice(letters.length - lettersAfter.length))
    }
  }
})
