/** Section "State" of the fault list, through whole pipelines: a function that throws leaves nothing half done, and no clock but event time counts. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import {
  features,
  integer,
  type Key,
  logistic,
  number,
  type Pipeline,
  pipeline,
  record,
  type Stream,
  string,
  time,
} from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { describe, expect, test } from 'vitest'
import { MemoryEnds } from '../../src/connectors/memory/ends.ts'
import { MemorySink } from '../../src/connectors/memory/sink.ts'
import { Job } from '../../src/runtime/local/job.ts'
import { folder, runToEnd, stateOf } from './faulty-run.ts'
import { GeneratedSource, generated } from './generated-source.ts'

const Step = record({ who: string(), n: integer(), x: number(), at: time({ unit: 'ms' }) })

interface StepRow {
  readonly who: string
  readonly n: number
  readonly x: number
  readonly at: number
}

const START = 1_700_000_000_000

function step(i: number): StepRow {
  return { who: `w${(i * 7) % 13}`, n: i % 10, x: ((i * 37) % 101) / 10, at: START + i * 100 }
}

describe('a function that throws in the middle of its work', () => {
  /** Where the function throws: at records whose n is -1. */
  const places: Record<string, (build: { boom: (s: StepRow) => void }) => Pipeline> = {
    'an operator, after it has set state, emitted and set timers': ({ boom }) =>
      steps('sums', (rows) => {
        rows
          .keyBy((s) => s.who)
          .process<{ sum: number; timer: boolean }, { sum: number; list: readonly number[] }>('sums', {
            onRecord(s, context) {
              const { sum = 0, list = [] } = context.state.get() ?? {}
              context.state.set({ sum: sum + s.x, list: [...list.slice(-3), s.n] })
              context.emit({ sum: sum + s.x, timer: false })
              context.timers.event(context.time + 450, 'soon')
              context.timers.deleteEvent(context.time + 100, 'soon')
              boom(s)
            },
            onTimer(_time, context) {
              context.emit({ sum: context.state.get()?.sum ?? -1, timer: true })
            },
          })
          .to('out', memory())
      }),
    'a function that maps': ({ boom }) =>
      steps('model', (rows) => {
        learn(
          rows.map((s) => {
            boom(s)
            return s
          }),
        ).to('out', memory())
      }),
    'a filter': ({ boom }) =>
      steps('model', (rows) => {
        learn(
          rows.filter((s) => {
            boom(s)
            return true
          }),
        ).to('out', memory())
      }),
    'a function that gives several values': ({ boom }) =>
      steps('model', (rows) => {
        learn(
          rows.flatMap((s) => {
            boom(s)
            return [s, { ...s, x: -s.x }]
          }),
        ).to('out', memory())
      }),
    'a key': ({ boom }) =>
      steps('model', (rows) => {
        rows
          .keyBy((s): Key => {
            boom(s)
            return s.who
          })
          .learn('model', logistic({ inputs: features(Step).numeric('x') }), { label: (s) => s.n > 4 })
          .to('out', memory())
      }),
    'a label': ({ boom }) =>
      steps('model', (rows) => {
        learn(rows, boom).to('out', memory())
      }),
    'a weight': ({ boom }) =>
      steps('model', (rows) => {
        learn(rows, () => {}, boom).to('out', memory())
      }),
  }

  const inputs = features(Step).numeric('x', 'n').categorical('who')

  function learn(
    rows: Stream<StepRow>,
    label: (s: StepRow) => void = () => {},
    weight: (s: StepRow) => void = () => {},
  ) {
    return rows.learn('model', logistic({ inputs }), {
      label: (s) => {
        label(s)
        return s.n > 4
      },
      weight: (s) => {
        weight(s)
        return 1
      },
    })
  }

  test.each(Object.keys(places))(
    'fault 27: %s is atomic: the record is a dead letter and nothing else has happened',
    async (place) => {
      const boom = (s: StepRow) => {
        if (s.n === -1) throw new RangeError(`boom at ${s.who}`)
      }
      const good = Array.from({ length: 300 }, (_unused, i) => step(i))
      // Each throws at a key of its own and at one that has state.
      const bad = [0, 77, 78, 299].map((i) => ({ ...step(i), n: -1, ...(i === 78 ? { who: 'new' } : {}) }))
      const dirty = [
        ...good.slice(0, 1),
        bad[0],
        ...good.slice(1, 78),
        bad[1],
        good[78],
        bad[2],
        ...good.slice(79),
        bad[3],
      ]
      const declared = places[place]({ boom })
      const lines = (rows: readonly StepRow[]) => `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`
      const clean = await runToEnd(declared, { files: { steps: lines(good) } })
      const run = await runToEnd(declared, { files: { steps: lines(dirty) } })
      const uid = clean.report.pipeline
      expect(run.letters.map(({ code, reason, source }) => [code, reason, source])).toEqual(
        bad.map(({ who }) => ['ML_USER_FUNCTION', `RangeError: boom at ${who}`, 'steps']),
      )
      expect(run.rows('out')).toEqual(clean.rows('out'))
      expect(clean.rows('out').length).toBeGreaterThanOrEqual(300)
      expect(await run.state(uid)).toEqual(await clean.state(uid))
      expect((await clean.state(uid)).size).toBeGreaterThan(0)
      const { at } = run.letters[0]
      expect(run.ledger(at)).toMatchObject({ in: 304, processed: 300, rejected: 4 })
    },
  )
})

