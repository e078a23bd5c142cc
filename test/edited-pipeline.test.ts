/** A pipeline that was edited goes on from the checkpoint of its older self: what kept its name kept its state. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  adagrad,
  type Composition,
  compose,
  features,
  imputer,
  integer,
  interactions,
  logistic,
  number,
  type Pipeline,
  pipeline,
  type RecordSchema,
  record,
  sgd,
  string,
  targetEncoding,
  time,
} from 'millrace'
import { jsonl } from 'millrace/file'
import { memory } from 'millrace/memory'
import { describe, expect, test } from 'vitest'
import { FileSink } from '../src/connectors/file/sink.ts'
import { MemoryEnds } from '../src/connectors/memory/ends.ts'
import { MemorySink } from '../src/connectors/memory/sink.ts'
import type { ModelDescription } from '../src/operators/describe.ts'
import { inspectCheckpoint } from '../src/runtime/local/inspect.ts'
import { Job } from '../src/runtime/local/job.ts'
import { folder } from './faults/faulty-run.ts'
import { GeneratedSource, generated } from './faults/generated-source.ts'
import { eventLine } from './faults/shop.ts'

const ROWS = 600
const STOP_AT = 300

interface EventRow {
  readonly id: string
  readonly kind: string
  readonly city: string
  readonly x: number
  readonly n: number
  readonly at: number
}

function events(x = number(), more = {}): RecordSchema<EventRow> {
  const fields = { id: string(), kind: string(), city: string(), x, n: integer(), at: time({ unit: 'ms' }), ...more }
  return record(fields) as RecordSchema<EventRow>
}

const Event = events()

/** What may be edited; the defaults are the older self. */
interface Edit {
  readonly schema?: RecordSchema<EventRow>
  readonly source?: string
  readonly model?: string
  readonly inputs?: (list: ReturnType<typeof features<EventRow>>) => Composition<EventRow>
  readonly optimizer?: ReturnType<typeof adagrad>
  readonly modelPerKey?: boolean
  readonly labels?: boolean
  /** Another operator, another sink and a map in front of what there is. */
  readonly more?: boolean
  readonly counter?: 'each city' | 'all' | 'none'
  readonly order?: 'arrival'
  readonly name?: string
}

function edited({
  schema = Event,
  source = 'events',
  model = 'sells',
  inputs = (list) => list.numeric('x').categorical('city'),
  optimizer = adagrad(0.3),
  modelPerKey = false,
  labels = true,
  more = false,
  counter = 'each city',
  order,
  name = 'edited',
}: Edit = {}): Pipeline {
  return pipeline(
    name,
    ({ from }) => {
      const all = from(source, generated(ROWS, schema), { eventTime: (e) => e.at, outOfOrderness: '4s' })
      const orders = (more ? all.map((e) => ({ ...e })) : all).filter((e) => e.kind === 'order')
      const learner = logistic({ inputs: inputs(features(schema)), optimizer })
      const scored = modelPerKey ? orders.keyBy((e) => e.city).predict(model, learner) : orders.predict(model, learner)
      if (labels) {
        scored.learnFrom(
          all.filter((e) => e.kind === 'answer'),
          { key: (e) => e.id, labelKey: (e) => e.id, label: (e) => e.x > 5, labelTimeout: '30s' },
        )
      }
      scored.outcomes.to('outcomes', memory())
      const count = {
        onRecord: (_e: EventRow, context: { state: { get(): number | undefined; set(n: number): void } }) =>
          context.state.set((context.state.get() ?? 0) + 1),
      }
      if (counter === 'each city') all.keyBy((e) => e.city).process<number, number>('counter', count)
      if (counter === 'all') all.process<number, number>('counter', count)
      if (!more) return
      all
        .keyBy((e) => e.kind)
        .process<string, string>('kinds', {
          onRecord(e, context) {
            context.state.set(e.kind)
            context.emit(e.id)
          },
        })
        .to('kinds-out', jsonl('out/kinds'))
    },
    { order, rejected: memory() },
  )
}

interface World {
  readonly base: string
  readonly ends: MemoryEnds
}

