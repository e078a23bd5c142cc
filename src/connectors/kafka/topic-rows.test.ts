import { expect, test } from 'vitest'
import { ByteWriter } from '../../bytes/writer.ts'
import { writeMessage } from '../../formats/message.ts'
import type { Producer } from './producer.ts'
import { TopicRows } from './topic-rows.ts'

const DAY_MS = 86_400_000

function frames(timestamps: readonly number[]): Uint8Array {
  const writer = new ByteWriter()
  for (const [offset, timestamp] of timestamps.entries())
    writeMessage({ offset, timestamp, key: null, headers: [], value: new Uint8Array(1) }, writer)
  return writer.finish()
}

test.each([
  ['of today, or without a time', [Date.now() - DAY_MS, Number.NaN], 0],
  ['of last year', [Date.now(), Date.now() - 365 * DAY_MS, Date.now() - 366 * DAY_MS], 1],
])('rows %s: all are sent, and warnings told: %#', (_title, timestamps, warnings) => {
  const told: string[] = []
  const sent: number[] = []
  const producer = { append: (_topic: string, partition: number) => sent.push(partition) } as unknown as Producer
  const rows = new TopicRows('scores', 2, (message) => told.push(message))
  rows.append(frames(timestamps), producer)
  rows.append(frames(timestamps), producer)
  expect(sent).toHaveLength(2 * timestamps.length)
  expect([rows.first, rows.last]).toEqual([0, timestamps.length - 1])
  expect(told).toHaveLength(warnings)
  for (const message of told) expect(message).toMatch(/"scores".*as of \d{4}-\d\d-\d\d.*retention.ms to -1/)
})
