/** What grows without end in a stream is bounded, counted and told: categories, and timers that are due together. */
import { features, integer, logistic, pipeline, record, sgd, string, time } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { describe, expect, test } from 'vitest'
import { folder, runToEnd } from './faulty-run.ts'
import { GeneratedSource, generated } from './generated-source.ts'
import { peakGrowth } from './peak-memory.ts'

/** CATEGORIES=16777217 takes the number at which a JavaScript Map dies; half an hour, mostly of making the text. */
const CATEGORIES = Number(process.env.CATEGORIES ?? 60_000)
const MAX = 1000
const START = 1_700_000_000_000

const Row = record({ name: string(), n: integer(), at: time({ unit: 'ms' }) })
/** Every category once, and the first of them again at the end. */
const line = (row: number) => `{"name":"c${row % CATEGORIES}","n":${row % 3},"at":${START + row}}`

describe('fault 20: more categories than a model may hold', () => {
  test('share a slot, are counted, and leave memory and state where they were; those that came first keep their own', async () => {
    const rows = CATEGORIES + MAX
    const learning = pipeline('many-categories', ({ from }) => {
      from('rows', generated(rows, Row), { eventTime: (r) => r.at }).learn(
        'model',
        logistic({ inputs: features(Row).categorical('name', { max: MAX }), optimizer: sgd(0.1) }),
        { label: (r) => r.n === 0 },
      )
    })
    const { result, growth } = await peakGrowth(() =>
      runToEnd(learning, {
        base: folder(),
        checkpointRecords: 50_000,
        connectors: { sources: [new GeneratedSource(line)], sinks: [] },
      }),
    )
    const { model } = result.handle.describe()
    if (model?.type !== 'model') throw new Error('a model was expected')
    expect(model.steps).toBe(rows)
    expect(model.overflowed).toBe(CATEGORIES - MAX)
    const names = model.weights?.map(({ name }) => name)
    expect(names).toEqual([...Array.from({ length: MAX }, (_, i) => `name=c${i}`), 'name=<other>'])
    // A megabyte of slots, and what the run itself takes; every category by name would be hundreds.
    expect(model.sizeBytes).toBeLessThan(1 << 20)
    expect(growth).toBeLessThan(200 << 20)
  }, 7_200_000)

  test('hashed, they have no dictionary at all', async () => {
    const learning = pipeline('hashed-categories', ({ from }) => {
      from('rows', generated(20_000, Row), { eventTime: (r) => r.at }).learn(
        'model',
        logistic({ inputs: features(Row).categorical('name', { hashBits: 8 }), optimizer: sgd(0.1) }),
        { label: (r) => r.n === 0 },
      )
    })
    const { handle } = await runToEnd(learning, { connectors: { sources: [new GeneratedSource(line)], sinks: [] } })
    const { model } = handle.describe()
    expect(model).toMatchObject({ steps: 20_000 })
    expect((model as { sizeBytes: number }).sizeBytes).toBeLessThan(32 << 10)
    expect(model).not.toHaveProperty('overflowed')
  })
})

describe('fault 29: timers that are due together', () => {
  test('fire in slices: checkpoints and the event loop go on between them, and each fires once', async () => {
    const KEYS = 50_000
    const due = START + 10_000_000
    let fired = 0
    let between = 0
    const timers = pipeline('alarm', ({ from }) => {
      from('rows', jsonl('rows.jsonl', Row), { eventTime: (r) => r.at })
        .keyBy((r) => r.name)
        .process<{ name: string }, number>('alarms', {
          onRecord(r, context) {
            if (r.n >= 0) context.timers.event(due)
          },
          onTimer(_at, context) {
            fired++
            context.emit({ name: context.key as string })
          },
        })
        .to('out', memory())
    })
    const rows = Array.from({ length: KEYS }, (_, i) => `{"name":"k${i}","n":0,"at":${START + i}}`)
    // The record after which all are due, and one after it.
    rows.push(`{"name":"k0","n":-1,"at":${due + 1}}`, `{"name":"k0","n":-1,"at":${due + 2}}`)
    const watching = setInterval(() => {
      if (fired > 0 && fired < KEYS) between++
    }, 0)
    try {
      const run = await runToEnd(timers, {
        checkpointRecords: 0,
        checkpointEvery: 1,
        files: { 'rows.jsonl': `${rows.join('\n')}\n` },
      })
      const names = (run.rows('out') as { name: string }[]).map(({ name }) => name)
      expect(names).toHaveLength(KEYS)
      expect(new Set(names).size).toBe(KEYS)
      expect(between).toBeGreaterThan(5)
    } finally {
      clearInterval(watching)
    }
  })
})
