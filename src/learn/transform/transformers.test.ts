import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { features } from '../../features/features.ts'
import { boolean, number, record, string } from '../../formats/schema.ts'
import { type AnyTransformerSpec, compose } from './compose.ts'
import { imputer } from './imputer.ts'
import { minMax } from './min-max.ts'
import { TransformerTrial } from './probe.fixture.ts'
import { interactions, polynomial } from './products.ts'
import { randomFourier } from './random-fourier.ts'
import { robustScaler } from './robust-scaler.ts'
import { standardScaler } from './standard-scaler.ts'
import { targetEncoding } from './target-encoding.ts'
import { tfidf } from './tfidf.ts'

const Row = record({
  a: number().nullable(),
  b: number().nullable(),
  c: number(),
  d: string().nullable(),
  late: boolean(),
  text: string(),
})
const row = { a: 3, b: 4, c: 5, d: 'x', late: true, text: 'one two two' }
const ab = features(Row).numeric('a', 'b')

function trial(inputs: { readonly spec: object }, ...transformers: AnyTransformerSpec[]): TransformerTrial {
  return new TransformerTrial(compose(inputs as typeof ab, ...transformers))
}

describe('transformers', () => {
  it('leave a missing input missing, and learn nothing from it', () => {
    for (const scaler of [standardScaler(), minMax(), robustScaler()]) {
      const made = trial(ab, scaler, interactions())
      made.learned(row)
      const before = made.page.slice()
      expect(made.learned({ ...row, a: null, b: null })).toEqual({})
      // But for the step that the learner counts.
      expect(made.page.filter((value, i) => value !== before[i]).length).toBe(1)
      expect(Object.keys(made.seen({ ...row, a: null }))).toEqual(['b'])
    }
  })

  it('give 0, or nothing, before they have learned anything', () => {
    for (const scaler of [standardScaler(), minMax(), robustScaler()]) {
      expect(trial(ab, scaler).seen(row)).toEqual({ a: 0, b: 0 })
    }
    expect(trial(ab, imputer('mean')).seen({ ...row, b: null })).toEqual({ a: 3 })
    expect(trial(features(Row).categorical('d'), targetEncoding('d')).seen(row)).toEqual({ 'mean(d)': 0 })
  })

  it('impute by mean, median, last value or a constant, and say what was missing', () => {
    const rows = [1, 2, 9].map((a) => ({ ...row, a }))
    const by = (kind: 'mean' | 'median' | 'last' | 'constant'): Record<string, number> => {
      const made = trial(ab, imputer(kind, { value: 7, indicator: true }))
      for (const each of rows) made.learned(each)
      return made.seen({ ...row, a: null })
    }
    const rest = { b: 4, 'a missing': 1, 'b missing': 0 }
    expect(by('mean')).toEqual({ a: 4, ...rest })
    expect(by('median')).toEqual({ a: 2, ...rest })
    expect(by('last')).toEqual({ a: 9, ...rest })
    expect(by('constant')).toEqual({ a: 7, ...rest })
  })

  it('multiply: a product with a missing factor is missing, one too large is cut', () => {
    const abc = features(Row).numeric('a', 'b', 'c').categorical('late')
    expect(trial(abc, interactions()).seen(row)).toEqual({
      a: 3,
      b: 4,
      c: 5,
      'a×b': 12,
      'a×c': 15,
      'b×c': 20,
      'late=true': 1,
    })
    expect(trial(ab, polynomial(2)).seen({ ...row, b: null })).toEqual({ a: 3, 'a²': 9 })
    expect(trial(ab, polynomial(3)).seen({ ...row, a: 2, b: 3 })).toEqual({
      a: 2,
      b: 3,
      'a²': 4,
      'a×b': 6,
      'b²': 9,
      'a³': 8,
      'a²×b': 12,
      'a×b²': 18,
      'b³': 27,
    })
    expect(trial(ab, interactions()).seen({ ...row, a: 1e15, b: -1e15 })['a×b']).toBe(-1e15)
  })

  it('encode a category by the labels before the record, in learning too, weights counted', () => {
    for (const [inputs, name] of [
      [features(Row).categorical('d'), 'd'],
      [features(Row).categorical('d', { hashBits: 8 }), 'd'],
      [features(Row).categorical('late'), 'late'],
      [features(Row).cross('d', 'late'), 'd×late'],
    ] as const) {
      const made = trial(inputs, targetEncoding(name, { prior: 1, weight: 2 }))
      const mean = `mean(${name})`
      expect(made.learned(row, 5, 2)).toEqual({ [mean]: 1 })
      expect(made.learned(row, 9, 2)).toEqual({ [mean]: (5 * 2 + 2) / 4 })
      expect(made.seen(row)).toEqual({ [mean]: (7 * 4 + 2) / 6 })
      expect(made.seen({ ...row, d: null, late: false })).toEqual({ [mean]: 1 })
    }
    const beside = trial(features(Row).numeric('c').categorical('d', 'late'), targetEncoding('d', { keep: true }))
    beside.learned(row, 1)
    beside.learned({ ...row, d: 'y' }, 0)
    expect(beside.seen(row)).toEqual({ c: 5, 'mean(d)': (1 + 10 * 0.5) / 11, 'd=x': 1, 'late=true': 1 })
  })

  it('weigh the words of one text and leave the other inputs', () => {
    const made = trial(
      features(Row).numeric('c').categorical('d').text('text'),
      minMax(),
      interactions(),
      tfidf('text'),
    )
    made.learned(row)
    const seen = made.seen(row)
    const length = Math.sqrt(1 / 9 + 4 / 9)
    expect(seen['text=one']).toBeCloseTo(1 / 3 / length, 14)
    expect(seen['text=two']).toBeCloseTo(2 / 3 / length, 14)
    expect([seen.c, seen['d=x']]).toEqual([0, 1])
  })

  it('approximate the Gaussian kernel by random Fourier features, the same ones for an input whatever its place', () => {
    const gamma = 0.3
    const [made, swapped] = [ab, features(Row).numeric('b', 'a')].map((inputs) =>
      trial(inputs, randomFourier(4000, { gamma, seed: 5 })),
    )
    const points = [
      [0, 0],
      [1, 0.5],
      [-0.3, 2],
      [1.5, -1],
    ].map(([a, b]) => ({ ...row, a, b }))
    for (const first of points) {
      const z = Object.values(made.seen(first))
      const again = Object.values(swapped.seen(first))
      expect(z.every((value, k) => Math.abs(value - again[k]) < 1e-12)).toBe(true)
      for (const second of points) {
        const other = Object.values(made.seen(second))
        const kernel = z.reduce((sum, value, k) => sum + value * other[k], 0)
        const distance = (first.a - second.a) ** 2 + (first.b - second.b) ** 2
        expect(Math.abs(kernel - Math.exp(-gamma * distance))).toBeLessThan(0.06)
      }
    }
    // Seeded: the same bits in every engine and every version.
    expect(Object.values(trial(ab, randomFourier(2, { seed: 1 })).seen(row))).toEqual([
      0.9362613735502221, 0.3626382926098507,
    ])
  })
})

