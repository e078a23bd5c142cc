/**
 * Sends rows to partitions, each once and in order, whatever gets lost on the way: every batch has a sequence number that
 * stays its own over all tries, and one batch of a partition is under way at a time. With a transactional id all of it
 * belongs to one transaction after the other.
 *
 * Tries go on for as long as the cluster may still take what is sent; a failure is kept, and comes out of every call
 * since. Then only a new producer helps, and rows from a checkpoint.
 */
import { MillraceError } from '../../errors.ts'
import { codeName, meaningOf } from './answer-code.ts'
import { type Cluster, NoAnswer } from './cluster.ts'
import type { Outage } from './outage.ts'
import { PartitionQueue } from './partition-queue.ts'
import { type ProduceApi, type ProduceResponse, produceApi } from './produce-request.ts'
import type { Codec } from './record-batch.ts'
import { ProducerLost, refused } from './repeated-call.ts'
import type { RowFrame } from './row-frame.ts'
import {
  addPartitions,
  endTransaction,
  type ProducerIdentity,
  type TopicPartitions,
  type TransactionalIdentity,
} from './transactional-producer-id.ts'

/** A request takes no more batches once it has this many bytes; brokers refuse what is over 100 MiB by default. */
const REQUEST_BYTES = 8 << 20
/** Tries before a partition that nobody leads, or nobody knows, is worth an error. */
const UNKNOWN_TRIES = 30
const UNKNOWN_TOPIC = 3

export interface ProducerOptions {
  readonly cluster: Cluster
  readonly outage: Outage
  readonly identity: ProducerIdentity
  readonly codec: (topic: string) => Codec
  /** Milliseconds since the epoch, for rows that have no timestamp. */
  readonly now: () => number
}

export class Producer {
  readonly #options: ProducerOptions
  readonly #produce: ProduceApi
  /** By topic and partition. */
  readonly #queues = new Map<string, (PartitionQueue | undefined)[]>()
  readonly #waiting = new Set<PartitionQueue>()
  readonly #busyNodes = new Set<number>()
  #waiters: { resolve(): void; reject(error: unknown): void }[] = []
  #failure: unknown
  #failed = false
  #pendingBytes = 0
  #scheduled = false
  #held = false
  #adding = false
  /** When the open transaction began, by the clock of `performance`; undefined: none is open. */
  #begunAt: number | undefined

  constructor(options: ProducerOptions) {
    this.#options = options
    this.#produce = produceApi(options.cluster.client)
  }

  get identity(): ProducerIdentity {
    return this.#options.identity
  }

  /** Bytes of rows that the brokers have not said to have. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** How long the open transaction has been open, in milliseconds; 0: none is. */
  get transactionAgeMs(): number {
    return this.#begunAt === undefined ? 0 : performance.now() - this.#begunAt
  }

  append(topic: string, partition: number, row: RowFrame): void {
    const { timestamp } = row
    const time = Number.isNaN(timestamp) ? this.#options.now() : Math.floor(timestamp)
    const queue = this.#queue(topic, partition)
    this.#pendingBytes += queue.append(row, time)
    this.#waiting.add(queue)
    this.#schedule()
  }

