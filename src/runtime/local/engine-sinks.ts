/** The open sinks of a run: prepared at each cut, committed after its manifest. */
import type { JsonObject } from '../../stage/json.ts'
import type { Plan } from '../../stage/plan.ts'
import type { ConnectorTable, Guarantee, JobSite, SinkWriter, TransactionDomain } from '../../stream/ports.ts'
import type { OpenDomain } from './deciding-domain.ts'
import { sinkConnector } from './find-connector.ts'
import type { Manifest } from './manifest.ts'

/** Sources and sinks, by uid, that promise less than each record once. */
export type Weaker = { readonly [uid: string]: Guarantee }

/** What the sinks prepared at one cut, by uid. */
export type Prepared = { readonly [uid: string]: JsonObject }

/** What sinks may hold at most, and at least, before the sources wait for them. */
const MOST_PENDING_BYTES = 4 << 20
const LEAST_PENDING_BYTES = 256 << 10
/** As long as nothing is known of their pace. */
const FIRST_PENDING_BYTES = 1 << 20
/** Longer than the answer of a server takes: a limit that a round trip reaches would slow the sink down, and so itself. */
const PENDING_MS = 500
/** Bytes a millisecond from which on the limit is the largest. */
const FAST = MOST_PENDING_BYTES / PENDING_MS
/** Over so much waiting a pace is averaged: systems take rows in bursts, of a megabyte where their buffers are large. */
const PACE_MS = 2000

interface OpenSink {
  readonly uid: string
  readonly guarantee: Guarantee
  readonly writer: SinkWriter
  /** Whether its rows are committed by the transaction domain. */
  readonly inDomain: boolean
}

export class EngineSinks {
  readonly #sinks: readonly OpenSink[]
  readonly #writers: ReadonlyMap<string, SinkWriter>
  readonly #domain: TransactionDomain | undefined
  #draining: Promise<unknown> | undefined
  #failure: unknown
  #dirty = false
  /** Pending bytes at which the sources wait. */
  #limit = FIRST_PENDING_BYTES
  /** Bytes a millisecond that the sinks took while they were waited for, lately more than earlier. */
  #pace = FAST

  constructor(sinks: readonly OpenSink[], domain: TransactionDomain | undefined) {
    this.#sinks = sinks
    this.#writers = new Map(sinks.map(({ uid, writer }) => [uid, writer]))
    this.#domain = domain
  }

  writer(uid: string): SinkWriter {
    const writer = this.#writers.get(uid)
    if (writer === undefined) throw new Error(`sink "${uid}" is not open`)
    return writer
  }

  append(uid: string, bytes: Uint8Array): void {
    this.#dirty = true
    this.writer(uid).append(bytes)
  }

  /** Whether rows were appended since the last cut. */
  get dirty(): boolean {
    return this.#dirty
  }

  /** The sinks that promise less than each row once. */
  get weaker(): Weaker {
    const weaker = this.#sinks.filter(({ guarantee }) => guarantee !== 'exactly-once')
    return Object.fromEntries(weaker.map(({ uid, guarantee }) => [uid, guarantee]))
  }

  get pendingBytes(): number {
    let bytes = 0
    for (let i = 0; i < this.#sinks.length; i++) bytes += this.#sinks[i].writer.pendingBytes
    return bytes
  }

  /** Whether the sources should wait: the sinks hold more than they take in half a second, or more than is sensible. */
  get full(): boolean {
    return this.pendingBytes > this.#limit
  }

  /**
   * Waits until what is pending was handed over, for at most `ms`, and learns from it how fast the sinks are: a checkpoint
   * waits for all that is pending, so a slow sink may have little.
   *
   * @throws what a sink failed with
   */
  async drain(ms: number): Promise<void> {
    const before = this.pendingBytes
    const startedAt = performance.now()
    await this.#drain(ms)
    const elapsedMs = Math.max(performance.now() - startedAt, 0.01)
    const share = 1 - Math.exp(-elapsedMs / PACE_MS)
    this.#pace = Math.min(FAST, this.#pace + share * ((before - this.pendingBytes) / elapsedMs - this.#pace))
    this.#limit = Math.min(MOST_PENDING_BYTES, Math.max(LEAST_PENDING_BYTES, this.#pace * PENDING_MS))
  }

  async #drain(ms: number): Promise<void> {
    this.#draining ??= Promise.all(this.#sinks.map(({ writer }) => writer.drain()))
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => {
        this.#draining = undefined
      })
    let timer: ReturnType<typeof setTimeout> | undefined
    const soon = new Promise((resolve) => {
      timer = setTimeout(resolve, ms)
    })
    await Promise.race([this.#draining, soon])
    clearTimeout(timer)
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Marks the cut in every sink before it returns its promise. */
  async prepare(epoch: number): Promise<Prepared> {
    this.#dirty = false
    const own = this.#sinks.filter(({ inDomain }) => !inDomain)
    const prepared = own.map(({ writer }) => writer.prepare(epoch))
    const domain = this.#domain?.prepare(epoch)
    // Wait for all even when one fails: none may still be writing when the failure is handled.
    const [settled, decided] = await Promise.all([Promise.allSettled(prepared), Promise.allSettled([domain])])
    if (decided[0].status === 'rejected') throw decided[0].reason
    const entries = settled.map((result, i) => {
      if (result.status === 'rejected') throw result.reason
      return [own[i].uid, result.value]
    })
    return Object.fromEntries(entries)
  }

  /** Commits what was prepared: first what decides whether the checkpoint lives, then the others. */
  async commit(epoch: number, prepared: Prepared): Promise<void> {
    await this.#domain?.commit(epoch)
    const own = this.#sinks.filter(({ inDomain }) => !inDomain)
    await Promise.all(own.map(({ uid, writer }) => writer.commit(epoch, prepared[uid])))
  }

  async close(): Promise<void> {
    await Promise.all(this.#sinks.map(({ writer }) => writer.close()))
    await this.#domain?.close()
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
  domain?: OpenDomain,
): Promise<EngineSinks> {
  const found = plan.operators
    .filter(({ kind, uid }) => kind === 'sink' && domain?.uids.has(uid) !== true)
    .map((vertex) => {
      const { uid } = vertex
      const options = { ...(vertex.options.options as JsonObject), format: vertex.options.format }
      const prepared = manifest?.sinks[uid] as JsonObject | undefined
      const restored = manifest === undefined || prepared === undefined ? undefined : { epoch: manifest.id, prepared }
      return {
        uid,
        connector: sinkConnector(connectors, vertex),
        context: { ...site, uid, options },
        restored,
        options: vertex.options,
      }
    })
  for (const { connector, context, restored } of found) await connector.check?.(context, restored)
  const open: OpenSink[] = []
  const left: { [uid: string]: JsonObject } = {}
  try {
    for (const { uid, connector, context, restored, options } of found) {
      const writer = await connector.open(context, restored)
      const guarantee = (options.guarantee ?? connector.guarantee) as Guarantee
      open.push({ uid, guarantee, writer, inDomain: false })
      if (restored !== undefined) left[uid] = restored.prepared
    }
    for (const { uid, writer } of open) {
      if (manifest !== undefined && uid in left) await writer.commit(manifest.id, left[uid])
    }
  } catch (error) {
    await Promise.all(open.map(({ writer }) => writer.close()))
    throw error
  }
  for (const uid of domain?.uids ?? []) {
    const writer = (domain as OpenDomain).domain.writer(uid)
    open.push({ uid, guarantee: 'exactly-once', writer, inDomain: true })
  }
  return new EngineSinks(open, domain?.domain)
}
