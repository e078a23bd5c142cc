/** The request that carries batches to a broker, written around their bytes as they are. */
import type { API, Writer } from '@platformatic/kafka'
import type { KafkaClient } from './cluster.ts'

export interface PartitionBatch {
  readonly topic: string
  readonly partition: number
  readonly bytes: Buffer
}

export type ProduceResponse = ReturnType<KafkaClient['produceV9']['parseResponse']>

export type ProduceApi = API<[transactionalId: string | null, batches: readonly PartitionBatch[]], ProduceResponse>

/** Produce: API 0, in the version that brokers from 2.8 to 4 understand. */
const [API_KEY, VERSION] = [0, 9]
const ALL_REPLICAS = -1
/** How long a broker waits for its replicas before it answers that they are late. */
const REPLICAS_MS = 20_000

export function produceApi(client: KafkaClient): ProduceApi {
  const request = (transactionalId: string | null, batches: readonly PartitionBatch[]): Writer => {
    const byTopic = grouped(batches)
    return client.Writer.create()
      .appendString(transactionalId)
      .appendInt16(ALL_REPLICAS)
      .appendInt32(REPLICAS_MS)
      .appendArray([...byTopic], (writer, [topic, parts]) => {
        writer.appendString(topic).appendArray([...parts], (part, { partition, bytes }) => {
          part
            .appendInt32(partition)
            .appendUnsignedVarInt(bytes.length + 1)
            .append(bytes)
        })
      })
      .appendTaggedFields()
  }
  return client.createAPI(API_KEY, VERSION, request, client.produceV9.parseResponse)
}

function grouped(batches: readonly PartitionBatch[]): Map<string, PartitionBatch[]> {
  const groups = new Map<string, PartitionBatch[]>()
  for (const batch of batches) {
    const group = groups.get(batch.topic)
    if (group === undefined) groups.set(batch.topic, [batch])
    else group.push(batch)
  }
  return groups
}
