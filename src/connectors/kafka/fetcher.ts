/**
 * Fetches for all partitions of a source: one request to each broker at a time, for those of its partitions that have room.
 * Short outages and partitions that move are waited out here, while other brokers are read on; a long one ends the run, which
 * starts again from its checkpoint.
 */
import { MillraceError } from '../../errors.ts'
import { EARLIEST, LATEST, type SourceClient } from './client.ts'
import { NoAnswer } from './cluster.ts'
import { refusalOf } from './connect.ts'
import type { FetchAnswer } from './fetch-request.ts'
import { Outage } from './outage.ts'
import type { PartitionReader } from './partition-reader.ts'

export interface FetcherOptions {
  readonly client: SourceClient
  readonly committed: boolean
  readonly where: string
  readonly warn: (message: string) => void
}

/** How long a broker waits for a record when there is none. */
const WAIT_MS = 500
/** The same while other partitions of that broker have no room: they may want the next request soon. */
const SHORT_WAIT_MS = 20
const REQUEST_BYTES = 16 << 20
/** Of one partition: all of them together share what is fetched ahead. */
const MOST_BYTES = 1 << 20
const LEAST_BYTES = 64 << 10
const ALL_BYTES = 64 << 20
const OUT_OF_RANGE = 1
const LIMIT_MS = 30_000
/** Stands for the leader of a partition that has none now. */
const NOBODY = -1

interface Trouble {
  readonly outage: Outage
  tries: number
}

export class Fetcher {
  readonly #options: FetcherOptions
  readonly #readers = new Set<PartitionReader>()
  /** Nodes with a request under way. */
  readonly #busy = new Set<number>()
  /** What goes wrong now, by node. */
  readonly #troubles = new Map<number, Trouble>()
  /** Whose turn it is to be first in a request. */
  #turn = 0
  #closed = false

  constructor(options: FetcherOptions) {
    this.#options = options
  }

  add(reader: PartitionReader): void {
    this.#readers.add(reader)
    // Splits are opened one after the other: the first request is for all of them.
    setImmediate(() => this.wake())
  }

  remove(reader: PartitionReader): void {
    this.#readers.delete(reader)
  }

