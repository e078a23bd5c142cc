/** Every checkpoint that is kept can be gone back to: restored elsewhere it replays to the bytes of the run it came from. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeStorage } from '../src/storage/node-storage.ts'
import { folder } from './faults/faulty-run.ts'
import { runShop, shopResult } from './faults/shop.ts'

const storage = nodeStorage

async function checkpointsOf(base: string): Promise<string[]> {
  const names = (await readdir(join(base, 'state'))).filter((name) => name.startsWith('chk-')).sort()
  return names.map((name) => join(base, 'state', name))
}

const options = { storage, retain: 100, everyRecords: 40, paced: true }

test('every retained checkpoint restores into new folders and replays to the same bytes', async () => {
  const base = folder()
  const expected = await shopResult(storage, base, await runShop(base, options))
  const checkpoints = await checkpointsOf(base)
  expect(checkpoints.length).toBeGreaterThan(4)
  const last = checkpoints.pop() as string
  let copied = 0
  for (const from of checkpoints) {
    const elsewhere = folder()
    const report = await runShop(elsewhere, { ...options, from })
    expect(report.startedFrom).toBe(Number(from.slice(-9)))
    const found = await shopResult(storage, elsewhere, report)
    // What the checkpoint had made public stays where it was; all that follows is here, to the byte.
    const missing = [...expected.keys()].filter((path) => !found.has(path))
    for (const path of missing) expect(path).toMatch(/^[a-z]+\/part-/)
    for (const [path, bytes] of found)
      if (expected.get(path) !== bytes) expect([path, bytes]).toEqual([path, expected.get(path)])
    for (const path of missing) {
      const kept = [...found.keys()].filter((other) => other.startsWith(path.slice(0, path.indexOf('/part-') + 6)))
      expect(kept.every((other) => other > path)).toBe(true)
    }
    copied += missing.length
  }
  expect(copied).toBeGreaterThan(0)
  await expect(runShop(folder(), { ...options, from: last })).rejects.toMatchObject({ code: 'ML_FINISHED' })
  // The original is untouched.
  expect(await checkpointsOf(base)).toEqual([...checkpoints, last])
  expect(await shopResult(storage, base, last)).toEqual(expected)
})

test('a run that went back can itself be stopped, or die before its first checkpoint, and goes on', async () => {
  const base = folder()
  const expected = await shopResult(storage, base, await runShop(base, options))
  const [, from] = await checkpointsOf(base)
  const elsewhere = folder()
  const died = runShop(elsewhere, {
    ...options,
    from,
    everyRecords: 0,
    atRow: 300,
    onRow: () => {
      throw new Error('died')
    },
  })
  await expect(died).rejects.toThrow('died')
  const stopped = await runShop(elsewhere, { ...options, from, atRow: 200, onRow: (job) => job.stop() })
  expect(stopped.end).toBe('suspended')
  await expect(runShop(elsewhere, { ...options, from })).rejects.toMatchObject({
    code: 'ML_RANGE',
    message: expect.stringContaining('without checkpoints'),
  })
  const report = await runShop(elsewhere, options)
  const found = await shopResult(storage, elsewhere, report)
  for (const [path, bytes] of found) expect([path, bytes]).toEqual([path, expected.get(path)])
})

test('going back to where sinks have shown more since needs new folders for them, and says so before anything is written', async () => {
  const base = folder()
  await runShop(base, options)
  const [from] = await checkpointsOf(base)
  await expect(runShop(base, { ...options, from, state: 'other' })).rejects.toMatchObject({ code: 'ML_SINK_AHEAD' })
  const named = join(base, 'state', 'chk-7')
  await expect(runShop(folder(), { ...options, from: named })).rejects.toMatchObject({ code: 'ML_RANGE' })
  const elsewhere = folder()
  const gone = join(base, 'state', 'chk-000000099')
  await expect(runShop(elsewhere, { ...options, from: gone })).rejects.toMatchObject({ code: 'ML_CORRUPT' })
  expect(existsSync(join(elsewhere, 'out'))).toBe(false)
})
