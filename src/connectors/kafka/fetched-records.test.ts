import * as client from '@platformatic/kafka'
import { crc32c, createRecordsBatch } from '@platformatic/kafka'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { type Message, readMessage } from '../../formats/message.ts'
import { decompressor } from './codecs.ts'
import { type AbortedTransaction, FetchedRecords } from './fetched-records.ts'

const tools = { checksum: crc32c, decompress: decompressor(client) }

interface Batch {
  readonly offset: number
  readonly values: readonly string[]
  readonly codec?: 'gzip' | 'snappy' | 'lz4'
  /** Of a transaction. */
  readonly producerId?: bigint
}

const text = (value: string) => Buffer.from(value)

/** As the client library makes it, moved to an offset; the base offset is not under the checksum. */
function batchOf({ offset, values, codec, producerId }: Batch): Buffer {
  const messages = values.map((value, i) => ({
    topic: 't',
    partition: 0,
    key: i % 2 === 0 ? undefined : text(`k${i}`),
    value: text(value),
    timestamp: BigInt(1000 + i),
    headers: new Map(i % 3 === 0 ? [[text('name'), text(value.slice(0, 3))]] : []),
  }))
  const transaction = producerId === undefined ? {} : { producerId, producerEpoch: 0, transactionalId: 'x' }
  const bytes = Buffer.from(
    createRecordsBatch(messages as never, { compression: codec ?? 'none', ...transaction }).buffer,
  )
  bytes.writeBigInt64BE(BigInt(offset), 0)
  return bytes
}

const CONTROL = 1 << 5

/** The marker that ends a transaction: its key holds a version and what was decided. */
function marker(offset: number, producerId: bigint, type: 0 | 1): Buffer {
  const bytes = batchOf({ offset, values: ['0123'], producerId })
  const key = Buffer.from([0, 0, 0, type])
  const messages = [{ topic: 't', partition: 0, key, value: Buffer.alloc(6), timestamp: 5n }]
  const made = Buffer.from(
    createRecordsBatch(messages as never, { producerId, producerEpoch: 0, transactionalId: 'x' } as never).buffer,
  )
  made.writeBigInt64BE(bytes.readBigInt64BE(0), 0)
  made.writeInt16BE(made.readInt16BE(21) | CONTROL, 21)
  return checked(made)
}

