/** What a source asks of a cluster: partitions, offsets by time, records, and a group's offsets to be kept for show. */
import { type ErrorParts, MillraceError } from '../../errors.ts'
import { nearestName } from '../../formats/nearest-name.ts'
import { type Cluster, NoAnswer } from './cluster.ts'
import { refusalOf } from './connect.ts'
import { type FetchRequest, type FetchResponse, fetchApi } from './fetch-request.ts'
import { Outage } from './outage.ts'

/** Of the ListOffsets request. */
export const EARLIEST = -2
export const LATEST = -1
/** The offset of a time that no record has reached. */
export const NO_OFFSET = -1

/** How long a call is tried before the job is started again from its checkpoint. */
const LIMIT_MS = 30_000
/** UNKNOWN_TOPIC_OR_PARTITION: of a topic that was just made, or whose broker has just started, too. */
const UNKNOWN_TOPIC = 3
const UNKNOWN_TOPIC_TRIES = 4
const DENIED = [29, 30, 31]
/** Leaders and coordinators that move, brokers that have just started. */
/** A group that has members takes offsets from them alone. */
const GROUP_IN_USE = [22, 25]
const AGAIN = [3, 5, 6, 7, 8, 9, 13, 14, 15, 16, 27, 56, 72, 74, 75, 78, 89]
const GROUP = 0

export interface ClientOptions {
  /** For short calls. */
  readonly control: Cluster
  /** For fetches, which wait at the broker and would hold up what comes behind them. */
  readonly fetching: Cluster
  readonly committed: boolean
  /** `source "payments"`. */
  readonly where: string
  readonly warn: (message: string) => void
}

/** The answer asks for another try. */
class TryAgain extends Error {}

export class SourceClient {
  readonly #options: ClientOptions
  readonly #outage: Outage
  readonly #fetch: ReturnType<typeof fetchApi>

  constructor(options: ClientOptions) {
    this.#options = options
    const { where, warn } = options
    this.#outage = new Outage({ limitMs: LIMIT_MS, where, warn })
    this.#fetch = fetchApi(options.control.client)
  }

  get library(): Cluster['client'] {
    return this.#options.control.client
  }