async function open(declared: Pipeline, { base, ends }: World, stopAt = -1): Promise<Job> {
  let job: Job | undefined
  const line = (row: number) => {
    if (row === stopAt) job?.stop()
    return eventLine(row)
  }
  job = await Job.open(declared.program(), {
    connectors: { sources: [new GeneratedSource(line, '', 1500)], sinks: [new MemorySink(ends), new FileSink()] },
    base,
    state: join(base, 'state'),
    policy: { everyMs: 0, everyRecords: 0 },
    retain: 2,
    fresh: false,
    warn: () => {},
  })
  return job
}

/** The older self, stopped in the middle: its folder, its model, its ledger. */
async function stopped() {
  const world = { base: folder(), ends: new MemoryEnds() }
  const report = await (await open(edited(), world, STOP_AT)).run()
  expect(report.end).toBe('suspended')
  const { operators, manifest } = await inspectCheckpoint(report.checkpoint)
  const model = operators.sells as ModelDescription
  expect(model.steps).toBeGreaterThan(50)
  expect(model.pending).toBeGreaterThan(5)
  return { world, model, ledgers: manifest.ledgers as never as { operators: Record<string, Record<string, number>> } }
}

function weightsOf(model: ModelDescription): Record<string, number> {
  return Object.fromEntries((model.weights ?? []).map(({ name, weight }) => [name, weight]))
}

describe('an edited pipeline goes on', () => {
  const edits: Record<string, { edit: Edit; gone: RegExp; added: RegExp }> = {
    'with a numeric input more': {
      edit: { inputs: (list) => list.numeric('n', 'x').categorical('city') },
      gone: /^$/,
      added: /^n$/,
    },
    'with a categorical input more': {
      edit: { inputs: (list) => list.numeric('x').categorical('kind', 'city') },
      gone: /^$/,
      added: /^kind=/,
    },
    'with a text more': {
      edit: { inputs: (list) => list.text('kind', { hashBits: 10, ngrams: 2 }).numeric('x').categorical('city') },
      gone: /^$/,
      // A word is shown once it has a weight.
      added: /^$/,
    },
    'with transformers, and an input more': {
      edit: {
        inputs: (list) =>
          compose(
            list.numeric('n', 'x').categorical('city'),
            targetEncoding('city', { keep: true }),
            imputer('mean', { indicator: true }),
            interactions(),
          ),
      },
      gone: /^$/,
      added: /^(n|mean\(city\)|.* missing|.*×.*)$/,
    },
    'without its categorical input': { edit: { inputs: (list) => list.numeric('x') }, gone: /^city=/, added: /^$/ },
    'without its numeric input': { edit: { inputs: (list) => list.categorical('city') }, gone: /^x$/, added: /^$/ },
    'with an operator, a sink and a map more': { edit: { more: true }, gone: /^$/, added: /^$/ },
    'with a field more in its schema': {
      edit: { schema: events(number(), { extra: number().nullable() }) },
      gone: /^$/,
      added: /^$/,
    },
    'with inputs in another order, and a cross': {
      edit: { inputs: (list) => list.categorical('city').cross('city', 'kind').numeric('x') },
      gone: /^$/,
      added: /^city×kind=/,
    },
  }

  test.each(Object.keys(edits))('%s: every weight that kept its name, and every waiting prediction', async (title) => {
    const { edit, gone, added } = edits[title]
    const { world, model, ledgers } = await stopped()
    const job = await open(edited(edit), world)
    const now = job.describe().sells as ModelDescription
    const [before, after] = [weightsOf(model), weightsOf(now)]
    for (const [name, weight] of Object.entries(before)) {
      if (!gone.test(name)) expect([name, after[name]]).toEqual([name, weight])
      else expect(after).not.toHaveProperty([name])
    }
    for (const [name, weight] of Object.entries(after)) if (!(name in before)) expect([name, weight]).toEqual([name, 0])
    expect(
      Object.keys(after)
        .filter((name) => !(name in before))
        .every((name) => added.test(name)),
    ).toBe(true)
    expect([now.intercept, now.steps, now.pending]).toEqual([model.intercept, model.steps, model.pending])
    const report = await job.run()
    expect(report.end).toBe('finished')
    const ledger = (report.ledgers.operators as Record<string, Record<string, number>>).sells
    // Predictions that waited at the edit met their labels: as many as without an edit.
    expect(ledger.predictions).toBe(ledger.labelled + ledger.expired)
    const straight = { base: folder(), ends: new MemoryEnds() }
    const whole = await (await open(edited(), straight)).run()
    const { labelled, expired, learned } = (whole.ledgers.operators as Record<string, Record<string, number>>).sells
    expect(ledger).toMatchObject({ labelled, expired, learned })
    expect(learned).toBeGreaterThan(ledgers.operators.sells.learned + 50)
    const keysOf = ({ ends }: World) => (ends.rows('outcomes') as { key: string }[]).map(({ key }) => key)
    expect(keysOf(world)).toEqual(keysOf(straight))
    const final = report.operators.sells as ModelDescription
    expect(Object.values(weightsOf(final)).every(Number.isFinite)).toBe(true)
  })

  test('with nothing but new names for unnamed operators: every byte of what follows is as without the edit', async () => {
    const { world } = await stopped()
    await (await open(edited({ more: true }), world)).run()
    const straight = { base: folder(), ends: new MemoryEnds() }
    await (await open(edited(), straight)).run()
    expect(world.ends.rows('outcomes')).toEqual(straight.ends.rows('outcomes'))
  })
})

