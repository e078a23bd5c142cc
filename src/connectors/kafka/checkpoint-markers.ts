/**
 * Which checkpoint of a job was committed last, as its cluster knows it: a marker for each, written inside the transaction
 * of its rows into a compacted topic under the name of the job. So marker and rows are seen both or neither.
 *
 * The topic is shared by all jobs, and a transaction that another job left open hides what comes after it from readers with
 * 'read_committed'. So everything is read, and which markers count is told by the control records that end transactions.
 */
import type { RecordsBatch } from '@platformatic/kafka'
import { ByteWriter } from '../../bytes/writer.ts'
import { MillraceError } from '../../errors.ts'
import { writeMessage } from '../../formats/message.ts'
import { codeName, meaningOf } from './answer-code.ts'
import type { Cluster } from './cluster.ts'
import type { Outage } from './outage.ts'
import { partitionOf } from './partitioner.ts'
import { repeated } from './repeated-call.ts'
import { RowFrame } from './row-frame.ts'

/** Offsets looked at first, from the end; twice as many each time the job is not among them. */
const FIRST_LOOK = 500
const [FETCH_BYTES, FETCH_WAIT_MS] = [1 << 20, 500]
const [UNKNOWN_TOPIC, ALREADY_THERE, NO_LEADER] = [3, 36, 5]
/** A broker that has nothing to send before the end it gave is not well. */
const EMPTY_FETCHES = 20
const READ_UNCOMMITTED = 0
/** Of a batch's attributes; its record's key holds, behind a version, how the transaction ended. */
const CONTROL = 1 << 5
const [CONTROL_TYPE_AT, COMMIT] = [2, 1]
const [LATEST, EARLIEST] = [-1n, -2n]
const ANY = -1
/** Small segments, so that old markers are compacted away after some thousand checkpoints. */
const CONFIG = { 'cleanup.policy': 'compact', 'segment.bytes': '1048576', 'min.cleanable.dirty.ratio': '0.1' }
const CREATE_MS = 20_000

export interface MarkersOptions {
  readonly cluster: Cluster
  readonly outage: Outage
  readonly topic: string
  readonly job: string
}

export class CheckpointMarkers {
  readonly #options: MarkersOptions
  #partition = -1

  constructor(options: MarkersOptions) {
    this.#options = options
  }

  get topic(): string {
    return this.#options.topic
  }

  /** Where the job's markers are, once open. */
  get partition(): number {
    return this.#partition
  }

  /** Makes the topic where it is missing. */
  async open(): Promise<void> {
    const { cluster, outage, topic } = this.#options
    const partitions = await repeated({
      outage,
      about: `topic "${topic}"`,
      once: async () => {
        const [{ errorCode, leaders }] = await cluster.topics([topic])
        if (errorCode === UNKNOWN_TOPIC) await this.#create()
        return [errorCode === 0 && leaders.some((leader) => leader < 0) ? NO_LEADER : errorCode, leaders.length]
      },
    })
    this.#partition = partitionOf(this.row(0), partitions)
  }

  /** A marker, as a row. */
  row(checkpoint: number): RowFrame {
    const { job } = this.#options
    const writer = new ByteWriter(256)
    const value = Buffer.from(JSON.stringify({ job, checkpoint }))
    writeMessage({ offset: checkpoint, timestamp: Number.NaN, key: Buffer.from(job), headers: [], value }, writer)
    const row = new RowFrame().over(writer.view())
    row.next()
    return row
  }

  /** The checkpoint that was committed last; null: none. The job's transactional ids must have been fenced before. */
  async last(): Promise<number | null> {
    const end = await this.#offset(LATEST)
    const start = await this.#offset(EARLIEST)
    for (let look = FIRST_LOOK; ; look *= 2) {
      const from = Math.max(start, end - look)
      const found = await this.#lastWithin(from, end)
      if (found !== null || from === start) return found
    }
  }

