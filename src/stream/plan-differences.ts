/** What of a stored plan an edited one cannot take over. An edited pipeline goes on where uids, kinds and types of what has state are kept. */
import { STATELESS_KINDS } from '../stage/create-operator.ts'
import type { OperatorVertex, Plan } from '../stage/plan.ts'

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

/**
 * What only an engine minds that keeps state by stage, as Flink does: an operator with state must stay in the stage that begins
 * with the same operator.
 */
export function stageDifferences(stored: Plan, plan: Plan): string[] {
  return stored.operators.flatMap(({ uid, kind }) => {
    const [before, now] = [stored, plan].map(
      ({ stages }) => stages.find(({ operators }) => operators.includes(uid))?.id,
    )
    if (STATELESS_KINDS.includes(kind) || now === undefined || before === now) return []
    return [`${kind} "${uid}" ran in the stage of "${before}", now in that of "${now}"`]
  })
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