  /** Keeps rows back until `release`: those of the transaction before have to be with the brokers first. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
    this.#schedule()
  }

  /** Resolves once the brokers have every row; rejects with what made that impossible. */
  async flush(): Promise<void> {
    if (this.#failed) throw this.#failure
    if (this.#pendingBytes === 0) return
    await new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  /** Ends the transaction, whose rows were flushed; nothing to do where none was opened. */
  async end(commit: boolean): Promise<void> {
    if (this.#failed) throw this.#failure
    if (this.#begunAt === undefined) return
    const { cluster, outage, identity } = this.#options
    try {
      await endTransaction(cluster, outage, transactional(identity), commit)
    } catch (error) {
      this.#fail(error)
      throw error
    }
    this.#begunAt = undefined
    for (const queues of this.#queues.values()) {
      for (const queue of queues) if (queue !== undefined) queue.added = false
    }
  }

  /** Sends nothing more. */
  close(): void {
    this.#options.outage.close()
    this.#fail(new MillraceError('ML_KAFKA', { what: 'the producer was closed before its rows were sent' }))
  }

  #queue(topic: string, partition: number): PartitionQueue {
    let queues = this.#queues.get(topic)
    if (queues === undefined) this.#queues.set(topic, (queues = []))
    const queue = queues[partition] ?? new PartitionQueue(topic, partition)
    queues[partition] = queue
    return queue
  }

  #schedule(): void {
    if (this.#scheduled || this.#failed) return
    this.#scheduled = true
    // After the rows that come in one go, so that they are one batch.
    setImmediate(() => {
      this.#scheduled = false
      this.#send()
    })
  }

  /** Sends to every node that has no request under way the first batches of its partitions. */
  #send(): void {
    if (this.#held || this.#failed || this.#adding) return
    const { identity, cluster } = this.#options
    const ready = [...this.#waiting].filter(({ busy }) => !busy)
    if (identity.transactionalId !== null && ready.some(({ added }) => !added)) {
      this.#adding = true
      void this.#add(ready.filter(({ added }) => !added))
      return
    }
    const requests = new Map<number, PartitionQueue[]>()
    const sizes = new Map<number, number>()
    for (const queue of ready) {
      const node = cluster.leader(queue.topic, queue.partition)
      if (node === undefined) void this.#later([queue], 'a partition has no leader')
      else if (!this.#busyNodes.has(node)) {
        const size = sizes.get(node) ?? 0
        if (size >= REQUEST_BYTES) continue
        sizes.set(node, size + queue.batches[0].sizeBytes)
        const request = requests.get(node)
        if (request === undefined) requests.set(node, [queue])
        else request.push(queue)
      }
    }
    for (const [node, queues] of requests) void this.#request(node, queues)
  }

  async #add(queues: readonly PartitionQueue[]): Promise<void> {
    const { cluster, outage, identity } = this.#options
    const topics = new Map<string, TopicPartitions>()
    for (const { topic, partition } of queues) {
      const found = topics.get(topic)
      if (found === undefined) topics.set(topic, { name: topic, partitions: [partition] })
      else found.partitions.push(partition)
    }
    // From here on the transaction may be open, whatever becomes of the call.
    this.#begunAt ??= performance.now()
    try {
      await addPartitions(cluster, outage, transactional(identity), [...topics.values()])
      for (const queue of queues) queue.added = true
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#adding = false
    }
    this.#schedule()
  }

  async #request(node: number, queues: readonly PartitionQueue[]): Promise<void> {
    const { cluster, identity, codec } = this.#options
    const { transactionalId, producerId, epoch } = identity
    this.#busyNodes.add(node)
    for (const queue of queues) queue.busy = true
    try {
      const batches = queues.map((queue) => {
        const number = { producerId, epoch, sequence: queue.sequence(), transactional: transactionalId !== null }
        const bytes = queue.batches[0].finish(number, codec(queue.topic), cluster.client.crc32c)
        return { topic: queue.topic, partition: queue.partition, bytes }
      })
      const answer = await cluster.call(node, this.#produce, transactionalId, batches)
      this.#answered(queues, answer)
    } catch (error) {
      if (error instanceof NoAnswer) void this.#later(queues, error.message)
      else this.#fail(error)
    } finally {
      this.#busyNodes.delete(node)
    }
    this.#schedule()
  }

  #answered(queues: readonly PartitionQueue[], { responses }: ProduceResponse): void {
    const late: PartitionQueue[] = []
    let reason = ''
    for (const queue of queues) {
      const topic = responses.find(({ name }) => name === queue.topic)
      const part = topic?.partitionResponses.find(({ index }) => index === queue.partition)
      const code = part?.errorCode ?? -1
      const meaning = part === undefined ? 'again' : meaningOf(code)
      if (meaning === 'done') {
        this.#options.outage.over()
        queue.busy = false
        this.#pendingBytes -= queue.done()
        if (queue.batches.length === 0) this.#waiting.delete(queue)
      } else if (meaning === 'too-large' && queue.batches[0].count > 1) {
        queue.busy = false
        this.#pendingBytes += queue.split()
      } else if (meaning === 'too-large' || meaning === 'bad-row') {
        this.#fail(rowRefused(queue, code, part?.recordErrors[0]?.batchIndex ?? 0, part?.errorMessage))
      } else if (meaning === 'lost') this.#fail(new ProducerLost(code))
      else if (meaning === 'denied' || meaning === 'refused')
        this.#fail(refused(code, `topic "${queue.topic}"`, part?.errorMessage))
      else if (code === UNKNOWN_TOPIC && queue.tries >= UNKNOWN_TRIES) this.#fail(topicGone(queue.topic))
      else {
        late.push(queue)
        reason = `${codeName(code)} for partition ${queue.partition} of topic "${queue.topic}"`
      }
    }
    if (this.#pendingBytes === 0) {
      const waiters = this.#waiters
      this.#waiters = []
      for (const { resolve } of waiters) resolve()
    }
    if (late.length > 0) void this.#later(late, reason)
  }

  /** Tries again after a pause, having asked who leads now. */
  async #later(queues: readonly PartitionQueue[], reason: string): Promise<void> {
    const { outage, cluster } = this.#options
    for (const queue of queues) {
      queue.busy = true
      queue.tries++
    }
    try {
      await outage.pause(Math.max(...queues.map(({ tries }) => tries)), reason)
      await cluster.topics([...new Set(queues.map(({ topic }) => topic))]).catch((error: unknown) => {
        if (!(error instanceof NoAnswer)) throw error
      })
    } catch (error) {
      this.#fail(error)
    }
    for (const queue of queues) queue.busy = false
    this.#schedule()
  }

  #fail(error: unknown): void {
    if (this.#failed) return
    this.#failed = true
    this.#failure = error
    const waiters = this.#waiters
    this.#waiters = []
    for (const { reject } of waiters) reject(error)
  }
}

function transactional(identity: ProducerIdentity): TransactionalIdentity {
  return identity as TransactionalIdentity
}

function rowRefused(
  queue: PartitionQueue,
  code: number,
  index: number,
  message: string | null | undefined,
): MillraceError {
  const [batch] = queue.batches
  const size = batch.count === 1 ? `, ${batch.sizeBytes} bytes,` : ''
  const why = message === null || message === undefined ? codeName(code) : `${codeName(code)}, ${message}`
  return new MillraceError('ML_SINK_ROW', {
    what: `the brokers do not take row ${batch.ordinals[index] ?? batch.ordinals[0]}${size} of topic "${queue.topic}": ${why}`,
    where: `partition ${queue.partition}`,
    remedy:
      meaningOf(code) === 'too-large'
        ? 'Raise max.message.bytes of the topic, or write smaller rows: nothing of the checkpoint with this row was shown'
        : 'Change what the pipeline writes, or the settings of the topic: nothing of the checkpoint with this row was shown',
  })
}

function topicGone(topic: string): MillraceError {
  return new MillraceError('ML_NO_TOPIC', {
    what: `topic "${topic}" is no longer there`,
    remedy: 'Make it again, and start the job again: it goes on from its last checkpoint',
  })
}
