/** Reads all of a Kafka topic, for tests that compare what readers see. */
import type { RecordsBatch } from '@platformatic/kafka'
import { Cluster } from '../connectors/kafka/cluster.ts'

/** A record as readers see it. */
export interface KafkaTopicRecord {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [string, string | null])[]
}

const LATEST = -1n
const EMPTY_FETCHES = 50

/**
 * Every committed record, by partition and offset, texts as UTF-8. `isolation` 0 shows those of open and aborted
 * transactions, too.
 *
 * @throws where the topic is not known
 */
export async function readKafkaTopic(
  brokers: string,
  topic: string,
  isolation: 0 | 1 = 1,
): Promise<KafkaTopicRecord[]> {
  return await withCluster(brokers, async (cluster) => {
    const leaders = await leadersOf(cluster, topic)
    const seen: KafkaTopicRecord[] = []
    for (const [partition, leader] of leaders.entries()) {
      const end = await endOf(cluster, topic, partition, leader, isolation)
      await readPartition(cluster, { topic, partition, leader, isolation, end }, seen)
    }
    return seen
  })
}

/**
 * Whether a transaction is open that readers with 'read_committed' wait for. One that was committed is so for a moment more:
 * its answer comes before brokers have told its partitions.
 */
export async function hasOpenTransaction(brokers: string, topic: string): Promise<boolean> {
  return await withCluster(brokers, async (cluster) => {
    const leaders = await leadersOf(cluster, topic)
    for (const [partition, leader] of leaders.entries()) {
      const ends = [0, 1].map((isolation) => endOf(cluster, topic, partition, leader, isolation))
      // Together: a second one that fails while the first is waited for would end the process.
      const [all, stable] = await Promise.all(ends)
      if (all !== stable) return true
    }
    return false
  })
}

/** @throws where the broker does not know the topic, or not who leads a partition: it may have come up just now */
async function leadersOf(cluster: Cluster, topic: string): Promise<readonly number[]> {
  const [{ errorCode, leaders }] = await cluster.topics([topic])
  if (errorCode !== 0) throw new Error(`topic "${topic}" is not known: error ${errorCode}`)
  const orphan = leaders.indexOf(-1)
  if (orphan >= 0) throw new Error(`${topic}/${orphan} has no leader`)
  return leaders
}

async function withCluster<R>(brokers: string, body: (cluster: Cluster) => Promise<R>): Promise<R> {
  const client = await import('@platformatic/kafka')
  const connection = { connectTimeout: 5000, requestTimeout: 30_000 }
  const cluster = new Cluster({ client, bootstrap: [brokers], connection, clientId: 'reader' })
  try {
    return await body(cluster)
  } finally {
    await cluster.close()
  }
}

async function endOf(
  cluster: Cluster,
  topic: string,
  partition: number,
  leader: number,
  isolation: number,
): Promise<number> {
  const asked = { partitionIndex: partition, currentLeaderEpoch: -1, timestamp: LATEST }
  const request = { name: topic, partitions: [asked] }
  const listed = await cluster.call(leader, cluster.client.listOffsetsV7.api, -1, isolation, [request])
  const { errorCode, offset } = listed.topics[0].partitions[0]
  if (errorCode !== 0) throw new Error(`the end of ${topic}/${partition} is not known: error ${errorCode}`)
  return Number(offset)
}

interface PartitionRead {
  readonly topic: string
  readonly partition: number
  readonly leader: number
  readonly isolation: 0 | 1
  readonly end: number
}

async function readPartition(
  cluster: Cluster,
  { topic, partition, leader, isolation, end }: PartitionRead,
  seen: KafkaTopicRecord[],
): Promise<void> {
  const { api } = cluster.client.fetchV12
  let empty = 0
  for (let at = 0; at < end; ) {
    const position = { partition, currentLeaderEpoch: -1, lastFetchedEpoch: -1, fetchOffset: BigInt(at) }
    const request = { topicId: topic, partitions: [{ ...position, partitionMaxBytes: 8 << 20 }] }
    const limits = [100, 1, 8 << 20, isolation] as const
    const { responses } = await cluster.call(leader, api, ...limits, 0, -1, [request], [], '')
    const fetched = responses[0].partitions[0]
    const { committed, next } = committedBatches(fetched, at)
    if (next === at && ++empty > EMPTY_FETCHES) {
      const { errorCode, highWatermark, lastStableOffset, logStartOffset } = fetched
      const ends = `${logStartOffset} to ${lastStableOffset}, ${highWatermark}`
      throw new Error(`${topic}/${partition} gives nothing at ${at} of ${end} (${ends}): error ${errorCode}`)
    }
    for (const { records, firstOffset, firstTimestamp } of committed) {
      for (const record of records) {
        const offset = Number(firstOffset) + record.offsetDelta
        if (offset < at || offset >= end) continue
        seen.push({
          partition,
          offset,
          timestamp: Number(firstTimestamp + record.timestampDelta),
          key: record.key?.toString() ?? null,
          value: record.value?.toString() ?? null,
          headers: record.headers.map(([name, value]) => [String(name), value?.toString() ?? null] as const),
        })
      }
    }
    at = next
  }
}

/** What a broker sends for one partition to a reader with 'read_committed'. */
interface FetchedPartition {
  readonly abortedTransactions?: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[] | null
  readonly records?: readonly RecordsBatch[]
}

const [TRANSACTIONAL, CONTROL] = [1 << 4, 1 << 5]

/**
 * The batches whose records count: brokers send those of aborted transactions, too, with a list of where these begin, and
 * markers between them that say where they end.
 *
 * @param at offset that was asked for
 * @returns and the offset to ask for next
 */
function committedBatches(
  { abortedTransactions, records }: FetchedPartition,
  at: number,
): { readonly committed: readonly RecordsBatch[]; readonly next: number } {
  const beginnings = [...(abortedTransactions ?? [])].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  const aborted = new Set<bigint>()
  const committed: RecordsBatch[] = []
  let next = at
  for (const batch of records ?? []) {
    const { firstOffset, lastOffsetDelta, attributes, producerId } = batch
    next = Math.max(next, Number(firstOffset) + lastOffsetDelta + 1)
    const last = firstOffset + BigInt(lastOffsetDelta)
    while (beginnings.length > 0 && beginnings[0].firstOffset <= last) {
      aborted.add((beginnings.shift() as { producerId: bigint }).producerId)
    }
    if ((attributes & CONTROL) !== 0) aborted.delete(producerId)
    else if ((attributes & TRANSACTIONAL) === 0 || !aborted.has(producerId)) committed.push(batch)
  }
  return { committed, next }
}
