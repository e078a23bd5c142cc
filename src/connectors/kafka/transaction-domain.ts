/**
 * All exactly-once sinks of a job on one cluster: one transaction for each checkpoint, with a marker in it that says which.
 *
 * Kafka lets nobody but its producer end a transaction, and `recover` aborts what an earlier process left open: so the commit
 * decides whether a checkpoint lives, and the marker is how the next process knows. Two transactional ids take turns, so
 * that rows go on while a commit is under way. Rows of the next transaction are sent once those before are with the brokers:
 * what is committed first stands first in each partition.
 *
 * Guarantee: exactly once for readers with isolation 'read_committed'. Voided by whatever takes from the cluster what it said to
 * have: an unclean election of a leader, deleting the topic of markers or one of `__transaction_state`.
 */
import { MillraceError } from '../../errors.ts'
import type { JobContext, JsonObject, SinkWriter, TransactionDomain } from '../../stream/ports.ts'
import { CheckpointMarkers } from './checkpoint-markers.ts'
import type { Cluster } from './cluster.ts'
import { lossOf } from './lost-transaction.ts'
import type { Outage } from './outage.ts'
import { Producer } from './producer.ts'
import type { Codec } from './record-batch.ts'
import { ProducerLost } from './repeated-call.ts'
import { type TransactionOptions, transactionOptions } from './sink-options.ts'
import type { TopicRows } from './topic-rows.ts'
import { initProducer } from './transactional-producer-id.ts'

export interface TransactionDomainParts {
  readonly name: string
  readonly contexts: readonly JobContext[]
  readonly cluster: Cluster
  /** Of its producers. */
  readonly outage: Outage
  /** Of its start. */
  readonly starting: Outage
  /** By uid of the sink. */
  readonly rows: ReadonlyMap<string, TopicRows>
  readonly codec: (topic: string) => Codec
  readonly now: () => number
}

/** A transaction whose rows are with the brokers, or on their way there. */
interface Prepared {
  readonly epoch: number
  readonly producer: Producer
  /** Which rows it has, as errors say it. */
  readonly range: string
}

/** How long `close` waits for what was open to be aborted: recovery does it otherwise. */
const ABORT_MS = 2000

export class KafkaTransactionDomain implements TransactionDomain {
  readonly name: string
  readonly #parts: TransactionDomainParts
  readonly #options: TransactionOptions
  readonly #markers: CheckpointMarkers
  /** The one that rows go to comes first. */
  #producers: readonly Producer[] = []
  #prepared: Prepared | undefined
  #warned = false

  constructor(parts: TransactionDomainParts) {
    const { cluster, starting, contexts } = parts
    this.name = parts.name
    this.#parts = parts
    this.#options = transactionOptions(contexts)
    const topic = this.#options.markerTopic
    this.#markers = new CheckpointMarkers({ cluster, outage: starting, topic, job: contexts[0].job })
  }

  async recover(): Promise<number | null> {
    const { cluster, outage, starting, codec, now } = this.#parts
    await this.#markers.open()
    const { prefix, transactionTimeoutMs } = this.#options
    const ids = [`${prefix}-0`, `${prefix}-1`]
    const identities = await Promise.all(ids.map((id) => initProducer(cluster, starting, id, transactionTimeoutMs)))
    this.#producers = identities.map((identity) => new Producer({ cluster, outage, identity, codec, now }))
    return await this.#markers.last()
  }