describe('an edited pipeline is refused, with the difference, and nothing is written', () => {
  const refused: Record<string, { edit: Edit; says: RegExp }> = {
    'a model of another name': { edit: { model: 'buys' }, says: /predict "sells" is gone/ },
    'a source of another name': { edit: { source: 'happenings' }, says: /source "events" is gone/ },
    'a field of another type': {
      edit: { schema: events(integer()) },
      says: /field "x" of source "events" was number, now integer/,
    },
    'a model per key where there was one': {
      edit: { modelPerKey: true, inputs: (list) => list.numeric('x') },
      says: /"sells" was one model, now a model per key/,
    },
    'one state for all where there was one for each key': {
      edit: { counter: 'all' },
      says: /process "counter" was one for each key, now one for all/,
    },
    'an operator with state that is gone': { edit: { counter: 'none' }, says: /process "counter" is gone/ },
    'another optimizer': { edit: { optimizer: sgd(0.1) }, says: /adagrad.*sgd|another learner/ },
    'no labels where there were some': { edit: { labels: false }, says: /"sells" learned from labels/ },
    'another order': { edit: { order: 'arrival' }, says: /order: eventTime stored, arrival now/ },
    'several at once': {
      edit: { model: 'buys', counter: 'none', order: 'arrival' },
      says: /order:.*"sells" is gone.*"counter" is gone/,
    },
  }

  test.each(Object.keys(refused))('fault 42: %s', async (title) => {
    const { world } = await stopped()
    const { edit, says } = refused[title]
    const files = () =>
      readdirSync(world.base, { recursive: true })
        .filter((name) => !String(name).includes('.lock-'))
        .sort()
    const before = files()
    const opening = open(edited({ more: true, ...edit }), world)
    await expect(opening).rejects.toMatchObject({ code: 'ML_OTHER_PLAN', message: expect.stringMatching(says) })
    await expect(opening).rejects.toMatchObject({ message: expect.not.stringContaining('\n') })
    expect(files()).toEqual(before)
    expect(existsSync(join(world.base, 'out'))).toBe(false)
    // Nothing is lost: its older self goes on.
    expect((await (await open(edited(), world)).run()).end).toBe('finished')
  })

  test('fault 42: models per key whose text is hashed to other slots, or goes through other transformers', async () => {
    const perKey = (inputs: Edit['inputs']) => edited({ modelPerKey: true, inputs })
    const world = { base: folder(), ends: new MemoryEnds() }
    await (
      await open(
        perKey((list) => list.numeric('x').text('kind', { hashBits: 4 })),
        world,
        STOP_AT,
      )
    ).run()
    for (const other of [
      perKey((list) => list.numeric('x').text('kind', { hashBits: 5 })),
      perKey((list) => compose(list.numeric('x').text('kind', { hashBits: 4 }), imputer('mean'))),
    ]) {
      await expect(open(other, world)).rejects.toMatchObject({ code: 'ML_OTHER_PLAN' })
    }
  })

  test('fault 42: another pipeline in the folder', async () => {
    const { world } = await stopped()
    const opening = open(edited({ name: 'other', more: true }), world)
    await expect(opening).rejects.toMatchObject({
      code: 'ML_OTHER_PIPELINE',
      message: expect.stringMatching(/"edited".*"other"/),
    })
    expect(existsSync(join(world.base, 'out'))).toBe(false)
  })
})
