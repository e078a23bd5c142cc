/**
 * The Fetch request, version 11: the last without tagged fields, known to brokers since 2.3. Records stay bytes here, which is
 * why the library's own is not used.
 */
import type { API, Connection } from '@platformatic/kafka'
import type { KafkaClient } from './cluster.ts'
import type { AbortedTransaction } from './fetched-records.ts'

export interface FetchPartition {
  readonly topic: string
  readonly partition: number
  readonly from: number
}

export interface FetchRequest {
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly partitionBytes: number
  readonly committed: boolean
  readonly partitions: readonly FetchPartition[]
}

export interface FetchAnswer {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly aborted: readonly AbortedTransaction[]
  readonly records: Buffer
}

export interface FetchResponse {
  readonly errorCode: number
  readonly answers: readonly FetchAnswer[]
}

const FETCH = 1
const VERSION = 11

export function fetchApi({ Writer }: KafkaClient): API<[FetchRequest], FetchResponse> {
  const payload = ({ maxWaitMs, maxBytes, partitionBytes, committed, partitions }: FetchRequest) => {
    const topics = new Map<string, FetchPartition[]>()
    for (const one of partitions) topics.set(one.topic, [...(topics.get(one.topic) ?? []), one])
    return Writer.create()
      .appendInt32(-1)
      .appendInt32(maxWaitMs)
      .appendInt32(1)
      .appendInt32(maxBytes)
      .appendInt8(committed ? 1 : 0)
      .appendInt32(0)
      .appendInt32(-1)
      .appendArray(
        [...topics],
        (writer, [topic, list]) => {
          writer.appendString(topic, false).appendArray(
            list,
            (inner, { partition, from }) => {
              inner
                .appendInt32(partition)
                .appendInt32(-1)
                .appendInt64(BigInt(from))
                .appendInt64(-1n)
                .appendInt32(partitionBytes)
            },
            false,
            false,
          )
        },
        false,
        false,
      )
      .appendInt32(0)
      .appendString('', false)
  }
  const api = (
    connection: Connection,
    request: FetchRequest,
    done: (error: Error | null, answer?: FetchResponse) => void,
  ) =>
    connection.send(
      FETCH,
      VERSION,
      () => payload(request),
      (_id, _key, _version, reader) => {
        // One buffer: an answer comes in many pieces.
        return response(reader.buffer.slice(reader.position, reader.length))
      },
      false,
      false,
      done,
    )
  return api as unknown as API<[FetchRequest], FetchResponse>
}

function response(bytes: Buffer): FetchResponse {
  let at = 4 // behind throttle_time_ms
  const i32 = () => bytes.readInt32BE((at += 4) - 4)
  const i16 = () => bytes.readInt16BE((at += 2) - 2)
  const i64 = () => Number(bytes.readBigInt64BE((at += 8) - 8))
  const errorCode = i16()
  i32() // session_id
  const answers: FetchAnswer[] = []
  for (let topics = i32(); topics > 0; topics--) {
    const length = i16()
    const topic = bytes.toString('utf8', at, (at += length))
    for (let partitions = i32(); partitions > 0; partitions--) {
      const partition = i32()
      const code = i16()
      const highWatermark = i64()
      const lastStableOffset = i64()
      i64() // log_start_offset
      const aborted: AbortedTransaction[] = []
      for (let count = i32(); count > 0; count--) {
        const producerId = bytes.readBigInt64BE(at)
        at += 8
        aborted.push({ producerId, firstOffset: i64() })
      }
      i32() // preferred_read_replica
      const size = Math.max(0, i32())
      const part = bytes.subarray(at, (at += size))
      // What waits for its turn must not keep the whole answer in memory.
      const records = 2 * size < bytes.length ? Buffer.from(part) : part
      answers.push({ topic, partition, errorCode: code, highWatermark, lastStableOffset, aborted, records })
    }
  }
  return { errorCode, answers }
}