function checked(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

interface Read {
  readonly messages: Message[]
  readonly position: number
}

function read(bytes: Buffer, from: number, until = Number.POSITIVE_INFINITY, aborted: AbortedTransaction[] = []): Read {
  const fetched = new FetchedRecords(bytes, from, aborted, tools, 't/0')
  const frames = new ByteWriter()
  let position = from
  while (!fetched.done) position = Math.max(position, fetched.readBatch(position, until, frames))
  const reader = new ByteReader(frames.finish(), 'frames')
  const messages: Message[] = []
  while (reader.remaining > 0) messages.push(readMessage(reader))
  return { messages, position: Math.max(position, fetched.end) }
}

const values = ({ messages }: Read) => messages.map(({ value }) => Buffer.from(value as Uint8Array).toString())

describe('fetched records', () => {
  const batches: readonly Batch[] = [
    { offset: 10, values: ['a', 'bb', 'ccc'] },
    { offset: 13, values: ['d', 'e'], codec: 'gzip' },
    { offset: 20, values: ['f'.repeat(500), 'ñ', ''], codec: 'snappy' },
    { offset: 23, values: ['g', 'h'.repeat(9000)], codec: 'lz4' },
  ]
  const all = Buffer.concat(batches.map(batchOf))

  test('are given out from the offset that was asked for to the one where they end', () => {
    const offsets = [10, 11, 12, 13, 14, 20, 21, 22, 23, 24]
    for (let from = 10; from <= 25; from++) {
      for (const until of [11, 14, 20, 22, 25, Number.POSITIVE_INFINITY]) {
        const { messages, position } = read(all, from, until)
        expect(messages.map(({ offset }) => offset)).toEqual(offsets.filter((each) => each >= from && each < until))
        expect(position).toBe(25)
      }
    }
  })

  test('keep key, headers, timestamp and value', () => {
    const { messages } = read(all, 10)
    expect(messages[0]).toMatchObject({ offset: 10, timestamp: 1000, key: null, headers: [{ name: 'name' }] })
    expect(messages[1]).toMatchObject({ offset: 11, timestamp: 1001, key: new Uint8Array(text('k1')), headers: [] })
    expect(values({ messages, position: 0 }).slice(-1)).toEqual(['h'.repeat(9000)])
  })

  test('may be cut off behind any byte: what is whole is given out', () => {
    const ends = batches.map((_, i) => batches.slice(0, i + 1).reduce((sum, one) => sum + batchOf(one).length, 0))
    for (let length = 0; length <= all.length; length += 7) {
      const whole = ends.filter((end) => end <= length).length
      const { messages, position } = read(all.subarray(0, length), 10)
      const expected = batches.slice(0, whole)
      expect(messages).toHaveLength(expected.reduce((sum, one) => sum + one.values.length, 0))
      const last = expected.at(-1)
      expect(position).toBe(last === undefined ? 10 : last.offset + last.values.length)
    }
  })

  test('of an aborted transaction are passed over, those of the next of the same producer are not', () => {
    const bytes = Buffer.concat([
      batchOf({ offset: 0, values: ['no', 'no'], producerId: 7n }),
      batchOf({ offset: 2, values: ['other'], producerId: 8n }),
      batchOf({ offset: 3, values: ['plain'] }),
      marker(4, 7n, 0),
      batchOf({ offset: 5, values: ['yes'], producerId: 7n }),
      marker(6, 7n, 1),
      marker(7, 8n, 1),
      batchOf({ offset: 8, values: ['no'], producerId: 7n }),
      marker(9, 7n, 0),
    ])
    const aborted = [
      { producerId: 7n, firstOffset: 8 },
      { producerId: 7n, firstOffset: 0 },
    ]
    expect(values(read(bytes, 0, Number.POSITIVE_INFINITY, aborted))).toEqual(['other', 'plain', 'yes'])
    expect(values(read(bytes, 1, Number.POSITIVE_INFINITY, aborted))).toEqual(['other', 'plain', 'yes'])
    expect(values(read(bytes, 0))).toEqual(['no', 'no', 'other', 'plain', 'yes', 'no'])
    expect(read(bytes, 0, Number.POSITIVE_INFINITY, aborted).position).toBe(10)
  })

  test('that are damaged are told by their checksum', () => {
    fc.assert(
      fc.property(fc.integer({ min: 17, max: all.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const bytes = Buffer.from(all)
        bytes[at] ^= bits
        let end = 0
        const heads = batches.map((one) => (end += batchOf(one).length) - batchOf(one).length)
        // Base offset, length, epoch of the leader and format stand before what is checked.
        fc.pre(!heads.some((head) => at >= head && at < head + 17))
        expect(() => read(bytes, 10)).toThrow(/^ML_CORRUPT: .* at t\/0/)
      }),
    )
  })

  test('that a producer has damaged, checksum and all, are refused and never read past their end', () => {
    const batch = batchOf({ offset: 0, values: ['a', 'bb', 'ccc', 'd'.repeat(100)] })
    const bytesOf = fc.array(
      fc.tuple(fc.integer({ min: 57, max: batch.length - 1 }), fc.integer({ min: 0, max: 255 })),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    fc.assert(
      fc.property(bytesOf, (changes) => {
        const bytes = Buffer.from(batch)
        for (const [at, byte] of changes) bytes[at] = byte
        try {
          read(checked(bytes), 0)
        } catch (error) {
          expect((error as Error).message).toMatch(/^ML_CORRUPT/)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('of a codec that there is not are refused by what to do', () => {
    const bytes = batchOf({ offset: 0, values: ['a'] })
    bytes.writeInt16BE(5, 21)
    expect(() => read(checked(bytes), 0)).toThrow(/^ML_SOURCE: .*codec that is not known; got 5/)
  })

  test('of the formats before 2 are refused', () => {
    const bytes = batchOf({ offset: 0, values: ['a'] })
    bytes[16] = 1
    expect(() => read(bytes, 0)).toThrow(/^ML_CORRUPT: a record batch is of format 1; 2 alone is read/)
  })
})
