import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { log } from '../numeric/log.ts'
import { sigmoid } from '../numeric/sigmoid.ts'
import { cos } from '../numeric/trigonometric.ts'
import { Xoshiro128 } from '../numeric/xoshiro128.ts'
import { BINS, binOf } from './auc-grid.ts'
import { AucSketch } from './auc-sketch.ts'
import { exactAuc } from './exact-auc.ts'

type Update = readonly [score: number, label: boolean, weight: number]

function of(updates: readonly Update[]): AucSketch {
  const sketch = new AucSketch()
  for (const [score, label, weight] of updates) sketch.update(score, label, weight)
  return sketch
}

function bytesOf(sketch: AucSketch): Uint8Array {
  const writer = new ByteWriter()
  sketch.snapshot(writer)
  return writer.finish()
}

function restored(bytes: Uint8Array): AucSketch {
  const sketch = new AucSketch()
  const reader = new ByteReader(bytes, 'test')
  sketch.restore(reader)
  reader.expectEnd()
  return sketch
}

const anyUpdate: fc.Arbitrary<Update> = fc.tuple(
  fc.oneof(fc.constantFrom(0, 0.25, 0.5, 1, 5e-324, 1e-300, 1 - 2 ** -53), fc.double({ min: 0, max: 1, noNaN: true })),
  fc.boolean(),
  fc.oneof(fc.constantFrom(0, 1, 2), fc.double({ min: 0, max: 1e18, noNaN: true })),
)

/** Scores as models of several kinds give them: a normal score, shifted for true labels, through the logistic function. */
const models = {
  'balanced classes': { share: 0.4, bias: 0, spread: 1, shift: 1 },
  'a weak model, scores near 1/2': { share: 0.5, bias: 0, spread: 0.1, shift: 0.2 },
  'clicks, 5 %': { share: 0.05, bias: -4.6, spread: 0.5, shift: 1 },
  'fraud, 1 %': { share: 0.01, bias: -7, spread: 1.5, shift: 2 },
  'naive Bayes, nearly all at 0 or 1': { share: 0.4, bias: -22, spread: 30, shift: 1.5 },
  'a model that is sure and right': { share: 0.4, bias: -18, spread: 12, shift: 3 },
}

function scoresOf(
  { share, bias, spread, shift }: (typeof models)['fraud, 1 %'],
  count: number,
  seed: number,
): Update[] {
  const random = new Xoshiro128(seed)
  const normal = () => Math.sqrt(-2 * log(1 - random.nextDouble())) * cos(2 * Math.PI * random.nextDouble())
  return Array.from({ length: count }, () => {
    const label = random.nextDouble() < share
    return [sigmoid(bias + spread * (normal() + (label ? shift : 0))), label, 1] as const
  })
}

function exactOf(updates: readonly Update[]): number {
  const scores = Float64Array.from(updates, ([score]) => score)
  const weights = Float64Array.from(updates, ([, , weight]) => weight)
  const labels = Uint8Array.from(updates, ([, label]) => (label ? 1 : 0))
  return exactAuc(scores, weights, labels, updates.length)
}

describe('the grid', () => {
  test('numbers its bins from 0 to 1, each used bin after the one before', () => {
    let last = binOf(0)
    expect(last).toBeGreaterThanOrEqual(0)
    const view = new DataView(new ArrayBuffer(8))
    for (let word = 0; word <= 0x3fe00000; word += 64) {
      view.setUint32(0, word) // up to 1/2
      const bin = binOf(view.getFloat64(0))
      if (bin !== last && bin !== last + 1) expect([word, bin]).toEqual([word, last + 1])
      last = bin
    }
    for (let i = 1; i <= 1_000_000; i++) {
      const bin = binOf(0.5 + i / 2_000_000)
      if (bin < last) expect([i, bin]).toEqual([i, last])
      last = bin
    }
    expect(last).toBeLessThan(BINS)
  })

  test('is the same from 1 down as from 0 up', () => {
    for (let distance = 2 ** -53; distance < 0.5; distance *= 1.0009765625) {
      const exactDistance = 1 - (1 - distance)
      expect(binOf(1 - exactDistance)).toBe(BINS - 1 - binOf(exactDistance))
    }
  })

  test('no bin is wider than 1/8192', () => {
    let from = 0
    for (let i = 1; i <= 1_000_000; i++) {
      if (binOf(i / 1_000_000) === binOf(from / 1_000_000)) continue
      expect((i - 1 - from) / 1_000_000).toBeLessThanOrEqual(1 / 8192)
      from = i
    }
  })

  test('tells apart rare scores: two whose distance from 0 or 1 differs by a 64th', () => {
    for (let distance = 0.4; distance > 2e-6; distance *= 0.9) {
      expect(binOf(distance * (1 + 1 / 64))).toBeGreaterThan(binOf(distance))
      expect(binOf(1 - distance * (1 + 1 / 64))).toBeLessThan(binOf(1 - distance))
    }
    expect([1e-300, 1e-100, 1e-20, 1e-15].map(binOf)).toEqual([...new Set([1e-300, 1e-100, 1e-20, 1e-15].map(binOf))])
  })
})