  /**
   * How many partitions each topic has.
   *
   * @throws ML_NO_TOPIC with the nearest names, ML_KAFKA, ML_KAFKA_REFUSED
   */
  async partitions(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return await this.#persist(async (tries) => {
      const found = await this.#options.control.topics(topics)
      const counts = new Map<string, number>()
      for (const { name, errorCode, leaders } of found) {
        if (errorCode === UNKNOWN_TOPIC && tries >= UNKNOWN_TOPIC_TRIES) throw await this.#unknown(name)
        this.check(errorCode, `topic "${name}"`)
        counts.set(name, leaders.length)
      }
      return counts
    })
  }

  /** Offsets of partitions, by split, at a time in milliseconds, or EARLIEST or LATEST; NO_OFFSET behind the last record. */
  async offsets(at: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>()
    const left = new Map(at)
    await this.#persist(async () => {
      if (left.size > 0) await this.#listOffsets(left, found)
    })
    return found
  }

  /** The node to fetch a partition from; undefined: not known now. */
  leader(topic: string, partition: number): number | undefined {
    return this.#options.fetching.leader(topic, partition)
  }

  /** One try. @throws NoAnswer */
  async learnLeaders(topics: readonly string[]): Promise<void> {
    await this.#options.fetching.topics(topics)
  }

  /** One try. @throws NoAnswer */
  async fetch(node: number, request: FetchRequest): Promise<FetchResponse> {
    return await this.#options.fetching.call(node, this.#fetch, request)
  }

  /** Commits offsets as a member of no group does, one try and another. @throws what the group's coordinator says */
  async commit(group: string, offsets: ReadonlyMap<string, number>): Promise<void> {
    const { findCoordinatorV4, offsetCommitV8 } = this.library
    const { control, where } = this.#options
    const topics = bySplit(offsets, (partition, offset) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: null,
    }))
    await this.#persist(async (tries) => {
      if (tries > 1) await control.topics([])
      const [found] = (await control.call(-1, findCoordinatorV4.api, GROUP, [group])).coordinators
      this.check(found.errorCode, `group "${group}"`)
      const answer = await control.call(found.nodeId, offsetCommitV8.api, group, -1, '', null, topics)
      for (const { partitions } of answer.topics)
        for (const { errorCode } of partitions) this.check(errorCode, `group "${group}" of ${where}`)
    })
  }

  /** @throws ML_KAFKA_REFUSED, or what asks for another try */
  check(errorCode: number, what: string): void {
    if (errorCode === 0) return
    const name = this.codeName(errorCode)
    if (AGAIN.includes(errorCode)) throw new TryAgain(`${what}: ${name}`)
    throw this.refusal(
      `Kafka answers ${name} for ${what}`,
      DENIED.includes(errorCode)
        ? 'Give this user the right to read'
        : GROUP_IN_USE.includes(errorCode)
          ? 'Others are members of this group; name a group of its own to see how far the source is'
          : undefined,
    )
  }

  retriable(errorCode: number): boolean {
    return AGAIN.includes(errorCode)
  }

  codeName(errorCode: number): string {
    return this.library.protocolErrorsCodesById[errorCode] ?? `error ${errorCode}`
  }

  refusal(what: string, remedy?: string): MillraceError {
    return this.#error('ML_KAFKA_REFUSED', { what, remedy })
  }

  close(): Promise<unknown> {
    this.#outage.close()
    return Promise.all([this.#options.control.close(), this.#options.fetching.close()])
  }

  async #listOffsets(left: Map<string, number>, found: Map<string, number>): Promise<void> {
    const { control, committed, where } = this.#options
    const topics = [...new Set([...left.keys()].map((split) => topicOf(split).topic))]
    await control.topics(topics)
    const byLeader = new Map<number, Map<string, number>>()
    for (const [split, time] of left) {
      const { topic, partition } = topicOf(split)
      const leader = control.leader(topic, partition)
      if (leader === undefined) throw new TryAgain(`${split} of ${where} has no leader now`)
      byLeader.set(leader, (byLeader.get(leader) ?? new Map<string, number>()).set(split, time))
    }
    for (const [node, times] of byLeader) {
      const request = bySplit(times, (partition, time) => ({
        partitionIndex: partition,
        currentLeaderEpoch: -1,
        timestamp: BigInt(time),
      }))
      const answer = await control.call(node, this.library.listOffsetsV6.api, -1, committed ? 1 : 0, request)
      for (const { name, partitions } of answer.topics) {
        for (const { partitionIndex, errorCode, offset } of partitions) {
          const split = `${name}/${partitionIndex}`
          this.check(errorCode, split)
          found.set(split, Number(offset))
          left.delete(split)
        }
      }
    }
  }

  async #unknown(topic: string): Promise<MillraceError> {
    const names = (await this.#options.control.topics(null)).map(({ name }) => name)
    const shown = names.filter((name) => !name.startsWith('__'))
    const near = nearestName(topic, shown)
    const few = shown.length === 0 ? 'The cluster has none' : `There are ${shown.sort().slice(0, 10).join(', ')}`
    return this.#error('ML_NO_TOPIC', {
      what: `there is no topic "${topic}"`,
      remedy: near === undefined ? few : `Did you mean ${near}`,
    })
  }

  /** Tries again what may be mended by itself, for a while. */
  async #persist<T>(attempt: (tries: number) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        const result = await attempt(tries)
        this.#outage.over()
        return result
      } catch (error) {
        if (!(error instanceof NoAnswer) && !(error instanceof TryAgain)) throw error
        const refused = refusalOf(error, this.#options.where)
        if (refused !== undefined) throw refused
        await this.#outage.pause(tries, error.message)
      }
    }
  }

  #error(code: 'ML_KAFKA_REFUSED' | 'ML_NO_TOPIC', parts: ErrorParts): MillraceError {
    return new MillraceError(code, { where: this.#options.where, ...parts })
  }
}

/** A split's topic and partition. */
export function topicOf(split: string): { topic: string; partition: number } {
  const cut = split.lastIndexOf('/')
  return { topic: split.slice(0, cut), partition: Number(split.slice(cut + 1)) }
}

/** As requests have it: topics, and something for each partition. */
function bySplit<P>(
  values: ReadonlyMap<string, number>,
  make: (partition: number, value: number) => P,
): { name: string; partitions: P[] }[] {
  const topics = new Map<string, P[]>()
  for (const [split, value] of values) {
    const { topic, partition } = topicOf(split)
    topics.set(topic, [...(topics.get(topic) ?? []), make(partition, value)])
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }))
}
