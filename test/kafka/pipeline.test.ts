// A pipeline from Kafka to Kafka, in this process: what it commits is what the same pipeline makes of the same records in memory.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adagrad, features, hybrid, logistic, type Pipeline, pipeline, type SourceDeclaration } from 'millrace'
import { run } from 'millrace/embedded'
import { jsonl } from 'millrace/file'
import { kafka } from 'millrace/kafka'
import { memory } from 'millrace/memory'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MemoryEnds } from '../../src/connectors/memory/ends.ts'
import { MemorySink } from '../../src/connectors/memory/sink.ts'
import type { RunReport } from '../../src/runtime/local/job.ts'
import type { SinkDeclaration } from '../../src/stream/declarations.ts'
import { Click, type ClickRow, clicks } from '../pipelines/clicks.ts'
import { describeOnKafka } from './broker.ts'
import { readAll, textOf, write } from './reading.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-pipeline-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const lists = [clicks(400, 71), clicks(300, 72)]

function learning(source: SourceDeclaration<ClickRow>, sink: (name: string) => SinkDeclaration): Pipeline {
  return pipeline('clicks', ({ from }) => {
    const shown = from('clicks', source, { eventTime: (c) => c.at, outOfOrderness: '1s' })
    const inputs = features(Click).numeric('amount', 'hour').categorical('page')
    const scored = shown.learn('clicked', logistic({ inputs, optimizer: adagrad(0.3) }), { label: (c) => c.clicked })
    scored.to('scores', sink('scores'))
    scored.metrics.to('metrics', sink('metrics'))
  })
}

describeOnKafka('a pipeline from Kafka to Kafka', {}, (broker) => {
  const at = () => ({ brokers: broker().brokers })
  const expected = new Map<string, string[]>()

  beforeAll(async () => {
    await broker().createTopic('clicks', 2)
    for (const [partition, list] of lists.entries()) {
      await write(
        broker().brokers,
        'clicks',
        list.map((row) => ({ value: JSON.stringify(row), key: row.id, partition })),
      )
    }
    const ends = new MemoryEnds()
    const reference = learning(memory(lists, Click), () => memory())
    const { done } = await run(reference, {
      base: join(folder, 'reference'),
      connectors: { sources: [], sinks: [new MemorySink(ends)] },
    })
    await done
    for (const uid of ['scores', 'metrics'])
      expected.set(
        uid,
        ends.rows(uid).map((row) => JSON.stringify(row)),
      )
  }, 120_000)

  /** What readers of committed records see of a topic; markers come a moment after the commit was answered. */
  const committed = async (topic: string, count: number): Promise<(string | null)[]> => {
    const read = async () => (await readAll({ ...at(), topic, until: 'latest' })).get(`${topic}/0`) ?? []
    await expect.poll(async () => (await read()).length, { timeout: 30_000 }).toBeGreaterThanOrEqual(count)
    return (await read()).map(textOf)
  }

  test.each([
    ['in one go', 0],
    ['suspended again and again', 40],
  ])('commits what the same records make in memory, %s', async (how, checkpointRecords) => {
    const prefix = how.split(' ')[0]
    for (const name of ['scores', 'metrics']) await broker().createTopic(`${prefix}-${name}`)
    const source = kafka({ ...at(), topic: 'clicks', until: 'latest', group: 'learner' }, Click)
    const copy = learning(source, (name) => kafka({ ...at(), topic: `${prefix}-${name}` }))
    let report: RunReport | undefined
    let runs = 0
    while (report?.end !== 'finished') {
      const handle = await run(copy, { base: join(folder, prefix), checkpointRecords })
      if (checkpointRecords > 0 && runs++ < 4) handle.stop()
      report = await handle.done
    }
    expect(report.ledgers.sources.clicks).toEqual({ in: 700, processed: 700, rejected: 0, late: 0 })
    for (const [uid, rows] of expected) {
      expect(rows.length).toBeGreaterThan(uid === 'scores' ? 699 : 0)
      expect(await committed(`${prefix}-${uid}`, rows.length)).toEqual(rows)
    }
  })

  test('goes on in Kafka where a history of files ends, without a gap and nothing twice', async () => {
    const [cut0, cut1] = [150, 120]
    const part = (rows: readonly ClickRow[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    writeFileSync(join(folder, 'a.jsonl'), part(lists[0].slice(0, cut0)))
    writeFileSync(join(folder, 'b.jsonl'), part(lists[1].slice(0, cut1)))
    await broker().createTopic('copied')
    const start = { offsets: { 'clicks/0': cut0, 'clicks/1': cut1 } }
    const copy = pipeline('history-first', ({ from }) => {
      const live = kafka({ ...at(), topic: 'clicks', start, until: 'latest' }, Click)
      from('clicks', hybrid(jsonl(['a.jsonl', 'b.jsonl'], Click), live), {
        eventTime: (c) => c.at,
        outOfOrderness: '20s',
      }).to('copied', kafka({ ...at(), topic: 'copied', key: 'id' }))
    })
    let report: RunReport | undefined
    for (let runs = 0; report?.end !== 'finished'; runs++) {
      const handle = await run(copy, { base: folder, checkpointRecords: 30 })
      if (runs < 6) handle.stop()
      report = await handle.done
    }
    const ids = (await committed('copied', 700)).map((text) => JSON.parse(text ?? '').id)
    expect([...ids].sort()).toEqual(
      lists
        .flat()
        .map(({ id }) => id)
        .sort(),
    )
    expect(report.ledgers.sources.clicks).toMatchObject({ in: 700, late: 0 })
  })

  test('fault 36: a row that its topic would never take is a dead letter, and the stream goes on', async () => {
    for (const name of ['kept', 'letters']) await broker().createTopic(name, 1, { 'max.message.bytes': '2000' })
    const pages = ['a', 'b'.repeat(5000), 'c', 'd']
    const rows = pages.map((page, i) => ({ ...lists[0][0], id: `r${i}`, page, at: 1000 * i }))
    const bounded = pipeline(
      'bounded',
      ({ from }) => {
        const sink = kafka({ ...at(), topic: 'kept', maxRecordBytes: 1900 })
        from('rows', memory([rows], Click), { eventTime: (c) => c.at }).to('kept', sink)
      },
      { rejected: kafka({ ...at(), topic: 'letters', key: 'at', value: { name: 'raw', field: 'reason' } }) },
    )
    const { done } = await run(bounded, { base: join(folder, 'bounded') })
    const { ledgers } = await done
    expect(ledgers.operators.kept).toMatchObject({ in: 4, processed: 3, rejected: 1 })
    expect((await committed('kept', 3)).map((text) => JSON.parse(text ?? '').page)).toEqual(['a', 'c', 'd'])
    expect(await committed('letters', 1)).toEqual([
      expect.stringMatching(
        /^ML_VALUE: the message takes 5\d\d\d bytes, more than the 1900 of maxRecordBytes at message/,
      ),
    ])
  })
})
