/** The open sinks of a run: prepared at each cut, committed after its manifest. */
import { MillraceError } from '../../errors.ts'
import type { JsonObject } from '../../stage/json.ts'
import type { OperatorVertex, Plan } from '../../stage/plan.ts'
import type { ConnectorTable, JobSite, SinkConnector, SinkWriter } from '../../stream/ports.ts'
import type { Manifest } from './manifest.ts'

/** What the sinks prepared at one cut, by uid. */
export type Prepared = { readonly [uid: string]: JsonObject }

interface OpenSink {
  readonly uid: string
  readonly guarantee: SinkConnector['guarantee']
  readonly writer: SinkWriter
}

export class EngineSinks {
  readonly #sinks: readonly OpenSink[]

  constructor(sinks: readonly OpenSink[]) {
    this.#sinks = sinks
  }

  writer(uid: string): SinkWriter {
    const sink = this.#sinks.find((open) => open.uid === uid)
    if (sink === undefined) throw new Error(`sink "${uid}" is not open`)
    return sink.writer
  }

  /** Uids of the sinks that may show a row twice after a crash. */
  get atLeastOnce(): readonly string[] {
    return this.#sinks.filter(({ guarantee }) => guarantee === 'at-least-once').map(({ uid }) => uid)
  }

  get pendingBytes(): number {
    let bytes = 0
    for (let i = 0; i < this.#sinks.length; i++) bytes += this.#sinks[i].writer.pendingBytes
    return bytes
  }

  async drain(): Promise<void> {
    await Promise.all(this.#sinks.map(({ writer }) => writer.drain()))
  }

  /** Marks the cut in every sink before it returns its promise. */
  async prepare(epoch: number): Promise<Prepared> {
    const prepared = this.#sinks.map(({ writer }) => writer.prepare(epoch))
    // Wait for all even when one fails: none may still be writing when the failure is handled.
    const settled = await Promise.allSettled(prepared)
    const entries = settled.map((result, i) => {
      if (result.status === 'rejected') throw result.reason
      return [this.#sinks[i].uid, result.value]
    })
    return Object.fromEntries(entries)
  }

  async commit(epoch: number, prepared: Prepared): Promise<void> {
    await Promise.all(this.#sinks.map(({ uid, writer }) => writer.commit(epoch, prepared[uid])))
  }

  async close(): Promise<void> {
    await Promise.all(this.#sinks.map(({ writer }) => writer.close()))
  }
}

/**
 * Opens every sink as the checkpoint left it, and commits what was prepared for it: the process may have died between
 * manifest and commit.
 */
export async function openSinks(
  plan: Plan,
  connectors: ConnectorTable,
  site: JobSite,
  manifest: Manifest | undefined,
): Promise<EngineSinks> {
  const found = plan.operators
    .filter(({ kind }) => kind === 'sink')
    .map((vertex) => {
      const { uid } = vertex
      const options = { ...(vertex.options.options as JsonObject), format: vertex.options.format }
      const prepared = manifest?.sinks[uid] as JsonObject | undefined
      const restored = manifest === undefined || prepared === undefined ? undefined : { epoch: manifest.id, prepared }
      return { uid, connector: sinkConnector(connectors, vertex), context: { ...site, uid, options }, restored }
    })
  for (const { connector, context, restored } of found) await connector.check?.(context, restored)
  const open: OpenSink[] = []
  const left: { [uid: string]: JsonObject } = {}
  try {
    for (const { uid, connector, context, restored } of found) {
      const writer = await connector.open(context, restored)
      open.push({ uid, guarantee: connector.guarantee, writer })
      if (restored !== undefined) left[uid] = restored.prepared
    }
    for (const { uid, writer } of open) {
      if (manifest !== undefined && uid in left) await writer.commit(manifest.id, left[uid])
    }
  } catch (error) {
    await Promise.all(open.map(({ writer }) => writer.close()))
    throw error
  }
  return new EngineSinks(open)
}

function sinkConnector(connectors: ConnectorTable, vertex: OperatorVertex): SinkConnector {
  const kind = vertex.options.connector
  const found = connectors.sinks.find((connector) => connector.kind === kind)
  if (found !== undefined) return found
  throw new MillraceError('ML_PLAN', {
    what: `this engine has no sink connector "${kind}"`,
    where: `sink "${vertex.uid}"`,
    remedy: `It has: ${connectors.sinks.map((connector) => connector.kind).join(', ')}`,
  })
}
