/**
 * Kafka topics as sinks. Exactly once by a transaction for each checkpoint (`transaction-domain.ts`), which all sinks of a cluster
 * share; or, by choice, at least once: records are seen as soon as they are sent, and those since the last checkpoint come
 * again after a failure.
 */
import { MillraceError } from '../../errors.ts'
import { nearestName } from '../../formats/nearest-name.ts'
import type { JobContext, SinkConnector, SinkWriter, TransactionDomain } from '../../stream/ports.ts'
import type { Cluster, KafkaClient } from './cluster.ts'
import { clusterOf } from './connect.ts'
import { Outage } from './outage.ts'
import { Producer } from './producer.ts'
import type { Codec } from './record-batch.ts'
import { ProducerLost, repeated } from './repeated-call.ts'
import { clusterName, type SinkOptions, sinkOptions, transactionOptions } from './sink-options.ts'
import { TopicRows } from './topic-rows.ts'
import { KafkaTransactionDomain } from './transaction-domain.ts'
import { initProducer } from './transactional-producer-id.ts'

const UNKNOWN_TOPIC = 3
const NO_LEADER = 5
/** How long a start waits for the cluster before the job is started again; rows wait for as long as their transaction may. */
const START_MS = 30_000

export class KafkaSink implements SinkConnector {
  readonly kind = 'kafka'
  /** Of a sink that `open` opens; those of a domain are 'exactly-once'. */
  readonly guarantee = 'at-least-once'

  domain(context: JobContext): string | undefined {
    return sinkOptions(context).guarantee === 'at-least-once' ? undefined : clusterName(context)
  }

  async openDomain(contexts: readonly JobContext[]): Promise<TransactionDomain> {
    transactionOptions(contexts)
    const opened = await this.#connect(contexts)
    return new KafkaTransactionDomain({ name: clusterName(contexts[0]), contexts, ...opened })
  }

  async open(context: JobContext): Promise<SinkWriter> {
    const { cluster, outage, starting, rows, codec, now } = await this.#connect([context])
    const identity = await initProducer(cluster, starting, null, 0)
    const producer = new Producer({ cluster, outage, identity, codec, now })
    const [topicRows] = rows.values()
    const flushed = async (): Promise<void> => {
      try {
        await producer.flush()
      } catch (error) {
        throw error instanceof ProducerLost ? forgotten(error, topicRows.topic) : error
      }
    }
    return {
      append: (bytes) => topicRows.append(bytes, producer),
      roll: () => {},
      get pendingBytes() {
        return producer.pendingBytes
      },
      drain: flushed,
      prepare: async () => {
        await flushed()
        return {}
      },
      commit: async () => {},
      close: async () => {
        producer.close()
        await cluster.close()
      },
    }
  }

  /** Connects to the cluster and finds the topics of all sinks, which must be there. */
  async #connect(contexts: readonly JobContext[]) {
    const where = contexts.map(({ uid }) => `sink "${uid}"`).join(', ')
    const [{ job, warn }] = contexts
    const { transactionTimeoutMs } = sinkOptions(contexts[0])
    const cluster = await clusterOf(contexts[0], where, `millrace-${job}`)
    const { client } = cluster
    const outage = new Outage({ limitMs: transactionTimeoutMs, where, warn })
    const starting = new Outage({ limitMs: Math.min(START_MS, transactionTimeoutMs), where, warn })
    try {
      const options = new Map(contexts.map((context) => [context.uid, sinkOptions(context)]))
      const rows = await topicsOf(cluster, starting, options, warn)
      const codecs = new Map(
        [...options.values()].map(({ topic, compression }) => [topic, codecOf(client, compression)]),
      )
      const codec = (topic: string): Codec => codecs.get(topic) ?? codecOf(client, 'none')
      return { cluster, outage, starting, rows, codec, now: Date.now }
    } catch (error) {
      outage.close()
      await cluster.close()
      throw error
    }
  }
}

async function topicsOf(
  cluster: Cluster,
  outage: Outage,
  sinks: ReadonlyMap<string, SinkOptions>,
  warn: (message: string) => void,
): Promise<ReadonlyMap<string, TopicRows>> {
  const rows = new Map<string, TopicRows>()
  for (const [uid, { topic }] of sinks) {
    const partitions = await repeated({
      outage,
      about: `topic "${topic}"`,
      once: async () => {
        const [{ errorCode, leaders }] = await cluster.topics([topic])
        if (errorCode === UNKNOWN_TOPIC) throw await noTopic(cluster, topic, uid)
        return [errorCode === 0 && leaders.some((leader) => leader < 0) ? NO_LEADER : errorCode, leaders.length]
      },
    })
    rows.set(uid, new TopicRows(topic, partitions, warn))
  }
  return rows
}

async function noTopic(cluster: Cluster, topic: string, uid: string): Promise<MillraceError> {
  const names = (await cluster.topics(null)).map(({ name }) => name)
  const near = nearestName(topic, names)
  return new MillraceError('ML_NO_TOPIC', {
    what: `the cluster has no topic "${topic}"`,
    where: `sink "${uid}"`,
    remedy: near === undefined ? 'Make it first' : `There is "${near}"`,
  })
}

function codecOf(client: KafkaClient, name: SinkOptions['compression']): Codec {
  const { bitmask, compressSync } = client.compressionsAlgorithms[name]
  return { id: bitmask, compress: (bytes) => compressSync(bytes) }
}

function forgotten(error: ProducerLost, topic: string): MillraceError {
  return new MillraceError('ML_TRANSACTION', {
    what: `the brokers no longer know what was sent to topic "${topic}": ${error.message}`,
    remedy: 'The job starts again from the last checkpoint; rows since then come again',
  })
}
