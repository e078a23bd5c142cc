// The contract suites of millrace/testing, run over everything in this repository that has the contract.
import { features, invScaling, logistic, type Pipeline, pipeline } from 'millrace'
import { jsonl } from 'millrace/file'
import { kafka } from 'millrace/kafka'
import { memory } from 'millrace/memory'
import { type ContractCheck, operatorSuite, type TrialRecord } from 'millrace/testing'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../src/bytes/reader.ts'
import { readMessage } from '../src/formats/message.ts'
import { StageTrial } from '../src/testing/stage-trial.ts'
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

  const messages = over(({ from }) => {
    from('clicks', memory([[]], Click), source).to(
      'sink',
      kafka({ brokers: '127.0.0.1:9092', topic: 'clicks', key: 'user', headers: { page: 'page' } }),
    )
  }).program()
  const keyless = { value: { ...rows[0], user: null } }
  all(
    operatorSuite({
      name: 'sink of messages',
      program: () => messages,
      uid: 'sink',
      records: shown,
      rejected: [bad[1], keyless],
    }),
  )
  test('sink of messages: rows are numbered from the first on, with their event times, and in no parts', () => {
    const calm = new StageTrial(messages, 'sink').feed(shown).finish()
    expect(calm.outputs.filter((output) => output === 'sink part')).toEqual([])
    const before = new StageTrial(messages, 'sink').feed(shown, 0, 70)
    before.stage.flush()
    const after = new StageTrial(messages, 'sink', before.mark()()).feed(shown, 70).finish()
    const all = [...before.outputs, ...after.outputs].map((output) => Number(output.replace('sink ', '')))
    const reader = new ByteReader(Uint8Array.from(all), 'test')
    for (const [i, { time, value }] of shown.entries()) {
      const { offset, timestamp, key } = readMessage(reader)
      expect({ offset, timestamp }).toEqual({ offset: i, timestamp: time })
      expect(Buffer.from(key as Uint8Array).toString()).toBe((value as { user: string }).user)
    }
    reader.expectEnd()
  })
})
