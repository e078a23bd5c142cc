// The contract suites of millrace/testing, run over everything in this repository that has the contract.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { features, integer, invScaling, logistic, type Pipeline, pipeline, record, string, time } from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { type ContractCheck, operatorSuite, sinkSuite, sourceSuite, type TrialRecord } from 'millrace/testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { FileSink } from '../src/connectors/file/sink.ts'
import { FileSource } from '../src/connectors/file/source.ts'
import { MemoryEnds } from '../src/connectors/memory/ends.ts'
import { MemorySink } from '../src/connectors/memory/sink.ts'
import { MemorySource } from '../src/connectors/memory/source.ts'
import { StdoutSink } from '../src/connectors/stdout/sink.ts'
import { joined } from '../src/testing/run-result.ts'
import { Click, clicks, Label, labels } from './pipelines/clicks.ts'

function all(checks: readonly ContractCheck[]): void {
  for (const { title, skip, run } of checks) {
    test.skipIf(skip !== undefined)(skip === undefined ? title : `${title} (${skip})`, () => run())
  }
}

const rows = clicks(160, 71)
const shown: TrialRecord[] = rows.map((value) => ({ time: value.at, value })).sort((a, b) => a.time - b.time)
const answers: TrialRecord[] = labels(rows, 72).map((value) => ({ input: 1, time: value.at, value }))
const joinedStream = [...shown, ...answers].sort((a, b) => a.time - b.time)
const inputs = features(Click).numeric('amount', 'hour').categorical('page')
const model = logistic({ inputs, optimizer: invScaling(0.1) })
const source = { eventTime: (c: { at: number }) => c.at, outOfOrderness: '1s' as const }
const bad = [{ value: { ...rows[0], amount: 1e300 } }, { value: { ...rows[0], amount: Number.NaN } }]

/** A pipeline over clicks and labels. */
function over(build: (context: Parameters<Parameters<typeof pipeline>[1]>[0]) => void): Pipeline {
  return pipeline('trial', build)
}

describe('operators', () => {
  const stateless = over(({ from }) => {
    const a = from('a', memory([[]], Click), source)
    const b = from('b', memory([[]], Click), source)
    a.union(b)
      .map((c) => {
        if (c.amount < -4) throw new Error('too little')
        return { id: c.id, amount: c.amount }
      })
      .filter((c) => c.amount < 12)
      .flatMap((c) => (c.amount > 8 ? [c, c] : [c]))
      .to('out', jsonl('out'))
  }).program()
  all(
    operatorSuite({ name: 'union, map, filter, flatMap', program: () => stateless, uid: 'a.union-1', records: shown }),
  )

  for (const [name, keyed] of [
    ['process of one partition', false],
    ['process by key', true],
  ] as const) {
    const built = over(({ from }) => {
      const stream = from('clicks', memory([[]], Click), source)
      const counting = {
        onRecord(click: { amount: number }, context: never): void {
          const {
            state,
            timers,
            emit,
            time: now,
          } = context as {
            state: { get(): number | undefined; set(value: number): void; clear(): void }
            timers: { event(at: number, tag?: string): void; deleteEvent(at: number, tag?: string): void }
            emit(value: number): void
            time: number
          }
          const count = (state.get() ?? 0) + 1
          state.set(count)
          timers.event(now + 4000, 'rest')
          if (count % 3 === 0) timers.deleteEvent(now + 4000, 'rest')
          if (count % 5 === 0) state.clear()
          emit(count)
          if (!(click.amount < 1e9)) throw new RangeError('too much')
        },
        onTimer(at: number, context: never, tag: string): void {
          const { emit, state } = context as { emit(value: unknown): void; state: { get(): number | undefined } }
          emit({ at, tag, count: state.get() ?? null })
        },
        ttl: '9s' as const,
      }
      const processed = keyed
        ? stream.keyBy((c) => c.user).process<unknown, number>('count', counting as never)
        : stream.process<unknown, number>('count', counting as never)
      processed.to('out', jsonl('out'))
    }).program()
    all(operatorSuite({ name, program: () => built, uid: 'count', records: shown, rejected: bad }))
  }

  for (const [name, keyed] of [
    ['learn', false],
    ['learn by key', true],
  ] as const) {
    const built = over(({ from }) => {
      const stream = from('clicks', memory([[]], Click), source)
      const options = { label: (c: { clicked: boolean }) => c.clicked }
      const learned = keyed
        ? stream
            .keyBy((c) => c.user)
            .learn('model', logistic({ inputs: features(Click).numeric('amount', 'hour') }), options)
        : stream.learn('model', model, options)
      learned.to('out', jsonl('out'))
      learned.metrics.to('metrics', jsonl('metrics'))
    }).program()
    const unlabelled = { value: { ...rows[0], clicked: 'yes' } }
    all(operatorSuite({ name, program: () => built, uid: 'model', records: shown, rejected: [...bad, unlabelled] }))
  }

  const later = over(({ from }) => {
    const stream = from('clicks', memory([[]], Click), source)
    const known = from('labels', memory([[]], Label), source)
    const scored = stream
      .predict('model', model, { metricsEvery: '10s', modelEvery: 20 })
      .learnFrom(known, { key: (c) => c.id, labelKey: (l) => l.id, label: (l) => l.bought, labelTimeout: '15s' })
    scored.to('out', jsonl('out'))
    scored.outcomes.to('outcomes', jsonl('outcomes'))
    scored.expired.to('expired', jsonl('expired'))
    scored.metrics.to('metrics', jsonl('metrics'))
    scored.models.to('models', jsonl('models'))
  }).program()
  all(
    operatorSuite({
      name: 'predict and quality',
      program: () => later,
      uid: 'model',
      records: joinedStream,
      rejected: bad,
    }),
  )

  const routed = over(({ from }) => {
    const stream = from('clicks', memory([[]], Click), source)
    const known = from('labels', memory([[]], Label), source)
    stream
      .keyBy((c) => c.user)
      .predict('model', logistic({ inputs: features(Click).numeric('amount') }))
      .learnFrom(known, { key: (c) => c.id, labelKey: (l) => l.id, label: (l) => l.bought, labelTimeout: '15s' })
      .to('out', jsonl('out'))
  }).program()
  all(operatorSuite({ name: 'route', program: () => routed, uid: 'model.router', records: joinedStream }))

  const sinking = over(({ from }) => {
    from('clicks', memory([[]], Click), source).to('sink', jsonl('out', { partBytes: 900 }))
  }).program()
  all(operatorSuite({ name: 'sink', program: () => sinking, uid: 'sink', records: shown, rejected: [bad[1]] }))
})

