/** A state folder under test, locked, and small checkpoints to write into it. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { acquireLock } from '../../storage/acquire-lock.ts'
import type { DirectoryLock } from '../../storage/lock.ts'
import { nodeStorage } from '../../storage/node-storage.ts'
import type { CheckpointStore, CheckpointStoreOptions } from './checkpoint-store.ts'
import type { Manifest, ManifestParts } from './manifest.ts'

export let folder: string
export let lock: DirectoryLock
export let options: CheckpointStoreOptions
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-checkpoints-'))
  lock = await acquireLock(folder, { storage: nodeStorage })
  options = { pipeline: 'flights', lock, now: () => 0 }
})
afterEach(async () => {
  await lock.release()
  await rm(folder, { recursive: true, force: true })
})

export const parts: ManifestParts = {
  status: 'running',
  planHash: 'abc',
  plan: { version: 1, name: 'flights' },
  splits: { departures: { 'a.csv': { consumed: 17 } } },
  sinks: { scores: { part: 3, bytes: 1000 } },
  ledgers: { in: 2 },
  counters: { step: -0.5 },
}

/** Snapshot bytes that tell checkpoint and group. */
export function snapshot(id: number, group: number, size = 40 + group): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => id * 31 + group * 7 + i)
}

export async function write(store: CheckpointStore, id: number, groups = 5): Promise<Manifest> {
  const writer = store.begin(id)
  for (let group = 0; group < groups; group++) writer.add('learn “ñ”', group, snapshot(id, group))
  return writer.commit(parts)
}

export async function ids(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('chk-'))
}

/** Length and checksum, uid with its length, group, 44 bytes. */
export const LARGEST_FRAME = 8 + 15 + 1 + 44

export const file = (id: number, name: string) => join(folder, `chk-00000000${id}`, name)
