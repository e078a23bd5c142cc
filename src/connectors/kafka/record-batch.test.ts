// Batches as the client library reads them, of random rows, whole and halved; and frames that are none.
import * as client from '@platformatic/kafka'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../bytes/writer.ts'
import { type Message, writeMessage } from '../../formats/message.ts'
import { PartitionQueue } from './partition-queue.ts'
import { RecordBatch } from './record-batch.ts'
import { RowFrame } from './row-frame.ts'
import { readVarint, writeVarint, writeVarlong } from './varint.ts'

const none = { id: 0, compress: (bytes: Uint8Array) => bytes }
const number = { producerId: 7n, epoch: 3, sequence: 41, transactional: true }

const bytes = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ minLength: 200, maxLength: 300 }),
)
const message: fc.Arbitrary<Message> = fc.record({
  offset: fc.nat(),
  timestamp: fc.oneof(fc.integer({ min: 0, max: 2 ** 45 }), fc.nat(5000)),
  key: bytes,
  headers: fc.array(fc.record({ name: fc.string({ maxLength: 20 }), value: bytes }), { maxLength: 4 }),
  value: bytes,
})

function framesOf(messages: readonly Message[]): Uint8Array {
  const writer = new ByteWriter()
  for (const each of messages) writeMessage(each, writer)
  return writer.view().slice()
}

function batchOf(messages: readonly Message[]): RecordBatch {
  const batch = new RecordBatch()
  const row = new RowFrame().over(framesOf(messages))
  while (row.next()) batch.append(row, row.timestamp)
  return batch
}

const hex = (value: Uint8Array | null) => (value === null ? null : Buffer.from(value).toString('hex'))

/** What the library reads, and whether the checksum holds. */
function read(encoded: Buffer) {
  expect(client.crc32c(encoded.subarray(21))).toBe(encoded.readUInt32BE(17))
  const batch = client.readRecordsBatch(client.Reader.from(Buffer.from(encoded)))
  return {
    batch,
    rows: batch.records.map(({ key, value, headers, timestampDelta, offsetDelta }) => ({
      offsetDelta,
      timestamp: Number(batch.firstTimestamp + timestampDelta),
      key: hex(key),
      value: hex(value),
      headers: headers.map(([name, text]) => [String(name), hex(text)]),
    })),
  }
}

function written(messages: readonly Message[]) {
  return messages.map(({ timestamp, key, value, headers }, offsetDelta) => ({
    offsetDelta,
    timestamp,
    key: hex(key),
    value: hex(value),
    headers: headers.map(({ name, value: text }) => [Buffer.from(name).toString(), hex(text)]),
  }))
}

describe('a record batch', () => {
  test('holds what was appended, with its number and the largest timestamp', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 30 }), (messages) => {
        const whole = batchOf(messages)
        const { batch, rows } = read(whole.finish(number, none, client.crc32c))
        expect(rows).toEqual(written(messages))
        expect(batch).toMatchObject({ producerId: 7n, producerEpoch: 3, firstSequence: 41, attributes: 16 })
        expect(batch.lastOffsetDelta).toBe(messages.length - 1)
        expect(Number(batch.maxTimestamp)).toBe(Math.max(...messages.map(({ timestamp }) => timestamp)))
        expect(whole.ordinals).toEqual(messages.map(({ offset }) => offset))
      }),
    )
  })

  test('halves hold the same rows, numbered anew', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 2, maxLength: 30 }), (messages) => {
        const middle = messages.length >> 1
        const halves = batchOf(messages).split()
        for (const [half, part] of [
          [halves[0], messages.slice(0, middle)],
          [halves[1], messages.slice(middle)],
        ] as const) {
          expect(read(half.finish(number, none, client.crc32c)).rows).toEqual(written(part))
          expect(half.ordinals).toEqual(part.map(({ offset }) => offset))
        }
      }),
    )
  })

  test('keeps its first number, whatever it is asked for later', () => {
    const batch = batchOf([{ offset: 0, timestamp: 5, key: null, headers: [], value: Uint8Array.of(1) }])
    const first = batch.finish(number, none, client.crc32c)
    expect(batch.finish({ ...number, sequence: 99 }, none, client.crc32c)).toBe(first)
    expect(batch.finished).toBe(true)
  })
})

describe('the queue of a partition', () => {
  const row = (value: string) => {
    const frame = framesOf([{ offset: 0, timestamp: 1, key: null, headers: [], value: Buffer.from(value) }])
    const cursor = new RowFrame().over(frame)
    cursor.next()
    return cursor
  }

  test('gives a batch the same sequence number each time, and the next one the number after its records', () => {
    const queue = new PartitionQueue('t', 0)
    for (const value of ['a', 'b', 'c']) queue.append(row(value), 1)
    expect([queue.sequence(), queue.sequence()]).toEqual([0, 0])
    queue.batches[0].finish(number, none, client.crc32c)
    queue.append(row('d'), 1)
    expect(queue.batches.length).toBe(2)
    queue.done()
    expect([queue.sequence(), queue.batches[0].count]).toEqual([3, 1])
    queue.done()
    queue.append(row('e'), 1)
    expect(queue.sequence()).toBe(4)
  })

  test('numbers the halves of a batch that was refused as the batch was, and makes smaller ones from then on', () => {
    const queue = new PartitionQueue('t', 0)
    for (let i = 0; i < 10; i++) queue.append(row('x'.repeat(1000)), 1)
    const before = queue.batches[0].sizeBytes
    expect(queue.sequence()).toBe(0)
    queue.batches[0].finish(number, none, client.crc32c)
    const grown = queue.split()
    expect(queue.batches.map(({ count }) => count)).toEqual([5, 5])
    expect(queue.batches[0].sizeBytes + queue.batches[1].sizeBytes).toBe(before + grown)
    expect(queue.sequence()).toBe(0)
    queue.done()
    expect(queue.sequence()).toBe(5)
    for (let i = 0; i < 12; i++) queue.append(row('x'.repeat(1000)), 1)
    expect(Math.max(...queue.batches.map(({ count }) => count))).toBeLessThanOrEqual(6)
  })
})

describe('what is no frame', () => {
  test('is refused, wherever it is cut off and whichever length is wrong', () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.integer({ min: -5, max: 2 ** 31 - 1 }), (good, place, wrong) => {
        const frame = framesOf([good])
        const cut = new RowFrame().over(frame.subarray(0, 1 + (place % (frame.length - 1))))
        expect(() => cut.next()).toThrow(/^ML_CORRUPT/)
        const damaged = Buffer.from(frame)
        damaged.writeInt32LE(wrong, place % (frame.length - 3))
        // Damage may be a frame again, but never one that reaches beyond its bytes.
        const row = new RowFrame().over(damaged)
        try {
          while (row.next()) expect(row.valueStart + Math.max(0, row.valueLength)).toBeLessThanOrEqual(damaged.length)
        } catch (error) {
          expect(String(error)).toMatch(/ML_CORRUPT/)
        }
      }),
      { numRuns: 500 },
    )
  })
})

test('varints are read as they were written', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 50), max: 2 ** 50 })), (value) => {
      const target = new Uint8Array(12)
      const end = writeVarlong(target, 0, value)
      expect(readVarint(target, 0)).toEqual({ value, next: end })
      if (value === (value | 0)) expect(writeVarint(new Uint8Array(6), 0, value)).toBe(end)
    }),
  )
})