  async #create(): Promise<void> {
    const { cluster, topic } = this.#options
    const { api } = cluster.client.createTopicsV7
    const configs = Object.entries(CONFIG).map(([name, value]) => ({ name, value }))
    const request = { name: topic, numPartitions: 1, replicationFactor: -1, assignments: [], configs }
    const { topics } = await cluster.call(ANY, api, [request], CREATE_MS, false)
    const [{ errorCode, errorMessage }] = topics
    const meaning = meaningOf(errorCode)
    if (errorCode === ALREADY_THERE || (meaning !== 'denied' && meaning !== 'refused')) return
    throw new MillraceError('ML_KAFKA_REFUSED', {
      what: `topic "${topic}" cannot be made: Kafka answers ${codeName(errorCode)}${errorMessage ? `, ${errorMessage}` : ''}`,
      remedy: 'Make it by hand, with one partition and cleanup.policy=compact, or allow the user CREATE on it',
    })
  }

  async #offset(timestamp: bigint): Promise<number> {
    const { cluster, topic } = this.#options
    const { api } = cluster.client.listOffsetsV7
    const partition = { partitionIndex: this.#partition, currentLeaderEpoch: -1, timestamp }
    const request = { name: topic, partitions: [partition] }
    return await this.#ofPartition(async (node) => {
      const answer = await cluster.call(node, api, -1, READ_UNCOMMITTED, [request])
      const [found] = answer.topics[0].partitions
      return [found.errorCode, Number(found.offset)]
    })
  }

  async #lastWithin(from: number, end: number): Promise<number | null> {
    /** Markers of the job whose transaction has not ended yet, by producer. */
    const open = new Map<bigint, number>()
    let last: number | null = null
    let empty = 0
    for (let at = from; at < end; ) {
      let next = at
      for (const batch of await this.#fetch(at)) {
        const { firstOffset, lastOffsetDelta, attributes, producerId, records } = batch
        next = Math.max(next, Number(firstOffset) + lastOffsetDelta + 1)
        const decided = open.get(producerId)
        if ((attributes & CONTROL) === 0) {
          const checkpoint = this.#checkpointIn(batch)
          if (checkpoint !== undefined) open.set(producerId, checkpoint)
        } else if (decided !== undefined) {
          if (records[0].key?.readInt16BE(CONTROL_TYPE_AT) === COMMIT) last = decided
          open.delete(producerId)
        }
      }
      if (next > at) at = next
      else if (++empty > EMPTY_FETCHES)
        throw this.#unreadable(`the brokers send nothing from offset ${at} on, of ${end}`)
    }
    const [undecided] = open.values()
    // Of this job's ids everything has ended: it was written under others.
    if (undecided !== undefined) throw this.#unreadable(`the transaction of checkpoint ${undecided} has not ended yet`)
    return last
  }

  /** The last checkpoint of the job that a batch marks. */
  #checkpointIn({ firstOffset, records }: RecordsBatch): number | undefined {
    const { job, topic } = this.#options
    const found = records.findLast(({ key }) => key?.toString() === job)
    if (found === undefined) return undefined
    const offset = Number(firstOffset) + found.offsetDelta
    return checkpointOf(found.value, `topic "${topic}", partition ${this.#partition}, offset ${offset}`)
  }

  async #fetch(at: number): Promise<readonly RecordsBatch[]> {
    const { cluster, topic } = this.#options
    const { api } = cluster.client.fetchV12
    const position = { currentLeaderEpoch: -1, lastFetchedEpoch: -1, fetchOffset: BigInt(at) }
    const partition = { partition: this.#partition, partitionMaxBytes: FETCH_BYTES, ...position }
    const request = { topicId: topic, partitions: [partition] }
    return await this.#ofPartition(async (node) => {
      const limits = [FETCH_WAIT_MS, 1, FETCH_BYTES, READ_UNCOMMITTED] as const
      // Session 0 and epoch -1: none is kept by the broker.
      const { errorCode, responses } = await cluster.call(node, api, ...limits, 0, -1, [request], [], '')
      const [found] = responses[0]?.partitions ?? []
      return [found?.errorCode ?? errorCode, found?.records ?? []]
    })
  }

  #unreadable(what: string): MillraceError {
    return new MillraceError('ML_KAFKA', { what, where: `partition ${this.#partition} of topic "${this.topic}"` })
  }

  /** A call to the leader of the markers' partition. */
  async #ofPartition<R>(call: (node: number) => Promise<readonly [number, R]>): Promise<R> {
    const { cluster, outage, topic } = this.#options
    return await repeated({
      outage,
      about: `topic "${topic}"`,
      moved: () => cluster.topics([topic]),
      once: async () => {
        const node = cluster.leader(topic, this.#partition)
        return node === undefined ? [NO_LEADER, undefined as R] : await call(node)
      },
    })
  }
}

function checkpointOf(value: Buffer | null | undefined, where: string): number {
  try {
    const { checkpoint } = JSON.parse(String(value)) as { checkpoint?: unknown }
    if (Number.isSafeInteger(checkpoint)) return checkpoint as number
  } catch {}
  throw new MillraceError('ML_CORRUPT', { what: 'a marker names no checkpoint', got: String(value), where })
}
