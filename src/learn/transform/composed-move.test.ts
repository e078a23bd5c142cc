import { describe, expect, it } from 'vitest'
import { ByteReader } from '../../bytes/reader.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import type { FeatureSpec } from '../../features/feature-spec.ts'
import { features } from '../../features/features.ts'
import { number, record, string } from '../../formats/schema.ts'
import type { LearnerSpec } from '../learner.ts'
import { adagrad } from '../linear/adagrad.ts'
import { logistic } from '../linear/logistic.ts'
import { sgd } from '../linear/sgd.ts'
import { ModelRow } from '../model-row.ts'
import { compose } from './compose.ts'
import { imputer } from './imputer.ts'
import { minMax } from './min-max.ts'
import { interactions } from './products.ts'
import { randomFourier } from './random-fourier.ts'
import { robustScaler } from './robust-scaler.ts'
import { targetEncoding } from './target-encoding.ts'
import { tfidf } from './tfidf.ts'

const Row = record({ a: number(), b: number(), n: number().nullable(), d: string(), e: string(), text: string() })
type Inputs = { readonly spec: FeatureSpec<never> }
type Record = { a: number; b: number; n: number | null; d: string; e: string; text: string }

/** Of the i-th record; `n` is a field that the older self does not use, and that is not known yet. */
function rowOf(i: number): Record {
  return {
    a: (i * 37) % 11,
    b: (i * 53) % 7,
    n: null,
    d: `d${(i * i) % 5}`,
    e: `e${i % 3}`,
    text: `w${i % 6} w${i % 4}`,
  }
}

const labelOf = ({ a, b, d }: Record): number => (a - b + (d === 'd1' ? 4 : 0) > 3 ? 1 : 0)

function modelOf(inputs: Inputs, optimizer = adagrad(0.3)): ModelRow {
  return new ModelRow(logistic({ inputs, optimizer, standardise: false }) as unknown as LearnerSpec, { header: 2 })
}

function play(model: ModelRow, from: number, to: number): void {
  const x = model.encoder.vector()
  for (let i = from; i < to; i++) {
    model.encoder.encode(rowOf(i), x, true)
    model.fit()
    model.learner.learnOne(model.row, 2, x, labelOf(rowOf(i)), 1)
  }
}

function predictions(model: ModelRow): number[] {
  const x = model.encoder.vector()
  const out = new Float64Array(1)
  return Array.from({ length: 60 }, (_, i) => {
    model.encoder.encode(rowOf(1000 + i), x, false)
    model.learner.predictOne(model.row, 2, x, out)
    return out[0]
  })
}

function bytesOf(model: ModelRow): Uint8Array {
  const writer = new ByteWriter()
  model.snapshot(writer)
  return writer.finish()
}

function restored(bytes: Uint8Array, inputs: Inputs, optimizer?: ReturnType<typeof sgd>): ModelRow {
  const model = modelOf(inputs, optimizer)
  model.restore(new ByteReader(bytes, 'test'))
  return model
}

/** What the model knows, by name. */
function weightsOf(model: ModelRow): Map<string, number> {
  const { learner, encoder } = model
  const names = learner.numericNames ?? encoder.spec.numeric.map(({ name }) => name)
  const shift = names.length - encoder.dense
  const [{ weights }] = learner.weights?.(model.row, 2, encoder.slots) ?? []
  return new Map([...weights].map((weight, slot) => [names[slot] ?? encoder.slotName(slot - shift), weight] as const))
}

function learned(inputs: Inputs): ModelRow {
  const model = modelOf(inputs)
  play(model, 0, 300)
  return model
}

const list = features(Row)
const base = list.numeric('a', 'b').categorical('d')
const old = compose(base, minMax(), targetEncoding('d', { keep: true }), interactions()) as Inputs

function near(got: readonly number[], expected: readonly number[]): void {
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 12)
  })
}

