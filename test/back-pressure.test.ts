/** A sink that is slow and an input that is long: memory stays flat, checkpoints go on, results are right. */
import { features, integer, logistic, number, pipeline, record, type SinkDeclaration, string, time } from 'millrace'
import { run } from 'millrace/embedded'
import { memory } from 'millrace/memory'
import { describe, expect, test } from 'vitest'
import { MemoryEnds } from '../src/connectors/memory/ends.ts'
import { MemorySink } from '../src/connectors/memory/sink.ts'
import type { ConnectorTable, JsonObject, SinkConnector, SinkWriter } from '../src/stream/ports.ts'
import { folder } from './faults/faulty-run.ts'
import { GeneratedSource, generated } from './faults/generated-source.ts'
import { peakGrowth } from './faults/peak-memory.ts'

const Row = record({ id: string(), city: string(), x: number(), up: integer(), at: time({ unit: 'ms' }) })

function line(row: number): string {
  const x = ((row * 7919) % 1009) / 100
  return `{"id":"row ${row}","city":"c${(row * 31) % 17}","x":${x},"up":${x > 5 ? 1 : 0},"at":${1_700_000_000_000 + row * 10}}`
}

/** Writes `bytesPerMs`, no more, and counts what it holds. Exactly once, as memory is. */
class SlowSink implements SinkConnector {
  readonly kind = 'slow'
  readonly guarantee = 'exactly-once'
  readonly bytesPerMs: number
  mostPending = 0
  prepares = 0
  committed = 0
  hash = 0
  #queue: Uint8Array[] = []
  #pending = 0
  #tail: Promise<void> = Promise.resolve()

  constructor(bytesPerMs: number) {
    this.bytesPerMs = bytesPerMs
  }

  async open(): Promise<SinkWriter> {
    const sink = this
    return {
      get pendingBytes() {
        return sink.#pending
      },
      append: (bytes) => this.#append(bytes.slice()),
      roll: () => {},
      drain: () => this.#tail,
      prepare: async (): Promise<JsonObject> => {
        this.prepares++
        await this.#tail
        return {}
      },
      commit: async () => {
        this.committed++
      },
      close: () => this.#tail,
    }
  }

  #append(bytes: Uint8Array): void {
    this.#queue.push(bytes)
    this.#pending += bytes.length
    this.mostPending = Math.max(this.mostPending, this.#pending)
    this.#tail = this.#tail.then(() => this.#write())
  }

  async #write(): Promise<void> {
    const bytes = this.#queue.shift() as Uint8Array
    await new Promise((resolve) => setTimeout(resolve, bytes.length / this.bytesPerMs))
    for (const byte of bytes) this.hash = (Math.imul(this.hash, 31) + byte) | 0
    this.#pending -= bytes.length
  }
}

const slow: SinkDeclaration = { role: 'sink', kind: 'slow', options: {}, format: { name: 'jsonl' } }

function learning(rows: number, scores: SinkDeclaration) {
  return pipeline(
    'learning',
    ({ from }) => {
      from('rows', generated(rows, Row), { eventTime: (r) => r.at })
        .learn('ups', logistic({ inputs: features(Row).numeric('x').categorical('city') }), {
          label: (r) => r.up === 1,
        })
        .to('learned', scores)
    },
    { rejected: memory() },
  )
}

function table(...sinks: SinkConnector[]): ConnectorTable {
  return { sources: [new GeneratedSource(line)], sinks: [...sinks, new MemorySink(new MemoryEnds())] }
}

/** Nothing is done with the rows. */
const nowhere: SinkConnector = new SlowSink(1e12)

describe('a sink far slower than the rest', () => {
  test('holds the run back: memory stays bounded, checkpoints go on, and the bytes are those of a fast one', async () => {
    const rows = 100_000
    const fast = new SlowSink(1e12)
    const options = { state: 'state', checkpointEvery: '100ms' as const, warn: () => {} }
    const startedAt = performance.now()
    await (await run(learning(rows, slow), { ...options, base: folder(), connectors: table(fast) })).done
    const fastMs = performance.now() - startedAt
    const sink = new SlowSink(6000)
    const { result, growth } = await peakGrowth(async () => {
      const handle = await run(learning(rows, slow), { ...options, base: folder(), connectors: table(sink) })
      const ages: number[] = []
      const watch = setInterval(() => {
        const { lastCheckpoint } = handle.progress()
        if (lastCheckpoint !== undefined) ages.push(Date.now() - lastCheckpoint.at)
      }, 50)
      const report = await handle.done.finally(() => clearInterval(watch))
      return { report, ages }
    })
    expect(result.report.end).toBe('finished')
    expect(sink.hash).toBe(fast.hash)
    // 1 MiB is where the engine stops reading before it knows the sink's pace; a slice of work may come on top.
    expect(sink.mostPending).toBeGreaterThan(512 << 10)
    expect(sink.mostPending).toBeLessThan(6 << 20)
    expect(growth).toBeLessThan(120 << 20)
    expect(sink.committed).toBeGreaterThan(1)
    expect(sink.committed).toBe(sink.prepares)
    // A checkpoint waits for the rows before its cut, so its age is at most what is pending takes at this pace.
    expect(Math.max(...result.ages)).toBeLessThan(2 * ((6 << 20) / sink.bytesPerMs) + 1000)
    expect(fastMs).toBeGreaterThan(0)
  })
})

describe('ten times the rows', () => {
  test('take no more memory', async () => {
    const options = { state: 'state', checkpointEvery: '200ms' as const, warn: () => {} }
    const runOf = async (rows: number) => {
      const handle = await run(learning(rows, slow), { ...options, base: folder(), connectors: table(nowhere) })
      return await handle.done
    }
    // Code is compiled and the heap has found its size before anything is measured.
    await runOf(50_000)
    const short = await peakGrowth(() => runOf(50_000))
    const long = await peakGrowth(() => runOf(500_000))
    expect((long.result.ledgers.operators as Record<string, { processed: number }>).ups.processed).toBe(500_000)
    // A byte kept of each row would be 0.5 MB, 200 bytes of each 90 MB; the young generation alone may take 64 MB (Node 24).
    expect(long.growth).toBeLessThan(short.growth + (80 << 20))
  })
})
