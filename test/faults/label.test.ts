/** Section "Label" of the fault list, through whole pipelines: what labels do that come wrong, early, late, twice or with odd weights. */
import {
  boolean,
  features,
  integer,
  logistic,
  number,
  type Pipeline,
  pipeline,
  record,
  sgd,
  string,
  time,
} from 'millrace'
import { memory } from 'millrace/memory'
import { describe, expect, test } from 'vitest'
import { type Finished, runToEnd } from './faulty-run.ts'

const Offer = record({ id: string(), price: number(), at: time({ unit: 'ms' }) })
const Answer = record({ id: string(), taken: boolean(), weight: number(), at: time({ unit: 'ms' }) })

const HOUR = 3_600_000
const START = 1_700_000_000_000

interface AnswerRow {
  readonly id: string
  readonly taken: boolean
  readonly weight: number
  readonly at: number
}

const offers = Array.from({ length: 120 }, (_unused, i) => ({
  id: `o${i}`,
  price: (i * 37) % 23,
  at: START + i * 1000,
}))

/** The label of an offer, some seconds after it; out of order by up to four seconds. */
function answer(i: number, changed: Partial<AnswerRow> = {}): AnswerRow {
  const { id, price, at } = offers[i]
  return { id, taken: price > 11, weight: 1, at: at + 5000 + ((i * 7919) % 9) * 1500, ...changed }
}

const answers = offers.map((_offer, i) => answer(i))

interface Options {
  readonly onConflict?: 'reject' | 'ignore'
  readonly outOfOrderness?: number
  /** A last answer, long after all others, so that everything else expires before the end. */
  readonly label?: (answer: AnswerRow) => unknown
}

/** Offers are scored, answers teach; `answers` is what the second source holds, in any order. */
function scoring(
  rows: readonly (AnswerRow | string)[],
  { onConflict, outOfOrderness = 20_000, label }: Options = {},
): Pipeline {
  return pipeline(
    'scoring',
    ({ from }) => {
      const asked = from('offers', memory(offers, Offer), { eventTime: (o) => o.at })
      const told = from('answers', memory(rows, Answer), { eventTime: (a) => a.at, outOfOrderness })
      const scored = asked
        .predict('takes', logistic({ inputs: features(Offer).numeric('price'), optimizer: sgd(0.1) }))
        .learnFrom(told, {
          key: (o) => o.id,
          labelKey: (a) => a.id,
          label: (label ?? ((a: AnswerRow) => a.taken)) as never,
          weight: (a) => a.weight,
          labelTimeout: HOUR,
          onConflict,
        })
      scored.to('scores', memory())
      scored.outcomes.to('outcomes', memory())
      scored.expired.to('expired', memory())
    },
    { rejected: memory() },
  )
}

/** Predictions = labelled + expired + waiting; labels = learned + duplicate + conflicting + unmatched + refused + early. */
function expectBalance(run: Finished): void {
  const l = run.ledger('takes')
  expect(l.in).toBe(l.processed + l.rejected)
  expect(l.predictions).toBe(l.labelled + l.expired + l.waiting)
  expect(l.labels).toBe(l.learned + l.duplicate + l.conflicting + l.unmatched + l.refused + l.early)
  expect([l.waiting, l.early]).toEqual([0, 0])
}

/** By key, since a wrong label between changes nothing but the order of sinks' rows. */
function outcomesOf(run: Finished): unknown[] {
  return run.rows('outcomes')
}

function model(run: Finished): unknown {
  const { steps, intercept, weights } = run.handle.describe().takes as {
    steps: number
    intercept: number
    weights: unknown
  }
  return { steps, intercept, weights }
}

