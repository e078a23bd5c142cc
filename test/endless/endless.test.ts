/** Sources that do not end, and sinks that decide: what the engine makes of them. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { integer, type Pipeline, pipeline, record, string } from 'millrace'
import { type RunHandle, type RunOptions, run } from 'millrace/embedded'
import { memory } from 'millrace/memory'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { MemoryEnds } from '../../src/connectors/memory/ends.ts'
import { MemorySink } from '../../src/connectors/memory/sink.ts'
import { MillraceError } from '../../src/errors.ts'
import { HandFedSource, handFed } from './hand-fed.ts'
import { TransactionalLog, TransactionalSink, transactional } from './memory-domain.ts'

const Row = record({ id: string(), n: integer(), at: integer() })
const at = (n: number, id = 'a') => ({ id, n, at: n })

let base: string
let source: HandFedSource
let ends: MemoryEnds
let log: TransactionalLog
let warnings: string[]

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'millrace-endless-'))
  source = new HandFedSource()
  ends = new MemoryEnds()
  log = new TransactionalLog()
  warnings = []
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

async function start(pipe: Pipeline, options: RunOptions = {}): Promise<RunHandle> {
  const handle = await run(pipe, {
    base,
    checkpointEvery: 10,
    warn: (message) => void warnings.push(message),
    connectors: { sources: [source], sinks: [new MemorySink(ends), new TransactionalSink(log)] },
    ...options,
  })
  handle.done.catch(() => {})
  onTestFinished(async () => {
    handle.stop()
    await handle.done.catch(() => {})
  })
  return handle
}

const numbers = (uid: string): number[] => (ends.rows(uid) as { n: number }[]).map(({ n }) => n)
const sees = (uid: string, expected: readonly number[]) =>
  vi.waitFor(() => expect(numbers(uid)).toEqual(expected), { timeout: 10_000 })

const arrival = pipeline('arrival', ({ from }) => from('rows', handFed('rows', Row)).to('out', memory()))
const ordered = (options: { idleTimeout?: number; discoverMs?: number } = {}) =>
  pipeline(
    'ordered',
    ({ from }) => {
      const { discoverMs, ...rest } = options
      const declared = handFed('rows', Row, discoverMs === undefined ? {} : { discoverMs })
      const rows = from('rows', declared, { eventTime: (row) => row.at, ...rest })
      rows.to('out', memory())
      rows.late.to('late', memory())
    },
    { order: 'eventTime' },
  )

describe('a source that does not end', () => {
  test('gives what it has at once, and goes on after a suspend', async () => {
    const split = source.add('rows', { id: 's' })
    const handle = await start(arrival)
    split.feed(at(1), at(2))
    await sees('out', [1, 2])
    split.feed(at(3))
    await sees('out', [1, 2, 3])
    handle.stop()
    expect((await handle.done).end).toBe('suspended')
    split.feed(at(4))
    const again = await start(arrival)
    await sees('out', [1, 2, 3, 4])
    expect(again.startedFrom).not.toBeNull()
    await vi.waitFor(() => expect(source.offsets.get('rows')?.get('s')).toBeGreaterThan(80))
  })

  test('ends when its input does: bounded later, and what it held comes out', async () => {
    const split = source.add('rows', { id: 's' })
    const bounded = pipeline(
      'bounded',
      ({ from }) => {
        const rows = from('rows', handFed('rows', Row, { bounded: true }), { eventTime: (row) => row.at })
        rows.to('out', memory())
      },
      { order: 'eventTime' },
    )
    const handle = await start(bounded)
    split.feed(at(1), at(5))
    split.end()
    expect((await handle.done).end).toBe('finished')
    expect(numbers('out')).toEqual([1, 5])
  })

  test('a split without records holds the watermark back until it is idle, and only while it has caught up', async () => {
    const [busy, quiet] = [source.add('rows', { id: 'a' }), source.add('rows', { id: 'b' })]
    quiet.caughtUp = false
    await start(ordered({ idleTimeout: 50 }))
    busy.feed(at(1), at(2), at(3))
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(numbers('out')).toEqual([])
    quiet.caughtUp = true
    await sees('out', [1, 2])
    // What the others have reached without it is over for it.
    quiet.feed(at(1, 'b'), at(3, 'b'))
    busy.feed(at(4))
    await sees('late', [1])
    await sees('out', [1, 2, 3, 3])
  })

  test('all splits idle: the watermark stands at the latest and does not run to the end', async () => {
    const split = source.add('rows', { id: 'a' })
    await start(ordered({ idleTimeout: 20 }))
    split.feed(at(1), at(2))
    await sees('out', [1])
    await new Promise((resolve) => setTimeout(resolve, 100))
    split.feed(at(2), at(3))
    await sees('out', [1, 2, 2])
    expect(numbers('late')).toEqual([])
  })

  test('an idle source does not hold back a stage that others feed', async () => {
    const split = source.add('busy', { id: 'a' })
    source.add('quiet', { id: 'b' })
    const two = pipeline(
      'two',
      ({ from }) => {
        const time = { eventTime: (row: { at: number }) => row.at, idleTimeout: 50 }
        from('busy', handFed('busy', Row), time)
          .union(from('quiet', handFed('quiet', Row), time))
          .to('out', memory())
      },
      { order: 'eventTime' },
    )
    await start(two)
    split.feed(at(1), at(2), at(3))
    await sees('out', [1, 2])
  })

  test('splits found later are read from their start; ended ones that are no longer listed keep their counts', async () => {
    const first = source.add('rows', { id: 'a' })
    const finding = pipeline('finding', ({ from }) =>
      from('rows', handFed('rows', Row, { discoverMs: 20 })).to('out', memory()),
    )
    const handle = await start(finding)
    first.feed(at(1), at(2))
    first.end()
    await sees('out', [1, 2])
    source.remove('rows', 'a')
    const second = source.add('rows', { id: 'b' })
    second.feed(at(3))
    await sees('out', [1, 2, 3])
    await vi.waitFor(() => expect([...(source.offsets.get('rows')?.keys() ?? [])]).toEqual(['b']))
    handle.stop()
    const report = await handle.done
    expect(report.ledgers.sources.rows).toEqual({ in: 3, processed: 3, rejected: 0, late: 0 })
    const again = await start(finding)
    second.feed(at(4))
    await sees('out', [1, 2, 3, 4])
    again.stop()
    expect((await again.done).ledgers.sources.rows).toMatchObject({ in: 4 })
  })

  test('a later phase begins when the earlier one has ended, at the bounds it had when it was first seen', async () => {
    const length = Buffer.byteLength(`${JSON.stringify(at(1))}\n`)
    const history = source.add('rows', { id: 'history' })
    const live = source.add('rows', { id: 'live', phase: 1, start: length, end: length * 9 })
    history.feed(at(1), at(2))
    live.feed(at(2), at(3))
    const phased = ordered()
    const handle = await start(phased)
    await sees('out', [1])
    expect(source.opened).toEqual(['history at 0'])
    handle.stop()
    await handle.done
    // Seen now, it would begin elsewhere.
    Object.assign(live.split, { start: 0, end: 1 })
    const again = await start(phased)
    history.end()
    await sees('out', [1, 2])
    expect(source.opened.at(-1)).toBe(`live at ${length} to ${length * 9}`)
    live.feed(at(4))
    await sees('out', [1, 2, 3])
    again.stop()
    await again.done
  })

  test('a transient error is survived: the job goes on from its last checkpoint, each row once', async () => {
    const split = source.add('rows', { id: 's' })
    const handle = await start(arrival)
    split.feed(at(1))
    await sees('out', [1])
    for (let n = 2; n < 5; n++) {
      split.fail(new MillraceError('ML_FLINK_REST', { what: 'the server is away' }))
      split.feed(at(n))
      await sees('out', [1, 2, 3, 4].slice(0, n))
    }
    expect(
      warnings.filter((warning) => /the server is away.*goes on from its last checkpoint/.test(warning)),
    ).toHaveLength(3)
    split.fail(new MillraceError('ML_SOURCE', { what: 'the bytes are damaged' }))
    await expect(handle.done).rejects.toMatchObject({ code: 'ML_SOURCE' })
  })

  test('after a death what was not committed is so at once, however far apart checkpoints are', async () => {
    const split = source.add('rows', { id: 's' })
    const handle = await start(arrival, { checkpointEvery: '1h' })
    const last = () => handle.gauges().checkpoints.last?.id ?? 0
    await vi.waitFor(() => expect(last()).toBeGreaterThan(0))
    const first = last()
    split.feed(at(1))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(numbers('out')).toEqual([])
    split.fail(new MillraceError('ML_FLINK_REST', { what: 'the server is away' }))
    await sees('out', [1])
    expect(last()).toBeGreaterThan(first)
  })
})

describe('a transaction domain', () => {
  const copied = pipeline('copied', ({ from }) => {
    const rows = from('rows', handFed('rows', Row))
    rows.to('first', transactional('first'))
    rows.filter(({ n }) => n % 2 === 0).to('even', transactional('even'))
    rows.to('beside', memory())
  })
  const public_ = (topic: string) => (log.values(topic) as { n: number }[]).map(({ n }) => n)
  const shows = (topic: string, expected: readonly number[]) =>
    vi.waitFor(() => expect(public_(topic)).toEqual(expected), { timeout: 10_000 })

  test('commits all its sinks at once, and the others behind it', async () => {
    const split = source.add('rows', { id: 's' })
    const handle = await start(copied)
    split.feed(at(1), at(2))
    await shows('first', [1, 2])
    await shows('even', [2])
    await sees('beside', [1, 2])
    handle.stop()
    await handle.done
    expect(handle.weaker).toEqual({})
  })

  test.each(['applied, answer lost', 'refused'] as const)(
    'a commit that is %s: nothing lost, nothing twice',
    async (fate) => {
      const split = source.add('rows', { id: 's' })
      await start(copied)
      for (let n = 1; n < 8; n++) {
        if (n % 2 === 0) log.fates.push(fate)
        split.feed(at(n))
        await shows('first', [1, 2, 3, 4, 5, 6, 7].slice(0, n))
      }
      await sees('beside', [1, 2, 3, 4, 5, 6, 7])
      await shows('even', [2, 4, 6])
      expect(warnings.length).toBeGreaterThanOrEqual(3)
    },
  )

  test.each(['applied, answer lost', 'refused'] as const)(
    'the last commit %s: another process finds out',
    async (fate) => {
      const split = source.add('rows', { id: 's' })
      split.feed(at(1), at(2))
      const before = await start(copied)
      await shows('first', [1, 2])
      before.stop()
      await before.done
      const handle = await start(copied, { checkpointEvery: 0 })
      split.feed(at(3))
      await vi.waitFor(() => expect(handle.progress().records).toBe(3))
      log.fates.push(fate)
      handle.stop()
      await expect(handle.done).rejects.toMatchObject({ code: 'ML_FLINK_REST' })
      expect(public_('first')).toEqual(fate === 'refused' ? [1, 2] : [1, 2, 3])
      await start(copied)
      await shows('first', [1, 2, 3])
      await sees('beside', [1, 2, 3])
    },
  )

  test('a first checkpoint that was never decided is dropped, and the run begins anew', async () => {
    const split = source.add('rows', { id: 's' })
    split.feed(at(1))
    log.fates.push('refused')
    const handle = await start(copied, { checkpointEvery: 0 })
    await vi.waitFor(() => expect(handle.progress().records).toBe(1))
    handle.stop()
    await expect(handle.done).rejects.toThrow(/no answer/)
    const again = await start(copied)
    expect(again.startedFrom).toBeNull()
    await shows('first', [1])
  })

  test('marks that were lost, and checkpoints that were, are refused', async () => {
    const split = source.add('rows', { id: 's' })
    split.feed(at(1))
    const handle = await start(copied)
    await shows('first', [1])
    split.feed(at(2))
    await shows('first', [1, 2])
    handle.stop()
    await handle.done
    const marks = [...log.marks]
    log.marks.clear()
    await expect(start(copied)).rejects.toMatchObject({ code: 'ML_SINK_LOST' })
    for (const [job] of marks) log.marks.set(job, 99)
    await expect(start(copied)).rejects.toMatchObject({ code: 'ML_SINK_AHEAD' })
    for (const [job, mark] of marks) log.marks.set(job, mark)
    const state = join(base, '.millrace/copied')
    for (const name of readdirSync(state)) if (name.startsWith('chk-')) rmSync(join(state, name), { recursive: true })
    await expect(start(copied)).rejects.toMatchObject({ code: 'ML_SINK_AHEAD' })
    ends.clear('beside')
    await start(copied, { fresh: true })
    await shows('first', [1, 2, 1, 2])
  })

  test('two that decide are refused', async () => {
    source.add('rows', { id: 's' })
    const both = pipeline('both', ({ from }) => {
      const rows = from('rows', handFed('rows', Row))
      rows.to('one', transactional('one', 'a'))
      rows.to('two', transactional('two', 'b'))
    })
    await expect(start(both)).rejects.toThrow(/ML_PLAN: only one transaction domain.*a and b/)
  })
})
