import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { features } from '../features/features.ts'
import { number, record, string } from '../formats/schema.ts'
import { linear } from './linear/linear.ts'
import { logistic } from './linear/logistic.ts'
import { poisson } from './linear/losses.ts'
import { sgd } from './linear/sgd.ts'
import { softmax } from './linear/softmax.ts'
import { svm } from './linear/svm.ts'
import { Model, model } from './model.ts'
import { stopWhen } from './stop-when.ts'

const Visit = record({ pages: number(), from: string() })
const inputs = features(Visit).numeric('pages').categorical('from')
const visits = fc.record({
  pages: fc.integer({ min: 0, max: 50 }),
  from: fc.constantFrom('search', 'letter', 'friend', 'elsewhere'),
})

describe('a model without a pipeline', () => {
  it('does what its docstring shows', () => {
    const buys = model(logistic({ inputs }))
    expect(buys.predictOne({ pages: 3, from: 'search' }).probability).toBe(0.5)
    buys.learnMany(
      [
        { pages: 9, from: 'letter' },
        { pages: 1, from: 'search' },
      ],
      [true, false],
    )
    expect(buys.predictOne({ pages: 9, from: 'letter' }).label).toBe(true)
    expect(buys.steps).toBe(2)
    const same = model(logistic({ inputs }))
    same.restore(buys.snapshot())
    expect(same.snapshot()).toEqual(buys.snapshot())
  })

  it('learns many records to the bits of one after the other, and predicts the same tested or not', () => {
    const specs = {
      logistic: () => new Model(logistic({ inputs, optimizer: sgd(0.1) })),
      svm: () => new Model(svm({ inputs })),
    }
    fc.assert(
      fc.property(fc.array(fc.tuple(visits, fc.boolean(), fc.constantFrom(1, 2)), { maxLength: 40 }), (stream) => {
        for (const make of Object.values(specs)) {
          const [many, one, fused] = [make(), make(), make()]
          many.learnMany(
            stream.map(([visit]) => visit),
            stream.map(([, label]) => label),
            stream.map(([, , weight]) => weight),
          )
          for (const [visit, label, weight] of stream) {
            const expected = one.predictOne(visit)
            one.learnOne(visit, label, weight)
            expect(fused.testThenTrain(visit, label, weight)).toEqual(expected)
          }
          expect(many.snapshot()).toEqual(one.snapshot())
          expect(fused.snapshot()).toEqual(one.snapshot())
          expect(many.steps).toBe(stream.length)
        }
      }),
    )
  })

  it('goes on from its snapshot as if nothing had happened, classes by name', () => {
    const label = ({ pages }: { pages: number }) => (pages < 10 ? 'short' : pages < 30 ? 'usual' : 'long')
    fc.assert(
      fc.property(fc.array(visits, { minLength: 1, maxLength: 60 }), fc.nat(60), (stream, at) => {
        const make = () => model(softmax({ inputs, maxClasses: 3 }))
        const [straight, first, second] = [make(), make(), make()]
        stream.forEach((visit, i) => {
          straight.learnOne(visit, label(visit))
          if (i < at) first.learnOne(visit, label(visit))
        })
        second.restore(first.snapshot())
        for (const visit of stream.slice(at)) second.learnOne(visit, label(visit))
        expect(second.snapshot()).toEqual(straight.snapshot())
        expect(second.predictProbaOne(stream[0])).toEqual(straight.predictProbaOne(stream[0]))
        const { label: said, probability, probabilities } = second.predictOne(stream[0])
        expect(probability).toBe(Math.max(...Object.values(probabilities)))
        expect(said === null ? undefined : probabilities[said]).toBe(probability)
        expect(Object.keys(second.weights().classes ?? {})).toEqual(Object.keys(probabilities))
      }),
    )
  })

  it('has weights by name', () => {
    const spends = model(linear({ inputs }))
    spends.learnMany(
      [
        { pages: 1, from: 'search' },
        { pages: 3, from: 'letter' },
      ],
      [10, 20],
    )
    expect(Object.keys(spends.weights().weights ?? {})).toEqual(['pages', 'from=search', 'from=letter'])
    expect(spends.weights().intercept).toBeGreaterThan(0)
    expect(() => spends.predictProbaOne({ pages: 1, from: 'search' })).toThrow(
      /ML_PLAN: a regression has no probabilities/,
    )
  })

  it('takes labels of its task only, and is as before when it refuses one', () => {
    const buys = model(logistic({ inputs }))
    const counts = model(linear({ inputs, loss: poisson() }))
    const kind = model(softmax({ inputs, classes: ['a', 'b'] }))
    const visit = { pages: 1, from: 'search' }
    for (const one of [buys, counts, kind]) one.learnMany([], [])
    const before = [buys, counts, kind].map((one) => one.snapshot())
    expect(() => buys.learnOne(visit, 2 as never)).toThrow(/ML_LABEL/)
    expect(() => buys.learnOne(visit, true, 0)).toThrow(/ML_LABEL: the weight/)
    expect(() => buys.learnOne({ pages: Number.NaN, from: 'x' }, true)).toThrow(/ML_FEATURE/)
    expect(() => counts.learnOne(visit, -1)).toThrow(/ML_LABEL: a count must be a number from 0/)
    expect(() => counts.testThenTrain(visit, Number.NaN)).toThrow(/ML_LABEL/)
    expect(() => kind.learnOne(visit, 'c')).toThrow(/ML_LABEL.*none of the declared classes/)
    expect(() => buys.learnMany([visit], [])).toThrow(/ML_RANGE: there must be as many labels as records, 1; got 0/)
    expect(() => buys.learnMany([visit], [true], [])).toThrow(/ML_RANGE: there must be as many weights/)
    expect([buys, counts, kind].map((one) => one.snapshot())).toEqual(before)
  })

  it('refuses bytes that are no model, or one of another learner or version, and stays as it was', () => {
    const buys = model(logistic({ inputs }))
    buys.learnOne({ pages: 1, from: 'search' }, true)
    const bytes = buys.snapshot()
    const newer = bytes.slice()
    newer[4] = 2
    expect(() => buys.restore(new Uint8Array(20))).toThrow(/ML_CORRUPT: these are not the bytes of a model/)
    expect(() => buys.restore(newer)).toThrow(/ML_VERSION: the bytes of a model have version 2, expected 1/)
    expect(() => buys.restore(bytes.slice(0, -3))).toThrow(/ML_CORRUPT/)
    expect(() => buys.restore(Uint8Array.of(...bytes, 0))).toThrow(/ML_CORRUPT: there are bytes after the model/)
    expect(() => model(svm({ inputs })).restore(bytes)).toThrow(/ML_OTHER_PLAN/)
    expect(buys.snapshot()).toEqual(bytes)
  })

  it('says when it has stopped', () => {
    const buys = model(stopWhen(logistic({ inputs }), { after: 1 }))
    expect(buys.stopped).toBe(false)
    buys.learnOne({ pages: 1, from: 'search' }, true)
    buys.learnOne({ pages: 1, from: 'search' }, false)
    expect([buys.stopped, buys.steps]).toEqual([true, 1])
    expect(model(logistic({ inputs })).stopped).toBe(false)
  })

  it('is typed by its records and its task', () => {
    const kind = model(softmax({ inputs, maxClasses: 3 }))
    expectTypeOf(kind.learnOne).parameter(0).toEqualTypeOf<{ readonly pages: number; readonly from: string }>()
    expectTypeOf(kind.predictProbaOne).returns.toEqualTypeOf<{ readonly [name: string]: number }>()
    expectTypeOf(model(linear({ inputs })).learnOne)
      .parameter(1)
      .toEqualTypeOf<number>()
    expectTypeOf(model(logistic({ inputs })).predictProbaOne).returns.toEqualTypeOf<number>()
  })
})