describe('transformers keep to the contract', () => {
  const everything: readonly AnyTransformerSpec[] = [
    imputer('median', { indicator: true }),
    robustScaler(),
    targetEncoding('d', { keep: true }),
    minMax(),
    tfidf('text'),
    interactions(),
    standardScaler(),
  ]
  const inputs = features(Row).numeric('a', 'b', 'c').categorical('d', 'late').text('text', { hashBits: 5, ngrams: 2 })
  const some = fc.option(fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ min: -1e15, max: 1e15, noNaN: true })))
  const rows = fc.record({
    a: some,
    b: some,
    c: fc.double({ min: -1e15, max: 1e15, noNaN: true }),
    d: fc.option(fc.constantFrom('x', 'y', 'z')),
    late: fc.boolean(),
    text: fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 12 }),
  })
  const stream = fc.array(fc.tuple(rows, fc.double({ min: -1e15, max: 1e15, noNaN: true })), { maxLength: 40 })

  it('leave every double where the learner refuses a record', () => {
    fc.assert(
      fc.property(stream, rows, (learned, last) => {
        const made = trial(inputs, ...everything)
        for (const [each, y] of learned) made.learned(each, y)
        made.seen(last)
        const before = made.page.slice()
        made.probe.fails = true
        expect(() => made.learned(last, 1)).toThrow('told to fail')
        expect(made.page).toEqual(before)
      }),
    )
  })

  it('learn nothing more once the learner has stopped', () => {
    const made = trial(inputs, ...everything)
    for (let i = 0; i < 20; i++) made.learned({ ...row, a: i }, i)
    made.probe.hasStopped = true
    const before = made.page.slice()
    expect(made.learned({ ...row, a: 99, d: 'y' }, 5)).toEqual(made.seen({ ...row, a: 99, d: 'y' }))
    expect(made.page.filter((value, i) => value !== before[i]).length).toBe(1)
    expect(made.learner.stopped?.(made.page, 0)).toBe(true)
  })

  it('stay finite and pass their own check after any stream, and predicting changes nothing', () => {
    fc.assert(
      fc.property(stream, (learned) => {
        const made = trial(inputs, ...everything)
        for (const [each, y] of learned) {
          const before = made.page.slice()
          for (const value of Object.values(made.seen(each))) expect(Math.abs(value)).toBeLessThanOrEqual(1e15)
          expect(made.page).toEqual(before)
          for (const value of Object.values(made.learned(each, y))) expect(Math.abs(value)).toBeLessThanOrEqual(1e15)
        }
        made.learner.check(made.page, 0, 64)
      }),
    )
  })

  it('refuse damaged states by name', () => {
    const made = trial(inputs, ...everything)
    for (let i = 0; i < 30; i++) made.learned({ ...row, a: i, b: i % 7, c: -i }, i)
    let refused = 0
    // All but the step of the stand-in for a learner.
    for (let i = 0; i < made.page.length - 1; i++) {
      const page = made.page.slice()
      page[i] = -1.5
      try {
        made.learner.check(page, 0, 64)
      } catch (error) {
        expect(String(error)).toMatch(/ML_CORRUPT/)
        refused++
      }
    }
    // Counts, ranks, weights, variances; not means and values, which may be any number.
    expect(refused).toBeGreaterThan(100)
  })

  it('merge as if one had learned all, where they can, and say so', () => {
    const mergeable = [standardScaler(), targetEncoding('d'), tfidf('text'), minMax(), imputer('mean')] as const
    for (const transformer of mergeable) {
      const [left, right, both] = [0, 1, 2].map(() => trial(inputs, transformer))
      for (const part of [left, right, both]) for (const d of ['x', 'y', 'z']) part.seen({ ...row, d })
      for (let i = 0; i < 40; i++) {
        const each = {
          a: i % 3 === 0 ? null : i,
          b: i * i,
          c: -i,
          d: 'xyz'[i % 3],
          late: i % 2 === 0,
          text: `w${i % 4} v`,
        }
        ;(i < 25 ? left : right).learned(each, i)
        both.learned(each, i)
      }
      expect(left.learner.merge).toBe('average')
      left.learner.mergeWith?.(left.page, 0, right.page, 0, 64)
      left.page.forEach((value, i) => {
        expect(Math.abs(value - both.page[i]) <= 1e-9 * Math.max(1, Math.abs(value)), transformer.kind).toBe(true)
      })
    }
    expect(trial(inputs, interactions()).learner.merge).toBe('exact')
    expect(trial(inputs, robustScaler()).learner.merge).toBe('none')
    expect(trial(inputs, robustScaler()).learner.mergeWith).toBeUndefined()
  })
})