describe('a label that is none', () => {
  test('fault 22: 1, then "1", then null: the wrong types are dead letters and every prediction goes on', async () => {
    const Shot = record({ x: number(), hit: integer().nullable() })
    const shots = Array.from({ length: 100 }, (_unused, i) => ({ x: (i * 13) % 7, hit: i % 7 > 3 ? 1 : 0 }))
    const declared = (rows: readonly (string | object)[]) =>
      pipeline(
        'shots',
        ({ from }) => {
          from('shots', memory(rows as never[], Shot))
            .learn('hits', logistic({ inputs: features(Shot).numeric('x') }), { label: (s) => s.hit as 0 | 1 })
            .to('learned', memory())
        },
        { rejected: memory() },
      )
    const clean = await runToEnd(declared(shots))
    const bad = ['{"x":1,"hit":"1"}', '{"x":1,"hit":null}', '{"x":1,"hit":2}', '{"x":1,"hit":-1}', '{"x":1,"hit":true}']
    const dirty = await runToEnd(declared([...shots.slice(0, 40), ...bad, ...shots.slice(40)]))
    const position = JSON.stringify(shots[0]).length
    expect(dirty.letters.map(({ at, code }) => [at, code])).toEqual([
      ['shots', 'ML_FIELD'],
      ['hits', 'ML_LABEL'],
      ['hits', 'ML_LABEL'],
      ['hits', 'ML_LABEL'],
      ['shots', 'ML_FIELD'],
    ])
    expect(dirty.letters[0].position).toBe(40 * (position + 1))
    expect(dirty.rows('learned')).toEqual(clean.rows('learned'))
    expect(await dirty.state('hits')).toEqual(await clean.state('hits'))
    expect(dirty.ledger('hits')).toMatchObject({ in: 103, processed: 100, rejected: 3 })
  })

  test('fault 22: a label of the second stream that is neither true nor false is refused; the right one still teaches', async () => {
    const clean = await runToEnd(scoring(answers))
    const odd: unknown[] = ['1', null, undefined, 1e38, Number.NaN, 2, -1, {}]
    const wrong = odd.map((_label, i) => answer(i * 10, { weight: 1 + (i + 1) / 64, at: offers[i * 10].at + 1000 }))
    const label = (a: AnswerRow) => (a.weight === 1 ? a.taken : odd[Math.round((a.weight - 1) * 64) - 1])
    const dirty = await runToEnd(
      scoring(
        [...answers, ...wrong].sort((a, b) => a.at - b.at),
        { label },
      ),
    )
    expect(dirty.letters.map(({ at, code, source }) => [at, code, source])).toEqual(
      odd.map(() => ['takes', 'ML_LABEL', 'answers']),
    )
    expect(dirty.ledger('takes')).toMatchObject({ labels: 128, learned: 120, refused: 8 })
    expectBalance(dirty)
    expect(outcomesOf(dirty)).toEqual(outcomesOf(clean))
    expect(model(dirty)).toEqual(model(clean))
  })
})

describe('a label out of its time', () => {
  test('fault 23: a label that comes before its prediction is held, and teaches at the prediction', async () => {
    const early = answers
      .map((a, i) => (i % 3 === 0 ? { ...a, at: offers[i].at - 2000 } : a))
      .sort((a, b) => a.at - b.at)
    const run = await runToEnd(scoring(early))
    expect(run.letters).toEqual([])
    expect(run.ledger('takes')).toMatchObject({ predictions: 120, labelled: 120, labels: 120, learned: 120 })
    expectBalance(run)
    const held = (run.rows('outcomes') as { key: string; predictedAt: number; labelledAt: number }[]).filter(
      ({ predictedAt, labelledAt }) => predictedAt === labelledAt,
    )
    expect(held.map(({ key }) => key)).toEqual(offers.filter((_offer, i) => i % 3 === 0).map(({ id }) => id))
    // None of them knew its own label: the first is predicted by a model that has learned nothing.
    expect((run.rows('scores') as { prediction: { probability: number } }[])[0].prediction.probability).toBe(0.5)
  })

  test('fault 23: a label after the timeout is counted and told; its prediction has expired', async () => {
    const late = [answer(3, { at: offers[3].at + HOUR + 1 }), answer(4, { at: offers[4].at + HOUR })]
    const rest = answers.filter((_a, i) => i !== 3 && i !== 4)
    const run = await runToEnd(scoring([...rest, ...late], {}))
    expectBalance(run)
    // A label at the very end of the timeout is in time: timers run after the records of their time.
    expect(run.ledger('takes')).toMatchObject({ labelled: 119, expired: 1, labels: 120, learned: 119, unmatched: 1 })
    expect(run.rows('expired')).toMatchObject([{ key: 'o3', expiredAt: offers[3].at + HOUR }])
    expect(run.letters).toMatchObject([{ at: 'takes', code: 'ML_UNMATCHED_LABEL', value: { key: 'o3' } }])
  })

  test('fault 23: a label behind the watermark of its source is not late while its prediction waits', async () => {
    const tardy = [...answers.slice(0, 60), ...answers.slice(61), answer(60)]
    const run = await runToEnd(scoring(tardy, { outOfOrderness: 8000 }))
    expect(run.ledger('answers')).toEqual({ in: 120, processed: 119, rejected: 0, late: 1 })
    expect(run.ledger('takes')).toMatchObject({ labelled: 120, learned: 120 })
    expectBalance(run)
  })

  test('fault 23: a label of the very time of a prediction comes after every prediction of that time', async () => {
    const together = offers.slice(0, 5).map((offer) => ({ ...offer, at: START }))
    const told = together.map(({ id }, i) => ({ id, taken: i % 2 === 0, weight: 1, at: START }))
    const declared = pipeline(
      'together',
      ({ from }) => {
        const answered = from('answers', memory(told, Answer), { eventTime: (a) => a.at })
        from('offers', memory(together, Offer), { eventTime: (o) => o.at })
          .predict('takes', logistic({ inputs: features(Offer).numeric('price') }))
          .learnFrom(answered, { key: (o) => o.id, labelKey: (a) => a.id, label: (a) => a.taken, labelTimeout: HOUR })
          .to('scores', memory())
      },
      { rejected: memory() },
    )
    const run = await runToEnd(declared)
    expect((run.rows('scores') as { model: { step: number } }[]).map(({ model }) => model.step)).toEqual([
      0, 0, 0, 0, 0,
    ])
    expect(run.ledger('takes')).toMatchObject({ learned: 5, early: 0 })
  })

  test('fault 23: a label that no prediction follows is counted and told when its time is up', async () => {
    const nobody = [answer(7, { id: 'nobody' }), answer(90, { id: 'noone' })]
    const run = await runToEnd(scoring([...answers, ...nobody].sort((a, b) => a.at - b.at)))
    expectBalance(run)
    expect(run.ledger('takes')).toMatchObject({ learned: 120, unmatched: 2 })
    expect(run.letters.map(({ code, value }) => [code, (value as { key: string }).key])).toEqual([
      ['ML_UNMATCHED_LABEL', 'nobody'],
      ['ML_UNMATCHED_LABEL', 'noone'],
    ])
    expect(model(run)).toEqual(model(await runToEnd(scoring(answers))))
  })
})