describe('AucSketch', () => {
  test('the example of its documentation', () => {
    expect(
      of([
        [0.1, false, 1],
        [0.4, true, 1],
        [0.35, false, 1],
        [0.8, true, 1],
      ]).value,
    ).toBe(1)
  })

  test('is NaN until both labels have weight', () => {
    expect(new AucSketch().value).toBeNaN()
    expect(
      of([
        [0.3, true, 1],
        [0.4, false, 0],
      ]).value,
    ).toBeNaN()
    expect(
      of([
        [0.3, true, 1],
        [0.4, false, 1],
      ]).value,
    ).toBe(0)
  })

  test('counts equal scores half', () => {
    expect(
      of([
        [0.3, true, 5],
        [0.3, false, 2],
      ]).value,
    ).toBe(0.5)
  })

  test.each(Object.entries(models))('is within 1e-4 of the exact area: %s', (_name, model) => {
    for (const [count, allowed] of [
      [50_000, 1e-4],
      [2000, 3e-4],
    ] as const) {
      for (const seed of [1, 2]) {
        const updates = scoresOf(model, count, seed)
        expect(Math.abs(of(updates).value - exactOf(updates)), `${count} scores, seed ${seed}`).toBeLessThan(allowed)
      }
    }
  })

  test('is exact where scores of one bin are equal', () => {
    const update = fc.tuple(
      fc.integer({ min: 0, max: 50 }).map((i) => i / 50),
      fc.boolean(),
      fc.integer({ min: 0, max: 9 }),
    )
    fc.assert(
      fc.property(fc.array(update), (updates) => {
        const expected = exactOf(updates)
        if (Number.isNaN(expected)) expect(of(updates).value).toBeNaN()
        else expect(of(updates).value).toBe(expected)
      }),
    )
  })

  test('merging parts gives the bytes of the whole, wherever it is cut', () => {
    const counted = fc.array(anyUpdate.map(([score, label]): Update => [score, label, 1]))
    fc.assert(
      fc.property(counted, counted, (left, right) => {
        const merged = of(left)
        merged.merge(of(right))
        expect(bytesOf(merged)).toEqual(bytesOf(of([...right, ...left])))
      }),
    )
  })

  test('scaling the weights changes nothing but their size', () => {
    const updates = scoresOf(models['balanced classes'], 1000, 3)
    const sketch = of(updates)
    const before = sketch.value
    sketch.scale(2 ** -40)
    expect(sketch.value).toBe(before)
    for (const [score, label] of updates) sketch.update(score, !label, 1)
    expect(sketch.value).toBeCloseTo(1 - before, 9)
  })

  test('a snapshot restores every weight, in the same bytes', () => {
    fc.assert(
      fc.property(fc.array(anyUpdate), (updates) => {
        const bytes = bytesOf(of(updates))
        expect(bytesOf(restored(bytes))).toEqual(bytes)
        if (of(updates).value === of(updates).value) expect(restored(bytes).value).toBe(of(updates).value)
      }),
    )
  })

  test('a snapshot holds only the bins in use', () => {
    expect(bytesOf(new AucSketch())).toEqual(Uint8Array.of(1, 0))
    expect(
      bytesOf(
        of([
          [0.25, true, 1],
          [0.25, false, 3],
        ]),
      ),
    ).toEqual(Uint8Array.of(1, 1, 0x80, 0x30, 6, 2)) // bin 6144
    expect(bytesOf(of(scoresOf(models['balanced classes'], 50_000, 1))).length).toBeLessThan(40_000)
  })

  test.each([
    [
      'of a newer version',
      [2, 0],
      'ML_VERSION: a sketch of the area under the curve is stored as version 2, expected 1 or older',
    ],
    ['of no version', [0, 0], 'ML_CORRUPT'],
    ['with a bin outside the grid', [1, 1, 0x80, 0x80, 1, 2, 2], 'ML_CORRUPT: a bin lies outside the grid; got 16384'],
    ['with more bins than bytes', [1, 0xff, 0xff, 0xff, 0xff, 0x0f], 'ML_CORRUPT'],
    ['with an empty bin', [1, 1, 0, 0, 0], 'ML_CORRUPT: a stored bin is empty'],
    ['with a weight in no form', [1, 1, 0, 3, 2], 'ML_CORRUPT: a weight is in no known form'],
    [
      'with a weight of NaN',
      [1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 2],
      'ML_CORRUPT: a weight is not as it is written',
    ],
    [
      'with a count written as a double',
      [1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 2],
      'ML_CORRUPT: a weight is not as it is written',
    ],
  ])('a snapshot %s is refused, and the sketch stays as it was', (_what, bytes, message) => {
    const sketch = of([[0.25, true, 1]])
    const before = bytesOf(sketch)
    expect(() => sketch.restore(new ByteReader(Uint8Array.from(bytes), 'test'))).toThrow(message)
    expect(bytesOf(sketch)).toEqual(before)
  })

  test('what cannot be counted is refused before anything is', () => {
    const sketch = new AucSketch()
    for (const score of [Number.NaN, -0.1, 1.1, Number.POSITIVE_INFINITY])
      expect(() => sketch.update(score, true)).toThrow('ML_VALUE: a score')
    for (const weight of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => sketch.update(0.5, true, weight)).toThrow('ML_LABEL: a weight')
    expect(bytesOf(sketch)).toEqual(Uint8Array.of(1, 0))
    sketch.update(-0, true)
    sketch.update(0, true)
    expect(bytesOf(sketch)).toEqual(Uint8Array.of(1, 1, 111, 0, 4)) // both zeros in bin 111
  })
})