describe('compose', () => {
  it('is plain JSON, goes on with what was composed before, and leaves the inputs as they were', () => {
    const once = compose(ab, minMax())
    const twice = compose(once, interactions())
    expect(twice.spec.transformers).toEqual([{ kind: 'minMax' }, { kind: 'products', degree: 2, powers: false }])
    expect(JSON.parse(JSON.stringify(twice.spec))).toEqual(twice.spec)
    expect([once.spec.transformers?.length, ab.spec.transformers]).toEqual([1, undefined])
  })

  it('refuses what does not fit', () => {
    const loose = compose as (...args: unknown[]) => unknown
    const all = features(Row).numeric('a').categorical('d').text('text')
    const cases: [unknown[], RegExp][] = [
      [[targetEncoding('e')], /ML_PLAN.*no categorical input or text "e".*d, text/],
      [[targetEncoding('text')], /ML_PLAN.*Weigh words by tfidf/],
      [[tfidf('d')], /ML_PLAN.*Declare it as one: text\('d'\)/],
      [[{ kind: 'scaler' }], /ML_PLAN.*no transformer of this kind; got "scaler"/],
      [[undefined], /ML_PLAN/],
      [[polynomial(2), polynomial(2)], /ML_PLAN.*two inputs would be called/],
      [[randomFourier(200), interactions()], /ML_RANGE.*10000/],
      [[randomFourier(9999), imputer('mean', { indicator: true })], /ML_RANGE.*10000.*19998/],
      [[randomFourier(5000), randomFourier(5000)], /ML_RANGE.*10000000.*25000000/],
    ]
    for (const [transformers, message] of cases) expect(() => loose(all, ...transformers)).toThrow(message)
    for (const wrong of [
      () => polynomial(4 as never),
      () => imputer('mode' as never),
      () => imputer('constant', { value: NaN }),
      () => randomFourier(0),
      () => randomFourier(10, { gamma: 0 }),
      () => randomFourier(10, { seed: -1 }),
      () => targetEncoding('d', { weight: 0 }),
      () => targetEncoding('d', { prior: Infinity }),
    ]) {
      expect(wrong).toThrow(/ML_RANGE/)
    }
    expect(() => new TransformerTrial(compose(all, targetEncoding('d')) as never, 'multiclass')).toThrow(
      /ML_PLAN.*no mean/,
    )
  })
})