describe('a label that comes again', () => {
  const again = [5, 50, 119].map((i) => answer(i, { at: offers[i].at + 30_000 }))
  const against = [9, 60].map((i) => ({ ...answer(i, { at: offers[i].at + 30_000 }), taken: !answer(i).taken }))
  const sorted = (rows: readonly AnswerRow[]) => [...rows].sort((a, b) => a.at - b.at)

  test('fault 24: a duplicate is learned once', async () => {
    const clean = await runToEnd(scoring(answers))
    const dirty = await runToEnd(scoring(sorted([...answers, ...again, ...again])))
    expect(dirty.letters).toEqual([])
    expect(dirty.ledger('takes')).toMatchObject({ labels: 126, learned: 120, duplicate: 6, conflicting: 0 })
    expectBalance(dirty)
    expect(outcomesOf(dirty)).toEqual(outcomesOf(clean))
    expect(model(dirty)).toEqual(model(clean))
  })

  test.each(['reject', 'ignore'] as const)(
    'fault 24: one that contradicts the first is never learned (onConflict: %s)',
    async (onConflict) => {
      const clean = await runToEnd(scoring(answers))
      const dirty = await runToEnd(scoring(sorted([...answers, ...against]), { onConflict }))
      const told = against.map(({ id }) => ['takes', 'ML_CONFLICT', 'answers', id])
      expect(dirty.letters.map(({ at, code, source, value }) => [at, code, source, (value as AnswerRow).id])).toEqual(
        onConflict === 'reject' ? told : [],
      )
      expect(dirty.ledger('takes')).toMatchObject({ labels: 122, learned: 120, conflicting: 2 })
      expectBalance(dirty)
      expect(outcomesOf(dirty)).toEqual(outcomesOf(clean))
      expect(model(dirty)).toEqual(model(clean))
    },
  )

  test('fault 24: of two early labels the first counts', async () => {
    const early = [answer(30, { at: offers[30].at - 3000 }), answer(31, { at: offers[31].at - 3000 })]
    const repeated = [
      ...early,
      { ...early[0], at: early[0].at + 1 },
      { ...early[1], at: early[1].at + 1, taken: !early[1].taken },
    ]
    const rest = answers.filter((_a, i) => i !== 30 && i !== 31)
    const run = await runToEnd(scoring(sorted([...rest, ...repeated])))
    expect(run.ledger('takes')).toMatchObject({ labels: 122, learned: 120, duplicate: 1, conflicting: 1 })
    expectBalance(run)
    expect(model(run)).toEqual(model(await runToEnd(scoring(sorted([...rest, ...early])))))
  })

  test('a prediction whose key still waits is a dead letter, and the one that waits keeps its inputs', async () => {
    const twice = { id: 'o5', price: 22, at: offers[6].at }
    const declared = (rows: typeof offers) =>
      pipeline(
        'twice',
        ({ from }) => {
          const told = from('answers', memory(answers, Answer), { eventTime: (a) => a.at, outOfOrderness: 20_000 })
          from('offers', memory(rows, Offer), { eventTime: (o) => o.at })
            .predict('takes', logistic({ inputs: features(Offer).numeric('price') }))
            .learnFrom(told, { key: (o) => o.id, labelKey: (a) => a.id, label: (a) => a.taken, labelTimeout: HOUR })
        },
        { rejected: memory() },
      )
    const run = await runToEnd(declared([...offers.slice(0, 7), twice, ...offers.slice(7)]))
    expect(run.letters).toMatchObject([{ at: 'takes', code: 'ML_PENDING_KEY', value: twice }])
    expect(run.ledger('takes')).toMatchObject({ in: 121, processed: 120, rejected: 1, predictions: 120, learned: 120 })
    expectBalance(run)
    expect(model(run)).toEqual(model(await runToEnd(declared(offers))))
  })
})

