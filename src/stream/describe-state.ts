/**
 * Reads state for people: restores operators from plan and bytes alone, without the user's functions or connections, and asks
 * them to describe themselves.
 */
import { ByteReader } from '../bytes/reader.ts'
import { isLibraryLearner } from '../learn/create-learner.ts'
import type { OperatorDescription } from '../operators/describe.ts'
import type { OperatorVertex, Plan } from '../stage/plan.ts'
import { Stage } from '../stage/stage.ts'

/** Kinds that can be restored so and have something to show. */
const DESCRIBED = ['predict', 'learn', 'quality']

/** One operator's state in one key group. */
export interface StoredGroup {
  readonly uid: string
  readonly group: number
  readonly bytes: Uint8Array
  /** Where the bytes lie, for errors: 'offset 120'. */
  readonly where?: string
}

export interface DescribedState {
  readonly operators: { readonly [uid: string]: OperatorDescription }
  /** State by operator. */
  readonly sizes: { readonly [uid: string]: { readonly bytes: number; readonly groups: number } }
}

/** @throws ML_CORRUPT, ML_VERSION */
export function describeState(plan: Plan, groups: Iterable<StoredGroup>): DescribedState {
  const stages = describedStages(plan)
  const sizes: { [uid: string]: { bytes: number; groups: number } } = {}
  for (const { uid, group, bytes, where } of groups) {
    sizes[uid] = { bytes: (sizes[uid]?.bytes ?? 0) + bytes.length, groups: (sizes[uid]?.groups ?? 0) + 1 }
    const place = `operator "${uid}", key group ${group}${where === undefined ? '' : `, ${where}`}`
    stages.get(uid)?.restoreGroup(uid, group, new ByteReader(bytes, place))
  }
  const operators: { [uid: string]: OperatorDescription } = {}
  for (const vertex of plan.operators) {
    const learner = ownLearner(vertex)
    if (learner !== undefined) operators[vertex.uid] = { type: 'ownModel', learner }
  }
  for (const [uid, stage] of stages) {
    const description = stage.operators().get(uid)?.operator.describe?.()
    if (description !== undefined) operators[uid] = description
  }
  return { operators, sizes }
}

/** The kind of the learner, where it is a function of the pipeline, which a checkpoint does not hold. */
function ownLearner({ options }: OperatorVertex): string | undefined {
  const { model } = options as { model?: { kind?: unknown } }
  if (typeof model !== 'object' || typeof model?.kind !== 'string') return undefined
  return isLibraryLearner(model as { kind: string }) ? undefined : model.kind
}

function isDescribed(vertex: OperatorVertex): boolean {
  return DESCRIBED.includes(vertex.kind) && ownLearner(vertex) === undefined
}

/** Each described operator in a stage of its own. */
function describedStages(plan: Plan): Map<string, Stage> {
  const host = { emit: () => {}, sink: () => ({ append: () => {}, roll: () => {} }) }
  const stages = new Map<string, Stage>()
  for (const vertex of plan.operators.filter(isDescribed)) {
    const stage = plan.stages.find(({ operators }) => operators.includes(vertex.uid))
    if (stage === undefined) continue
    const alone = { ...stage, operators: [vertex.uid], inputs: stage.inputs.filter(({ uid }) => uid === vertex.uid) }
    stages.set(vertex.uid, new Stage(plan, alone, new Map(), host))
  }
  return stages
}
