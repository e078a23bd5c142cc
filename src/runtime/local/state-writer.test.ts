import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { nodeStorage } from '../../storage/node-storage.ts'
import { SlicePool, StateWriter } from './state-writer.ts'

it('writes state after state by the same slices: none is left for the collector', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-state-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const slices = new Set<Uint8Array>()
  const pool = new (class extends SlicePool {
    override take(): Uint8Array {
      const slice = super.take()
      slices.add(slice)
      return slice
    }
  })()
  for (let id = 1; id <= 4; id++) {
    const writer = new StateWriter(nodeStorage, join(folder, `state-${id}`), id, pool, async () => {})
    writer.add('model', 0, new Uint8Array(1000).fill(id))
    expect(await writer.finish()).toMatchObject({ frames: 1 })
    expect(writer.pendingBytes).toBe(0)
  }
  expect(slices.size).toBe(1)
})