test('fault 20: a prediction that finds no room to wait is a dead letter, and leaves no category in the model', async () => {
  const named = Array.from({ length: 30 }, (_unused, i) => ({ id: `o${i}`, city: `c${i}`, at: START + i }))
  const crowded = pipeline(
    'crowded',
    ({ from }) => {
      const Named = record({ id: string(), city: string(), at: time({ unit: 'ms' }) })
      const inputs = features(Named).categorical('city')
      const none = from('answers', memory([] as AnswerRow[], Answer), { eventTime: (a) => a.at })
      from('offers', memory(named, Named), { eventTime: (o) => o.at })
        .predict('takes', logistic({ inputs }), { maxPending: 20 })
        .learnFrom(none, { key: (o) => o.id, labelKey: (a) => a.id, label: (a) => a.taken, labelTimeout: HOUR })
    },
    { rejected: memory() },
  )
  const run = await runToEnd(crowded)
  expect(run.letters.map(({ code }) => code)).toEqual(Array.from({ length: 10 }, () => 'ML_STATE_LIMIT'))
  expect(run.ledger('takes')).toMatchObject({ in: 30, processed: 20, rejected: 10, expired: 20 })
  const { weights } = run.handle.describe().takes as unknown as { weights: { name: string }[] }
  expect(weights.map(({ name }) => name)).toEqual(named.slice(0, 20).map(({ city }) => `city=${city}`))
})

describe('a weight', () => {
  test('fault 25: of 0, below 0, 1e-300, 1e38 or NaN is a dead letter and changes no byte of the model', async () => {
    const weights = ['0', '-1', '1e-300', '1e38', '-0', '5e-324', '1e308', '1000001']
    const clean = await runToEnd(scoring(answers))
    const bad = weights.map((weight, i) => {
      const { id, taken } = answer(i * 15)
      return {
        at: offers[i * 15].at + 1000,
        line: `{"id":"${id}","taken":${!taken},"weight":${weight},"at":${offers[i * 15].at + 1000}}`,
      }
    })
    const rows = [...answers.map((a) => ({ at: a.at, line: JSON.stringify(a) })), ...bad].sort((a, b) => a.at - b.at)
    const dirty = await runToEnd(scoring(rows.map(({ line }) => line)))
    expect(dirty.letters.map(({ at, code }) => [at, code])).toEqual(weights.map(() => ['takes', 'ML_LABEL']))
    expect(dirty.ledger('takes')).toMatchObject({ labels: 128, learned: 120, refused: 8 })
    expectBalance(dirty)
    expect(outcomesOf(dirty)).toEqual(outcomesOf(clean))
    expect(model(dirty)).toEqual(model(clean))
  })

  test('fault 25: of a record that is tested and learned in place does the same; the largest allowed leaves finite numbers', async () => {
    const Row = record({ x: number(), w: number(), up: boolean() })
    const row = (i: number, w: number) => ({ x: (i * 13) % 7, w, up: i % 7 > 3 })
    const declared = (rows: readonly object[]) =>
      pipeline(
        'weighed',
        ({ from }) => {
          from('rows', memory(rows as never[], Row))
            .learn('ups', logistic({ inputs: features(Row).numeric('x') }), {
              label: (r) => r.up,
              weight: (r) => (r.w === 7 ? Number.NaN : r.w),
            })
            .to('learned', memory())
        },
        { rejected: memory() },
      )
    const good = Array.from({ length: 200 }, (_unused, i) => row(i, [1, 1e-9, 1e6, 0.5][i % 4]))
    const bad = [0, -1, 1e-300, 1e38, 7].map((w, i) => row(i, w))
    const clean = await runToEnd(declared(good))
    const dirty = await runToEnd(
      declared([...bad.slice(0, 2), ...good.slice(0, 99), ...bad.slice(2), ...good.slice(99)]),
    )
    expect(dirty.letters.map(({ at, code }) => [at, code])).toEqual(bad.map(() => ['ups', 'ML_LABEL']))
    expect(dirty.rows('learned')).toEqual(clean.rows('learned'))
    expect(await dirty.state('ups')).toEqual(await clean.state('ups'))
    const { intercept } = dirty.handle.describe().ups as { intercept: number }
    expect(Number.isFinite(intercept)).toBe(true)
  })
})