/** A pipeline over the file `steps`, named for the operator whose state is looked at. */
function steps(name: string, build: (rows: Stream<StepRow>) => void): Pipeline {
  return pipeline(name, ({ from }) => build(from('steps', jsonl('steps', Step), { eventTime: (s) => s.at })), {
    rejected: memory(),
  })
}

describe('the clock of the machine', () => {
  const ROWS = 20_000
  const YEAR = 366 * 86_400_000
  const HOUR = 3_600_000

  const clocked = pipeline(
    'clocked',
    ({ from }) => {
      const rows = from('steps', generated(ROWS, Step), { eventTime: (s) => s.at })
      const byWho = rows.keyBy((s) => s.who)
      byWho
        .process<{ who: Key; time: number }, number>('events', {
          onRecord(s, context) {
            context.state.set((context.state.get() ?? 0) + s.n)
            context.timers.event(Math.ceil(s.at / 5000) * 5000, 'five')
          },
          onTimer: (time, context) => context.emit({ who: context.key, time }),
        })
        .to('timers', memory())
      byWho
        .learn('model', logistic({ inputs: features(Step).numeric('x') }), { label: (s) => s.n > 4 })
        .to('learned', memory())
      rows
        .keyBy((s) => s.n)
        .process<Key, boolean>('ticks', {
          onRecord(_s, context) {
            if (context.state.get()) return
            context.state.set(true)
            // Due half an hour from the clock's start: only a jump gets there.
            context.timers.processing(START + HOUR / 2, 'once')
            context.timers.processing(START + HOUR / 2, 'once')
          },
          onProcessingTimer: (_time, context) => context.emit(context.key),
        })
        .to('fired', memory())
    },
    { rejected: memory() },
  )

  /** Runs with this clock, in as many runs as there are clocks: each but the last is stopped on the way. */
  async function runWith(clocks: readonly (() => number)[]) {
    const base = folder()
    const ends = new MemoryEnds()
    let checkpoint = ''
    for (const [i, now] of clocks.entries()) {
      let read = 0
      let job: Job | undefined
      const source = new GeneratedSource((row) => {
        if (++read === 9000 && i < clocks.length - 1) job?.stop()
        return JSON.stringify(step(row))
      })
      job = await Job.open(clocked.program(), {
        connectors: { sources: [source], sinks: [new MemorySink(ends)] },
        base,
        state: join(base, 'state'),
        policy: { everyMs: 0, everyRecords: 1000 },
        retain: 2,
        fresh: false,
        warn: () => {},
        now,
      })
      const report = await job.run()
      expect(report.end).toBe(i < clocks.length - 1 ? 'suspended' : 'finished')
      checkpoint = report.checkpoint
    }
    return {
      timers: digest(ends.bytes('timers')),
      learned: digest(ends.bytes('learned')),
      fired: ends.rows('fired') as number[],
      events: await stateOf(checkpoint, 'events'),
      model: await stateOf(checkpoint, 'model'),
    }
  }

  /** A clock that jumps by these amounts, one after another, each after so many calls. */
  function jumping(calls: number, ...jumps: readonly number[]): () => number {
    let asked = 0
    return () => {
      const jumped = Math.min(jumps.length, Math.floor(asked / calls))
      return START + asked++ + jumps.slice(0, jumped).reduce((sum, jump) => sum + jump, 0)
    }
  }

  test('fault 28: jumps by an hour back and a year on change no byte of what event time decides, and timers fire once', async () => {
    const steady = await runWith([jumping(1e9)])
    expect(steady.fired).toEqual([])
    const tens = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    const runs = [
      await runWith([jumping(5, -HOUR, YEAR)]),
      await runWith([jumping(3, YEAR, -HOUR, -YEAR, YEAR)]),
      await runWith([jumping(1e9), jumping(2, -HOUR, YEAR)]),
      await runWith([jumping(2, YEAR), jumping(2, -YEAR, YEAR), jumping(1e9)]),
    ]
    for (const run of runs) {
      expect([...run.fired].sort()).toEqual(tens)
      expect(run.timers).toEqual(steady.timers)
      expect(run.learned).toEqual(steady.learned)
      expect(run.events).toEqual(steady.events)
      expect(run.model).toEqual(steady.model)
    }
    expect(steady.timers).toMatch(/^[1-9]\d{4,} /)
  })
})

/** Length and hash: comparing the bytes themselves is slow. */
function digest(bytes: Uint8Array): string {
  return `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`
}
