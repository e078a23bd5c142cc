/** The transaction domain of a run, whose commit decides which checkpoint lives. */
import { MillraceError } from '../../errors.ts'
import type { JsonObject } from '../../stage/json.ts'
import type { Plan } from '../../stage/plan.ts'
import type { ConnectorTable, JobContext, JobSite, SinkConnector, TransactionDomain } from '../../stream/ports.ts'
import type { CheckpointStore } from './checkpoint-store.ts'
import { sinkConnector } from './find-connector.ts'

export interface OpenDomain {
  readonly domain: TransactionDomain
  /** The sinks whose rows it commits. */
  readonly uids: ReadonlySet<string>
  /** The checkpoint that its last commit decided; null: none. */
  readonly decided: number | null
}

/**
 * Opens the transaction domain of a plan's sinks and asks it which checkpoint was decided; undefined where no sink has one.
 *
 * @throws ML_PLAN where sinks belong to different domains: two cannot decide
 */
export async function openDomain(
  plan: Plan,
  connectors: ConnectorTable,
  site: JobSite,
): Promise<OpenDomain | undefined> {
  const members = new Map<string, { connector: SinkConnector; contexts: JobContext[] }>()
  for (const vertex of plan.operators.filter(({ kind }) => kind === 'sink')) {
    const connector = sinkConnector(connectors, vertex)
    const options = { ...(vertex.options.options as JsonObject), format: vertex.options.format }
    const context = { ...site, uid: vertex.uid, options: { ...options, guarantee: vertex.options.guarantee } }
    const name = connector.domain?.(context)
    if (name === undefined) continue
    const member = members.get(name) ?? { connector, contexts: [] }
    member.contexts.push(context)
    members.set(name, member)
  }
  if (members.size === 0) return undefined
  const [[, { connector, contexts }], ...others] = members
  if (others.length > 0) {
    throw new MillraceError('ML_PLAN', {
      what: 'only one transaction domain can decide which checkpoint lives',
      got: [...members.keys()].join(' and '),
      where: `pipeline "${plan.name}"`,
      remedy: "Write to one cluster exactly once, to the other with guarantee: 'at-least-once'",
    })
  }
  if (connector.openDomain === undefined) throw new Error(`connector "${connector.kind}" names a domain it cannot open`)
  const domain = await connector.openDomain(contexts)
  try {
    return { domain, uids: new Set(contexts.map(({ uid }) => uid)), decided: await domain.recover() }
  } catch (error) {
    await domain.close()
    throw error
  }
}

/**
 * Drops the checkpoint that was written and never decided, if there is one: its rows were never shown.
 *
 * @throws ML_SINK_AHEAD when the domain has decided a checkpoint that is not here, ML_SINK_LOST when it knows nothing of
 *   checkpoints that it must have decided
 */
export async function dropUndecided(store: CheckpointStore, { domain, decided }: OpenDomain): Promise<void> {
  const { name } = domain
  const ours = (await store.list()).flatMap(({ id, manifest }) => (manifest?.decidedBy === name ? [id] : []))
  const newest = ours.at(-1)
  if (decided === (newest ?? null)) return
  // Each was begun after the one before it was decided, so at most the newest is open.
  const before = ours.at(-2) ?? null
  if (newest !== undefined && decided === before && (before !== null || newest === ours[0])) {
    await store.drop(newest)
    return
  }
  if (decided !== null) {
    throw new MillraceError('ML_SINK_AHEAD', {
      what: `the output of checkpoint ${decided} is public, and that checkpoint is not here`,
      got: ours.length === 0 ? 'none' : `checkpoints ${ours.join(', ')}`,
      where: `${store.folder} (${name})`,
      remedy: 'Bring the state folder back, or start anew with --fresh: the rows that are public stay',
    })
  }
  throw new MillraceError('ML_SINK_LOST', {
    what: `${name} knows nothing of checkpoints that it has decided`,
    got: `checkpoints ${ours.join(', ')}`,
    where: store.folder,
    remedy: 'Was the topic of its marks deleted? Start anew with --fresh',
  })
}
