import { number, pipeline, record, time } from 'millrace'
import { csv, jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { describe, expect, test } from 'vitest'
import { estimatedDriftMs } from './max-drift.ts'

const Reading = record({ value: number(), at: time({ unit: 'ms' }) })
const readings = (count: number, stepMs: number) =>
  Array.from({ length: count }, (_unused, i) => ({ value: i, at: 1_600_000_000_000 + stepMs * i }))

const program = (splits: ReturnType<typeof readings>[], order?: 'arrival') =>
  pipeline(
    'readings',
    ({ from }) =>
      from('readings', memory(splits, Reading), { eventTime: (r) => r.at }).to('out', jsonl('out/readings')),
    { order },
  ).program()

describe('how far a source may run ahead', () => {
  test('is what ten thousand records of the densest split span', async () => {
    expect(await estimatedDriftMs(program([readings(50, 60_000), readings(50, 1000)]), '.')).toBe(10_000_000)
  })

  test('is a second at least, however dense records are', async () => {
    const dense = readings(1000, 1).map((reading, i) => ({ ...reading, at: 1_600_000_000_000 + (i < 999 ? 0 : 1) }))
    expect(await estimatedDriftMs(program([dense]), '.')).toBe(1000)
  })

  test('cannot be told of one record, of one moment, or in order of arrival', async () => {
    expect(await estimatedDriftMs(program([readings(1, 1000)]), '.')).toBeUndefined()
    expect(await estimatedDriftMs(program([readings(9, 0)]), '.')).toBeUndefined()
    expect(await estimatedDriftMs(program([readings(9, 1000)], 'arrival'), '.')).toBeUndefined()
  })

  test('cannot be told of files that only the cluster sees', async () => {
    const remote = pipeline('remote', ({ from }) =>
      from('readings', csv('there-is-no.csv', Reading), { eventTime: (r) => r.at }).to('out', jsonl('out/readings')),
    )
    expect(await estimatedDriftMs(remote.program(), '.')).toBeUndefined()
  })
})
