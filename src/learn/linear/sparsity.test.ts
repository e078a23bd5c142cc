import { describe, expect, it } from 'vitest'
import { features } from '../../features/features.ts'
import { number, record } from '../../formats/schema.ts'
import type { LearnerSpec } from '../learner.ts'
import { ModelRow } from '../model-row.ts'
import { ftrl } from './ftrl.ts'
import { type LogisticOptions, logistic } from './logistic.ts'
import { sgd } from './sgd.ts'
import { softmax } from './softmax.ts'

const useful = ['a', 'b']
const noise = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7']
const names = [...useful, ...noise]
const schema = record(Object.fromEntries(names.map((name) => [name, number()])))
const list = features(schema) as unknown as { numeric(...all: string[]): LogisticOptions<never>['inputs'] }
const inputs = list.numeric(...names)

/** Weights after 5,000 records whose label two of ten inputs decide. */
function learned(spec: unknown): number[] {
  const model = new ModelRow(spec as LearnerSpec)
  const x = model.encoder.vector()
  let state = 5
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state >>> 8) / 8388608 - 1
  }
  for (let i = 0; i < 5000; i++) {
    const row = Object.fromEntries(names.map((name) => [name, random()]))
    model.encoder.encode(row, x, true)
    model.learner.learnOne(model.row, 0, x, row.a - row.b + 0.3 * random() > 0 ? 1 : 0, 1)
  }
  return [...(model.learner.weights?.(model.row, 0, names.length)[0].weights ?? [])]
}

describe('what l1 leaves', () => {
  for (const [name, spec] of [
    ['the cumulative penalty', logistic({ inputs, optimizer: sgd(0.02), l1: 0.03 })],
    ['ftrl', logistic({ inputs, optimizer: ftrl(0.1, { l1: 60 }) })],
    ['softmax with the cumulative penalty', softmax({ inputs, optimizer: sgd(0.02), l1: 0.03, maxClasses: 2 })],
    ['softmax with ftrl', softmax({ inputs, optimizer: ftrl(0.1, { l1: 60 }), maxClasses: 2 })],
  ] as const) {
    it(`is, by ${name}, the weights of use, and of the others most are 0 exactly`, () => {
      const weights = learned(spec)
      for (const weight of weights.slice(0, 2)) expect(Math.abs(weight)).toBeGreaterThan(0.3)
      expect(weights.slice(2).filter((weight) => weight === 0).length).toBeGreaterThanOrEqual(6)
    })
  }

  it('is everything without it', () => {
    for (const optimizer of [sgd(0.02), ftrl(0.1)]) {
      expect(learned(logistic({ inputs, optimizer })).every((weight) => weight !== 0)).toBe(true)
    }
  })
})
