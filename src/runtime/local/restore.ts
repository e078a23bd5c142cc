/**
 * Gives a checkpoint's state to the stages of a plan: matched by uid and kind, whatever else was edited.
 *
 * What the new plan cannot take over is refused before anything runs, with all differences in one message.
 */
import { ByteReader } from '../../bytes/reader.ts'
import { MillraceError } from '../../errors.ts'
import { STATELESS_KINDS } from '../../stage/create-operator.ts'
import type { OperatorVertex, Plan } from '../../stage/plan.ts'
import type { RestoredCheckpoint } from './checkpoint-store.ts'
import type { Topology } from './topology.ts'

export function restoreStages(topology: Topology, plan: Plan, restored: RestoredCheckpoint): void {
  const { manifest } = restored
  const differences = planDifferences(manifest.plan as unknown as Plan, plan)
  if (differences.length > 0) {
    throw new MillraceError('ML_OTHER_PLAN', {
      what: `the edited pipeline cannot take over checkpoint ${manifest.id}: ${differences.join('; ')}`,
      where: `pipeline "${plan.name}"`,
      remedy: 'Keep names, kinds and types of what has state, or start anew with --fresh',
    })
  }
  const stageOf = new Map(topology.stages.flatMap((stage) => stage.plan.operators.map((uid) => [uid, stage])))
  for (const { uid, group, bytes, offset } of restored.frames) {
    const where = `state of operator "${uid}", key group ${group}, offset ${offset}`
    stageOf.get(uid)?.restoreGroup(uid, group, new ByteReader(bytes, where))
  }
}

/** What stored state needs and the new plan lacks or says differently. */
export function planDifferences(stored: Plan, plan: Plan): string[] {
  const differences: string[] = []
  if (stored.keyGroups !== plan.keyGroups)
    differences.push(`key groups: ${stored.keyGroups} stored, ${plan.keyGroups} now`)
  if (stored.clock !== plan.clock) differences.push(`event time: ${stored.clock} stored, ${plan.clock} now`)
  if (stored.order !== plan.order) differences.push(`order: ${stored.order} stored, ${plan.order} now`)
  for (const old of stored.sources) {
    const now = plan.sources.find(({ uid }) => uid === old.uid)
    if (now === undefined) differences.push(`source "${old.uid}" is gone`)
    else differences.push(...schemaDifferences(old.uid, old.schema, now.schema))
  }
  for (const old of stored.operators) {
    if (STATELESS_KINDS.includes(old.kind)) continue
    const now = plan.operators.find(({ uid }) => uid === old.uid)
    if (now === undefined) differences.push(`${old.kind} "${old.uid}" is gone`)
    else if (now.kind !== old.kind) differences.push(`"${old.uid}" was ${old.kind}, now ${now.kind}`)
    else if (now.options.keyed !== old.options.keyed)
      differences.push(`"${old.uid}" was ${keyed(old.options.keyed)}, now ${keyed(now.options.keyed)}`)
    else if (isByKey(now) !== isByKey(old))
      differences.push(`${old.kind} "${old.uid}" was ${state(old)}, now ${state(now)}`)
    else if ((now.options.labels ?? null) === null && (old.options.labels ?? null) !== null)
      differences.push(`"${old.uid}" learned from labels of its own, now from none`)
  }
  return differences
}

function keyed(value: unknown): string {
  return value === true ? 'a model per key' : 'one model'
}

function isByKey({ inputs }: OperatorVertex): boolean {
  return inputs[0].partitioning === 'key'
}

function state(vertex: OperatorVertex): string {
  return isByKey(vertex) ? 'one for each key' : 'one for all'
}

/** A field may come or go; one that stays keeps its type. */
function schemaDifferences(uid: string, stored: unknown, now: unknown): string[] {
  const fields = (schema: unknown) => (schema as { fields: { name: string; type: string }[] }).fields
  return fields(stored).flatMap(({ name, type }) => {
    const field = fields(now).find((candidate) => candidate.name === name)
    if (field === undefined || field.type === type) return []
    return [`field "${name}" of source "${uid}" was ${type}, now ${field.type}`]
  })
}
