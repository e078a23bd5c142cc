import { MillraceError } from '../../errors.ts'
import type { JobContext, JsonObject, KnownSplit, SourceConnector, Split, SplitReader } from '../../stream/ports.ts'
import { EARLIEST, LATEST, NO_OFFSET, SourceClient, topicOf } from './client.ts'
import { decompressor } from './codecs.ts'
import { clusterOf } from './connect.ts'
import type { BatchTools } from './fetched-records.ts'
import { Fetcher } from './fetcher.ts'
import { PartitionReader } from './partition-reader.ts'

/**
 * Reads Kafka topics: each partition is a split, named `topic/partition`; its offsets are Kafka's.
 *
 * Partitions are assigned by the engine, never by a consumer group: no rebalance can take one away. A group is told offsets
 * after checkpoints, for show. An offset that the topic no longer keeps is an error that names what is missing, never a reset.
 */
export class KafkaSource implements SourceConnector {
  readonly kind = 'kafka'
  readonly #open = new Map<string, Promise<OpenTopics>>()
  /** Bounds of splits by job and source: a job that starts again before its first checkpoint begins where it began. */
  readonly #bounds = new Map<string, Map<string, Split>>()

  /** @throws ML_NO_TOPIC, ML_NO_CLIENT, ML_KAFKA, ML_KAFKA_REFUSED; ML_RANGE where `until` leaves out a partition */
  async splits(context: JobContext, known?: ReadonlyMap<string, KnownSplit>): Promise<readonly Split[]> {
    return await (await this.#topics(context)).splits(known)
  }

  /**
   * Its `read` throws ML_OFFSET_LOST when the topic no longer keeps the offset, ML_SOURCE_CHANGED when the partition ends before
   * it, ML_CORRUPT, ML_KAFKA after half a minute without a broker, ML_KAFKA_REFUSED.
   */
  async open(context: JobContext, split: Split, fromOffset: number): Promise<SplitReader> {
    return (await this.#topics(context)).read(split, fromOffset)
  }

  async covered(context: JobContext, offsets: ReadonlyMap<string, number>): Promise<void> {
    await (await this.#topics(context)).covered(offsets)
  }

  async close({ uid }: JobContext): Promise<void> {
    const open = this.#open.get(uid)
    this.#open.delete(uid)
    await (await open?.catch(() => undefined))?.close()
  }

  #topics(context: JobContext): Promise<OpenTopics> {
    const { uid } = context
    const open = this.#open.get(uid) ?? openTopics(context, this.#boundsOf(context))
    this.#open.set(uid, open)
    // What failed to open is tried anew the next time.
    open.catch(() => this.#open.get(uid) === open && this.#open.delete(uid))
    return open
  }

  #boundsOf({ job, uid, options }: JobContext): Map<string, Split> {
    const name = JSON.stringify([job, uid, options])
    const bounds = this.#bounds.get(name) ?? new Map<string, Split>()
    this.#bounds.set(name, bounds)
    return bounds
  }
}

interface SourceOptions {
  readonly topics: readonly string[]
  readonly start: 'earliest' | 'latest' | { readonly timestamp: number } | { readonly offsets: Offsets }
  readonly until?: 'latest' | { readonly offsets: Offsets }
  readonly group?: string
  readonly isolation: string
}

type Offsets = { readonly [split: string]: number }

async function openTopics(context: JobContext, bounds: Map<string, Split>): Promise<OpenTopics> {
  const where = `source "${context.uid}"`
  const clientId = `millrace-${context.uid}`.replace(/[^\w.-]/g, '_')
  const [control, fetching] = [await clusterOf(context, where, clientId), await clusterOf(context, where, clientId)]
  const options = context.options as JsonObject & SourceOptions
  const committed = options.isolation === 'read_committed'
  const client = new SourceClient({ control, fetching, committed, where, warn: context.warn })
  return new OpenTopics(options, client, bounds, where, context.warn)
}

/** The topics of one source, connected. */
class OpenTopics {
  readonly #options: SourceOptions
  readonly #client: SourceClient
  readonly #fetcher: Fetcher
  readonly #tools: BatchTools
  readonly #where: string
  /** Of splits that were resolved: an answer that stays. */
  readonly #bounds: Map<string, Split>

  constructor(
    options: SourceOptions,
    client: SourceClient,
    bounds: Map<string, Split>,
    where: string,
    warn: (message: string) => void,
  ) {
    this.#options = options
    this.#client = client
    this.#bounds = bounds
    this.#where = where
    this.#fetcher = new Fetcher({ client, committed: options.isolation === 'read_committed', where, warn })
    this.#tools = { checksum: client.library.crc32c, decompress: decompressor(client.library) }
  }

  async splits(known: ReadonlyMap<string, KnownSplit> | undefined): Promise<readonly Split[]> {
    const counts = await this.#client.partitions(this.#options.topics)
    const ids = [...counts].flatMap(([topic, count]) => Array.from({ length: count }, (_, i) => `${topic}/${i}`))
    if (known === undefined) {
      // Somebody who only looks fixes nothing.
      await this.#ends(ids, this.#options.until)
      return ids.map((id) => ({ id }))
    }
    const added = ids.filter((id) => !this.#bounds.has(id) && !known.has(id))
    // Partitions that come to a source that runs, or ran before, are read whole.
    const isFirst = this.#bounds.size === 0 && known.size === 0
    await this.#resolve(added, isFirst)
    return ids.map((id) => this.#bounds.get(id) ?? { id })
  }

  read({ id, end }: Split, fromOffset: number): SplitReader {
    const { topic, partition } = topicOf(id)
    const reader = new PartitionReader({
      topic,
      partition,
      from: fromOffset,
      until: end ?? Number.POSITIVE_INFINITY,
      tools: this.#tools,
      wake: () => this.#fetcher.wake(),
      closed: (closed) => this.#fetcher.remove(closed),
    })
    this.#fetcher.add(reader)
    return reader
  }

  async covered(offsets: ReadonlyMap<string, number>): Promise<void> {
    const { group } = this.#options
    if (group === undefined || offsets.size === 0) return
    await this.#client.commit(group, offsets)
  }

  async close(): Promise<void> {
    this.#fetcher.close()
    await this.#client.close()
  }

  async #resolve(ids: readonly string[], isFirst: boolean): Promise<void> {
    const { start, until } = this.#options
    const ends = await this.#ends(ids, until)
    const given = typeof start === 'object' && 'offsets' in start ? start.offsets : {}
    const open = ids.filter((id) => given[id] === undefined)
    const time = !isFirst || start === 'earliest' ? EARLIEST : start === 'latest' ? LATEST : timeOf(start)
    const found = await this.#client.offsets(new Map(open.map((id) => [id, time])))
    const late = open.filter((id) => found.get(id) === NO_OFFSET)
    const latest = await this.#client.offsets(new Map(late.map((id) => [id, LATEST])))
    for (const id of ids) {
      const offset = given[id] ?? latest.get(id) ?? (found.get(id) as number)
      this.#bounds.set(id, { id, start: offset, ...(ends !== undefined && { end: ends.get(id) as number }) })
    }
  }

  async #ends(ids: readonly string[], until: SourceOptions['until']): Promise<ReadonlyMap<string, number> | undefined> {
    if (until === undefined) return undefined
    if (until === 'latest') return await this.#client.offsets(new Map(ids.map((id) => [id, LATEST])))
    const missing = ids.find((id) => until.offsets[id] === undefined)
    if (missing === undefined) return new Map(ids.map((id) => [id, until.offsets[id]]))
    throw new MillraceError('ML_RANGE', {
      what: `offsets of until leave out the partition "${missing}"`,
      got: until.offsets,
      where: this.#where,
      remedy: "Give an offset for every partition of the topics, or write until: 'latest'",
    })
  }
}

function timeOf(start: SourceOptions['start']): number {
  return typeof start === 'object' && 'timestamp' in start ? start.timestamp : EARLIEST
}