describe('a composed model is taken over', () => {
  it('as it was, and goes on as if nothing had happened', () => {
    const straight = modelOf(old)
    play(straight, 0, 500)
    const second = restored(bytesOf(learned(old)), old)
    play(second, 300, 500)
    expect(bytesOf(second)).toEqual(bytesOf(straight))
  })

  it('into a list with another numeric input, dictionary and text, and predicts the same while they are new', () => {
    const before = learned(old)
    for (const wider of [
      list.numeric('n', 'a', 'b').categorical('d'),
      list.numeric('b', 'a', 'n').categorical('d'),
      list.numeric('a', 'b').categorical('e', 'd'),
      list.numeric('a', 'n', 'b').text('text', { hashBits: 6 }).categorical('d', 'e'),
    ]) {
      const inputs = compose(wider, minMax(), targetEncoding('d', { keep: true }), interactions()) as Inputs
      const model = restored(bytesOf(before), inputs)
      near(predictions(model), predictions(before))
      for (const [name, weight] of weightsOf(before)) {
        const other = name === 'a×b' ? 'b×a' : name
        expect(weightsOf(model).get(name) ?? weightsOf(model).get(other), name).toBe(weight)
      }
      play(model, 300, 330)
    }
  })

  it('into a list with fewer inputs: what stays keeps its weights and its state', () => {
    const before = learned(old)
    const narrow = compose(
      list.numeric('b').categorical('d'),
      minMax(),
      targetEncoding('d', { keep: true }),
      interactions(),
    )
    const model = restored(bytesOf(before), narrow as Inputs)
    const weights = weightsOf(before)
    for (const [name, weight] of weightsOf(model)) expect(weight, name).toBe(weights.get(name))
    expect([...weightsOf(model).keys()].slice(0, 3)).toEqual(['b', 'mean(d)', 'b×mean(d)'])
    play(model, 300, 330)
  })

  it('with transformers added behind and in between, and with the only ones there are', () => {
    const before = learned(base as Inputs)
    const x = compose(base, targetEncoding('d', { keep: true }), interactions(), imputer('mean')) as Inputs
    const model = restored(bytesOf(before), x)
    // mean(d) has no weight yet, nor has any product.
    near(predictions(model), predictions(before))
    const more = compose(
      base,
      imputer('mean'),
      targetEncoding('d', { keep: true }),
      interactions(),
      imputer('mean', { indicator: true }),
    )
    play(model, 300, 400)
    const again = restored(bytesOf(model), more as Inputs)
    for (const [name, weight] of weightsOf(model)) expect(weightsOf(again).get(name), name).toBe(weight)
    play(again, 400, 430)
    // And back to none.
    const back = restored(bytesOf(before), base as Inputs)
    expect(bytesOf(back)).toEqual(bytesOf(before))
    const plain = restored(bytesOf(model), base as Inputs)
    for (const [name, weight] of weightsOf(plain)) expect(weight, name).toBe(weightsOf(model).get(name))
  })

  it('with another scaler in front: numeric inputs are new, categories keep their weights', () => {
    const before = learned(old)
    const model = restored(
      bytesOf(before),
      compose(base, robustScaler(), targetEncoding('d', { keep: true }), interactions()) as Inputs,
    )
    const weights = weightsOf(model)
    expect([weights.get('a'), weights.get('b'), weights.get('a×b')]).toEqual([0, 0, 0])
    for (const [name, weight] of weightsOf(before)) {
      if (name.startsWith('d=') || name === 'mean(d)') expect(weights.get(name), name).toBe(weight)
    }
    play(model, 300, 330)
  })

  it('keeps the means of categories, the words of texts and random features', () => {
    const inputs = (more: 'n' | 'b'): Inputs =>
      compose(
        list.numeric('a', more).categorical('d', 'e').text('text', { hashBits: 5 }),
        targetEncoding('d'),
        targetEncoding('e', { prior: 0.5 }),
        tfidf('text'),
        minMax(),
        randomFourier(20, { gamma: 0.1, seed: 2 }),
      ) as Inputs
    const fewer = compose(
      list.numeric('a').categorical('d', 'e').text('text', { hashBits: 5 }),
      ...(inputs('n').spec.transformers as readonly never[]),
    ) as Inputs
    const before = learned(fewer)
    near(predictions(restored(bytesOf(before), inputs('n'))), predictions(before))
    play(restored(bytesOf(before), inputs('b')), 300, 330)
  })

  it('not by another learner, nor from damaged bytes, and never without an end', () => {
    const bytes = bytesOf(learned(old))
    expect(() => restored(bytes, old, sgd(0.1))).toThrow(/ML_OTHER_PLAN/)
    const edited = compose(list.numeric('b', 'n').categorical('d'), minMax(), interactions()) as Inputs
    for (let cut = 0; cut < bytes.length; cut += 13) {
      expect(() => restored(bytes.slice(0, cut), edited)).toThrow(/ML_/)
    }
    for (let i = 0; i < bytes.length; i += 7) {
      const damaged = bytes.slice()
      damaged[i] ^= 0x55
      try {
        restored(damaged, edited)
      } catch (error) {
        expect(String(error)).toMatch(/ML_(CORRUPT|VERSION|OTHER_PLAN)/)
      }
    }
  })
})
