// Reads all of a topic, as a consumer with isolation 'read_committed' sees it, and rows for it.
import * as client from '@platformatic/kafka'
import { ByteWriter } from '../../src/bytes/writer.ts'
import { Cluster } from '../../src/connectors/kafka/cluster.ts'
import { committedBatches } from '../../src/connectors/kafka/committed-batches.ts'
import { type Message, writeMessage } from '../../src/formats/message.ts'

export interface SeenRecord {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [string, string | null])[]
}

const LATEST = -1n

/** Every committed record, by partition and offset. `isolation` 0 shows the uncommitted, too. */
export async function readTopic(brokers: string, topic: string, isolation: 0 | 1 = 1): Promise<SeenRecord[]> {
  const connection = { connectTimeout: 5000, requestTimeout: 30_000 }
  const cluster = new Cluster({ client, bootstrap: [brokers], connection, clientId: 'reader' })
  try {
    const [{ leaders }] = await cluster.topics([topic])
    const seen: SeenRecord[] = []
    for (const [partition, leader] of leaders.entries()) {
      const asked = { partitionIndex: partition, currentLeaderEpoch: -1, timestamp: LATEST }
      const listed = await cluster.call(leader, client.listOffsetsV7.api, -1, isolation, [
        { name: topic, partitions: [asked] },
      ])
      const end = Number(listed.topics[0].partitions[0].offset)
      for (let at = 0; at < end; ) {
        const position = { partition, currentLeaderEpoch: -1, lastFetchedEpoch: -1, fetchOffset: BigInt(at) }
        const request = { topicId: topic, partitions: [{ ...position, partitionMaxBytes: 8 << 20 }] }
        const limits = [100, 1, 8 << 20, isolation] as const
        const { responses } = await cluster.call(leader, client.fetchV12.api, ...limits, 0, -1, [request], [], '')
        const { committed, next } = committedBatches(responses[0].partitions[0], at)
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
    return seen
  } finally {
    await cluster.close()
  }
}

/** The frame of a row, as the sink operator writes it. */
export function frame(
  ordinal: number,
  value: string | null,
  parts: Partial<Message> & { keyText?: string } = {},
): Uint8Array {
  const writer = new ByteWriter(64)
  const { keyText, ...rest } = parts
  const key = keyText === undefined ? null : Buffer.from(keyText)
  const message = { offset: ordinal, timestamp: Number.NaN, key, headers: [], value: null, ...rest }
  writeMessage({ ...message, value: value === null ? null : Buffer.from(value) }, writer)
  return writer.view().slice()
}