describe('connectors', () => {
  let folder = ''
  let made = 0
  const fresh = () => join(folder, `sink-${made++}`)
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-contracts-'))
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    await writeFile(join(folder, 'plain.jsonl'), text)
    await writeFile(join(folder, 'small.jsonl'), 'no newline at the end')
    await writeFile(join(folder, 'one.gz'), gzipSync(text))
    await writeFile(join(folder, 'two.gz'), Buffer.concat([gzipSync(text.slice(0, 999)), gzipSync(text.slice(999))]))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const file = (paths: string[]) => ({
    create: () => new FileSource(),
    context: () => ({ uid: 'source', options: { paths }, base: folder }),
  })
  all(sourceSuite({ name: 'plain files', ...file(['plain.jsonl', 'small.jsonl']) }))
  all(sourceSuite({ name: 'gzip files', ...file(['one.gz', 'two.gz']) }))
  const Row = record({ name: string(), n: integer(), at: time() })
  const lists = [0, 1].map((split) =>
    Array.from({ length: 40 }, (_unused, n) => ({ name: `\u00e9${split}`, n, at: n })),
  )
  const { options } = memory(lists, Row)
  all(
    sourceSuite({
      name: 'memory',
      create: () => new MemorySource(),
      context: () => ({ uid: 'source', options, base: '' }),
    }),
  )

  all(
    sinkSuite({
      name: 'folder of parts',
      create: () => new FileSink(),
      context: () => ({ uid: 'sink', options: { folder: fresh(), format: { name: 'jsonl' } }, base: folder }),
      read: ({ options: { folder: target } }) => publicParts(target as string),
    }),
  )
  const ends = new MemoryEnds()
  all(
    sinkSuite({
      name: 'memory',
      create: () => new MemorySink(ends),
      context: () => ({ uid: fresh(), options: {}, base: '' }),
      read: ({ uid }) => ends.bytes(uid),
    }),
  )
  let printed: Uint8Array[] = []
  const stream = {
    write(bytes: Uint8Array, done: () => void): boolean {
      printed.push(bytes)
      setImmediate(done)
      return true
    },
    on: () => {},
  }
  all(
    sinkSuite({
      name: 'stdout',
      create: () => new StdoutSink(stream),
      context: () => {
        printed = []
        return { uid: 'sink', options: {}, base: '' }
      },
      read: () => joined(printed),
    }),
  )
})

/** Parts under their final name, in order. */
async function publicParts(folder: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (let part = 0; ; part++) {
    const bytes = await readFile(join(folder, `part-${String(part).padStart(5, '0')}.jsonl`)).catch(() => undefined)
    if (bytes === undefined) return joined(parts)
    parts.push(bytes)
  }
}
