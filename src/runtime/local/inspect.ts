/** Reads a checkpoint of the embedded engine for people. */
import { join } from 'node:path'
import type { Plan } from '../../stage/plan.ts'
import { nodeStorage } from '../../storage/node-storage.ts'
import { type DescribedState, describeState } from '../../stream/describe-state.ts'
import { checkpointId, readCheckpoint } from './checkpoint-folder.ts'
import type { Manifest } from './manifest.ts'

export interface Inspection extends DescribedState {
  readonly manifest: Omit<Manifest, 'plan'>
}

/** @throws ML_CORRUPT, ML_VERSION, ML_PATH */
export async function inspectCheckpoint(folder: string): Promise<Inspection> {
  const checkpoint = await readCheckpoint(nodeStorage, folder)
  const { plan, ...manifest } = checkpoint.manifest
  const groups = Array.from(checkpoint.frames, ({ offset, ...frame }) => ({ ...frame, where: `offset ${offset}` }))
  return { manifest, ...describeState(plan as unknown as Plan, groups) }
}

/** The newest checkpoint of a state folder that has a manifest. */
export async function newestCheckpoint(state: string): Promise<string | undefined> {
  if ((await nodeStorage.stat(state))?.kind !== 'folder') return undefined
  const ids = (await nodeStorage.readdir(state)).filter((name) => checkpointId(name) !== undefined).sort()
  for (const name of ids.reverse()) {
    const folder = join(state, name)
    if ((await nodeStorage.stat(join(folder, 'manifest.json'))) !== undefined) return folder
  }
  return undefined
}
