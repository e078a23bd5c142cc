import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TupleIndex } from './tuple-index.ts'

it('numbers tuples in order of their first appearance, as a map of texts does, whatever their number', () => {
  const element = fc.oneof(fc.nat(3), fc.nat(0x7fffffff))
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 4 }),
      fc.array(fc.array(element, { minLength: 4, maxLength: 4 })),
      (arity, stream) => {
        const index = new TupleIndex(arity)
        const known = new Map<string, number>()
        for (const values of stream) {
          const tuple = Int32Array.from(values.slice(0, arity))
          expect(index.find(tuple)).toBe(known.get(tuple.join()) ?? -1)
          if (known.has(tuple.join())) continue
          expect(index.add(tuple)).toBe(known.size)
          known.set(tuple.join(), known.size)
        }
        expect(index.size).toBe(known.size)
      },
    ),
  )
})

it('finds each of 10,000 tuples again, element by element', () => {
  const index = new TupleIndex(2)
  for (let i = 0; i < 10_000; i++) index.add(Int32Array.of(i % 100, (i - (i % 100)) / 100))
  for (let i = 0; i < 10_000; i++) {
    const tuple = Int32Array.of(i % 100, (i - (i % 100)) / 100)
    expect(index.find(tuple)).toBe(i)
    expect([index.at(i, 0), index.at(i, 1)]).toEqual([...tuple])
  }
  expect(index.find(Int32Array.of(100, 0))).toBe(-1)
})