  /** Starts what requests are due. */
  wake(): void {
    if (this.#closed) return
    const full = new Set<number>()
    const wanted = new Map<number, PartitionReader[]>()
    for (const reader of this.#readers) {
      if (reader.idle) continue
      const node = this.#leader(reader)
      if (!reader.wants) full.add(node)
      else if (!this.#busy.has(node)) wanted.set(node, [...(wanted.get(node) ?? []), reader])
    }
    for (const [node, readers] of wanted) {
      if (node === NOBODY) void this.#find(readers)
      else void this.#fetch(node, readers, full.has(node) ? SHORT_WAIT_MS : WAIT_MS)
    }
  }

  close(): void {
    this.#closed = true
    for (const { outage } of this.#troubles.values()) outage.close()
  }

  #leader({ topic, partition }: PartitionReader): number {
    return this.#options.client.leader(topic, partition) ?? NOBODY
  }

  async #find([{ split }]: readonly PartitionReader[]): Promise<void> {
    this.#busy.add(NOBODY)
    await this.#recover(NOBODY, `partition ${split} has no leader now`)
    this.#busy.delete(NOBODY)
    this.wake()
  }

  async #fetch(node: number, readers: readonly PartitionReader[], maxWaitMs: number): Promise<void> {
    const { client, committed } = this.#options
    const first = this.#turn++ % readers.length
    const inTurn = [...readers.slice(first), ...readers.slice(0, first)]
    const partitionBytes = Math.max(LEAST_BYTES, Math.min(MOST_BYTES, Math.floor(ALL_BYTES / this.#readers.size)))
    const partitions = inTurn.map(({ topic, partition, from }) => ({ topic, partition, from }))
    this.#busy.add(node)
    for (const reader of inTurn) reader.fetching = true
    let problem: string | undefined
    try {
      const request = { maxWaitMs, maxBytes: REQUEST_BYTES, partitionBytes, committed, partitions }
      const { errorCode, answers } = await client.fetch(node, request)
      if (errorCode !== 0) problem = client.codeName(errorCode)
      for (const answer of answers) problem = (await this.#take(answer, inTurn)) ?? problem
    } catch (error) {
      problem = this.#failed(error, inTurn)
    }
    for (const reader of inTurn) reader.fetching = false
    if (problem === undefined) this.#settle(node)
    else await this.#recover(node, problem)
    this.#busy.delete(node)
    this.wake()
  }

  /** Gives an answer to its reader; returns what is wrong when it is to be asked again. */
  async #take(answer: FetchAnswer, inTurn: readonly PartitionReader[]): Promise<string | undefined> {
    const { client, committed } = this.#options
    const index = inTurn.findIndex(({ topic, partition }) => topic === answer.topic && partition === answer.partition)
    const reader = inTurn[index]
    const { errorCode, records, aborted, highWatermark, lastStableOffset } = answer
    if (reader === undefined) return undefined
    if (errorCode === 0) {
      const limit = committed ? lastStableOffset : highWatermark
      reader.take({ records, aborted, limit, certain: inTurn[0].topic === reader.topic && index === 0 })
      return undefined
    }
    if (errorCode === OUT_OF_RANGE) {
      const lost = await this.#outOfRange(reader).catch((error: unknown) => error)
      if (lost !== undefined) reader.fail(lost)
      return lost === undefined ? client.codeName(errorCode) : undefined
    }
    try {
      client.check(errorCode, reader.split)
    } catch (error) {
      if (error instanceof MillraceError) reader.fail(error)
      else return client.codeName(errorCode)
    }
    return undefined
  }

  /** Why the offset is not there; undefined when it is there by now. */
  async #outOfRange({ split, from }: PartitionReader): Promise<MillraceError | undefined> {
    const { client, where } = this.#options
    const earliest = (await client.offsets(new Map([[split, EARLIEST]]))).get(split) as number
    if (from < earliest) {
      return new MillraceError('ML_OFFSET_LOST', {
        what: `the records of partition ${split} from offset ${from} to ${earliest - 1} are gone: the topic no longer keeps them`,
        where,
        remedy:
          'Keep records longer than an outage may last (retention.ms of the topic), and start anew to go on without them',
      })
    }
    const latest = (await client.offsets(new Map([[split, LATEST]]))).get(split) as number
    if (from <= latest) return undefined
    return new MillraceError('ML_SOURCE_CHANGED', {
      what: `the checkpoint stands at offset ${from} of partition ${split}, which now ends at ${latest}`,
      where,
      remedy: 'Was the topic made anew? Then start anew with new output',
    })
  }

  /** What a request that failed means for its readers; returns the reason when it is to be tried again. */
  #failed(error: unknown, readers: readonly PartitionReader[]): string | undefined {
    for (const reader of readers) reader.disconnected()
    const refused = error instanceof NoAnswer ? refusalOf(error, this.#options.where) : error
    if (refused === undefined) return (error as Error).message
    for (const reader of readers) reader.fail(refused)
    return undefined
  }

  /** Pauses and asks who leads what; an outage that lasts too long ends the run. */
  async #recover(node: number, reason: string): Promise<void> {
    if (this.#closed) return
    const trouble = this.#troubles.get(node) ?? this.#begin(node)
    try {
      // The first time nothing need be wrong: a source that begins knows no leaders.
      if (node !== NOBODY || trouble.tries > 0) await trouble.outage.pause(trouble.tries, reason)
      trouble.tries++
      await this.#options.client.learnLeaders([...new Set([...this.#readers].map(({ topic }) => topic))])
    } catch (error) {
      const refused = error instanceof NoAnswer ? refusalOf(error, this.#options.where) : error
      for (const reader of this.#readers) {
        if (this.#leader(reader) !== node) continue
        reader.disconnected()
        if (refused !== undefined && !this.#closed) reader.fail(refused)
      }
    }
    // Its partitions have gone to others: what comes from it next is another story.
    if (![...this.#readers].some((reader) => this.#leader(reader) === node)) this.#settle(node)
  }

  #begin(node: number): Trouble {
    const { where, warn } = this.#options
    const trouble = { outage: new Outage({ limitMs: LIMIT_MS, where, warn }), tries: node === NOBODY ? 0 : 1 }
    this.#troubles.set(node, trouble)
    return trouble
  }

  #settle(node: number): void {
    this.#troubles.get(node)?.outage.over()
    this.#troubles.delete(node)
  }
}
