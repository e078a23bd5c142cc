/** Reads a checkpoint for people: restores its operators from plan and bytes alone and asks them to describe themselves. */

import { join } from 'node:path'
import { ByteReader } from '../../bytes/reader.ts'
import type { OperatorDescription } from '../../operators/describe.ts'
import type { Plan } from '../../stage/plan.ts'
import { Stage } from '../../stage/stage.ts'
import { nodeStorage } from '../../storage/node-storage.ts'
import { checkpointId, readCheckpoint } from './checkpoint-folder.ts'
import type { Manifest } from './manifest.ts'

/** Kinds that can be restored without the user's functions and have something to show. */
const DESCRIBED = ['predict', 'learn', 'quality']

export interface Inspection {
  readonly manifest: Omit<Manifest, 'plan'>
  readonly operators: { readonly [uid: string]: OperatorDescription }
  /** State by operator. */
  readonly sizes: { readonly [uid: string]: { readonly bytes: number; readonly groups: number } }
}

/** @throws ML_CORRUPT, ML_VERSION, ML_PATH */
export async function inspectCheckpoint(folder: string): Promise<Inspection> {
  const checkpoint = await readCheckpoint(nodeStorage, folder)
  const { plan, ...manifest } = checkpoint.manifest
  const stages = describedStages(plan as unknown as Plan)
  const sizes: { [uid: string]: { bytes: number; groups: number } } = {}
  for (const { uid, group, bytes, offset } of checkpoint.frames) {
    sizes[uid] = { bytes: (sizes[uid]?.bytes ?? 0) + bytes.length, groups: (sizes[uid]?.groups ?? 0) + 1 }
    stages
      .get(uid)
      ?.restoreGroup(uid, group, new ByteReader(bytes, `operator "${uid}", key group ${group}, offset ${offset}`))
  }
  const operators: { [uid: string]: OperatorDescription } = {}
  for (const [uid, stage] of stages) {
    const description = stage.operators().get(uid)?.operator.describe?.()
    if (description !== undefined) operators[uid] = description
  }
  return { manifest, operators, sizes }
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

/** Each described operator in a stage of its own, without functions or connections. */
function describedStages(plan: Plan): Map<string, Stage> {
  const host = { emit: () => {}, sink: () => ({ append: () => {}, roll: () => {} }) }
  const stages = new Map<string, Stage>()
  for (const vertex of plan.operators.filter(({ kind }) => DESCRIBED.includes(kind))) {
    const stage = plan.stages.find(({ operators }) => operators.includes(vertex.uid))
    if (stage === undefined) continue
    const alone = { ...stage, operators: [vertex.uid], inputs: stage.inputs.filter(({ uid }) => uid === vertex.uid) }
    stages.set(vertex.uid, new Stage(plan, alone, new Map(), host))
  }
  return stages
}
