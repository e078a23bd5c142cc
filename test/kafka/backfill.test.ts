// History from files, then the topic it was taken from, from an offset or a time on: no gap, and nothing twice.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hybrid, integer, pipeline, record, type SourceDeclaration, time } from 'millrace'
import { run } from 'millrace/embedded'
import { csv } from 'millrace/file'
import { kafka } from 'millrace/kafka'
import { memory } from 'millrace/memory'
import { expect, onTestFinished, test, vi } from 'vitest'
import { MemoryEnds } from '../../src/connectors/memory/ends.ts'
import { MemorySink } from '../../src/connectors/memory/sink.ts'
import { describeOnKafka } from './broker.ts'
import { write } from './reading.ts'

const Row = record({ n: integer(), at: time({ unit: 'ms' }) })
const START = 1_700_000_000_000
const at = (n: number) => START + n * 1000
const HISTORY = 2000

describeOnKafka('backfill from files, then Kafka', {}, (broker) => {
  test.each(['offsets', 'timestamp'] as const)(
    'by %s: through suspends before, at and after the switch',
    async (by) => {
      const topic = `rows-${by}`
      await broker().createTopic(topic, 2)
      const message = (n: number) => ({
        value: JSON.stringify({ n, at: at(n) }),
        partition: n % 2,
        timestamp: BigInt(at(n)),
      })
      const produce = (from: number, to: number) =>
        write(
          broker().brokers,
          topic,
          Array.from({ length: to - from }, (_, i) => message(from + i)),
        )
      // The topic holds the end of the history, too.
      await produce(HISTORY - 500, HISTORY + 500)
      const base = mkdtempSync(join(tmpdir(), 'millrace-backfill-'))
      onTestFinished(() => rmSync(base, { recursive: true, force: true }))
      const cells = Array.from({ length: HISTORY }, (_, n) => `${n},${at(n)}`)
      writeFileSync(join(base, 'history.csv'), `n,at\n${cells.join('\n')}\n`)
      const start =
        by === 'offsets' ? { offsets: { [`${topic}/0`]: 250, [`${topic}/1`]: 250 } } : { timestamp: at(HISTORY) }
      const source: SourceDeclaration<{ readonly n: number; readonly at: number }> = hybrid(
        csv('history.csv', Row),
        kafka({ brokers: broker().brokers, topic, start }, Row),
      )
      const backfill = pipeline('backfill', ({ from }) => {
        const rows = from('rows', source, { eventTime: (row) => row.at, outOfOrderness: '1h' })
        rows.to('out', memory())
        rows.late.to('late', memory())
      })
      const ends = new MemoryEnds()
      const seen = () => (ends.rows('out') as { n: number }[]).map(({ n }) => n)
      let total = HISTORY + 500
      for (const until of [700, HISTORY, HISTORY + 200, HISTORY + 900, HISTORY + 1500]) {
        if (until > total) {
          await produce(total, total + 500)
          total += 500
        }
        const handle = await run(backfill, {
          base,
          checkpointEvery: 20,
          warn: () => {},
          connectors: { sources: [], sinks: [new MemorySink(ends)] },
        })
        await vi.waitFor(() => expect(handle.progress().records).toBeGreaterThanOrEqual(until), {
          timeout: 30_000,
          interval: 1,
        })
        handle.stop()
        expect((await handle.done).end).toBe('suspended')
      }
      expect([...seen()].sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, n) => n))
      expect(ends.rows('late')).toEqual([])
      // History in its order, before anything of the topic.
      expect(seen().slice(0, HISTORY)).toEqual(cells.map((_, n) => n))
    },
    60_000,
  )
})
