import { expect, it } from 'vitest'
import { FeatureEncoder } from '../features/feature-encoder.ts'
import { features } from '../features/features.ts'
import { number, record, string } from '../formats/schema.ts'
import { createLearner } from './create-learner.ts'
import type { LearnerSpec } from './learner.ts'
import { logistic } from './linear/logistic.ts'
import { SlotNames } from './slot-names.ts'
import { compose } from './transform/compose.ts'
import { interactions } from './transform/products.ts'

const Row = record({ a: number(), b: number(), d: string(), text: string() })
const list = features(Row).numeric('a', 'b').text('text', { hashBits: 3 }).categorical('d')

it('names what the encoder has and what transformers made, and passes over hashed slots without a weight', () => {
  const inputs = compose(list, interactions())
  const encoder = new FeatureEncoder(inputs.spec)
  const x = encoder.vector()
  encoder.encode({ a: 1, b: 2, d: 'x', text: 'word' }, x, true)
  const place = x.active[0]
  expect(encoder.slotName(place)).toBe('text=word')
  const named = (spec: LearnerSpec, shift: number): string[] => {
    const weights = new Float64Array(encoder.slots + shift)
    weights[place + shift] = 0.5
    return new SlotNames(encoder, createLearner(spec)).shown({ intercept: 0, weights }).map(({ name }) => name)
  }
  expect(named(logistic({ inputs }) as LearnerSpec, 1)).toEqual(['a', 'b', 'a×b', 'text=word', 'd=x'])
  expect(named(logistic({ inputs: list }) as LearnerSpec, 0)).toEqual(['a', 'b', 'text=word', 'd=x'])
})