  writer(uid: string): SinkWriter {
    const rows = this.#parts.rows.get(uid) as TopicRows
    const domain = this
    return {
      append: (bytes) => rows.append(bytes, domain.#current),
      roll: () => {},
      /** Its share of what waits: the engine adds up all sinks. */
      get pendingBytes() {
        return domain.#pendingBytes / domain.#parts.rows.size
      },
      drain: () => domain.#drain(),
      prepare: async () => ({}),
      commit: async () => {},
      close: async () => {},
    }
  }

  async prepare(epoch: number): Promise<JsonObject> {
    const [producer, next] = this.#producers
    const unfinished = this.#prepared
    const range = this.#range()
    this.#prepared = { epoch, producer, range }
    if (unfinished !== undefined) throw this.#undecided(unfinished)
    const { topic, partition } = this.#markers
    producer.append(topic, partition, this.#markers.row(epoch))
    next.hold()
    this.#producers = [next, producer]
    await this.#explained(producer, epoch, range, producer.flush())
    next.release()
    this.#warnOfAge(producer)
    const { transactionalId, producerId, epoch: producerEpoch } = producer.identity
    return { transactionalId, producerId: String(producerId), producerEpoch }
  }

  async commit(epoch: number): Promise<void> {
    const prepared = this.#prepared
    if (prepared?.epoch !== epoch) throw new Error(`checkpoint ${epoch} was not prepared`)
    const { producer, range } = prepared
    await this.#explained(producer, epoch, range, producer.end(true))
    this.#prepared = undefined
  }

  async close(): Promise<void> {
    const { cluster, outage, starting } = this.#parts
    // One whose commit has no answer yet is not touched: whether it holds is for `recover` to find out.
    const open = this.#producers.filter((producer) => producer !== this.#prepared?.producer)
    const aborted = Promise.allSettled(open.map((producer) => producer.end(false)))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise((resolve) => (timer = setTimeout(resolve, ABORT_MS)))
    await Promise.race([aborted, late])
    clearTimeout(timer)
    outage.close()
    starting.close()
    for (const producer of this.#producers) producer.close()
    await cluster.close()
  }

  get #current(): Producer {
    const [producer] = this.#producers
    if (producer === undefined) throw new Error('recover comes before the first row')
    return producer
  }

  get #pendingBytes(): number {
    return this.#producers.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0)
  }

  async #drain(): Promise<void> {
    const [current] = this.#producers
    await Promise.all(
      this.#producers.map((producer) => {
        const [epoch, range] =
          producer === current
            ? [undefined, this.#rangeText()]
            : [this.#prepared?.epoch, this.#prepared?.range ?? 'no rows']
        return this.#explained(producer, epoch, range, producer.flush())
      }),
    )
  }

  /** Waits for what a producer does; an error of Kafka's becomes one that says which checkpoint and rows it is about. */
  async #explained(producer: Producer, epoch: number | undefined, range: string, done: Promise<void>): Promise<void> {
    try {
      await done
    } catch (error) {
      if (!(error instanceof ProducerLost)) throw error
      const { cluster } = this.#parts
      const timeoutMs = this.#options.transactionTimeoutMs
      throw await lossOf(error, { cluster, producer, timeoutMs, epoch, range })
    }
  }

  /** The rows since the last cut, which begins anew. */
  #range(): string {
    const text = this.#rangeText()
    for (const rows of this.#parts.rows.values()) rows.restart()
    return text
  }

  #rangeText(): string {
    const ranges = [...this.#parts.rows].filter(([, { first }]) => first >= 0)
    if (ranges.length === 0) return 'no rows'
    return ranges.map(([uid, { first, last }]) => `rows ${first} to ${last} of sink "${uid}"`).join(', ')
  }

  #undecided({ epoch, range }: Prepared): MillraceError {
    return new MillraceError('ML_TRANSACTION', {
      what: `checkpoint ${epoch} (${range}) was prepared, but not committed, when the next one came`,
      where: this.name,
      remedy: 'The job starts again from the last checkpoint that was committed',
    })
  }

  #warnOfAge({ transactionAgeMs }: Producer): void {
    const { transactionTimeoutMs } = this.#options
    if (this.#warned || transactionAgeMs < transactionTimeoutMs / 2) return
    this.#warned = true
    this.#parts.contexts[0].warn(
      `a transaction of ${this.name} was open for ${Math.round(transactionAgeMs / 1000)} s of the ` +
        `${Math.round(transactionTimeoutMs / 1000)} s it may be: take checkpoints more often, or raise transactionTimeout`,
    )
  }
}
