import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exactAuc } from './exact-auc.ts'

interface Scored {
  readonly score: number
  readonly label: boolean
  readonly weight: number
}

function areaOf(scored: readonly Scored[]): number {
  return exactAuc(
    Float64Array.from(scored, ({ score }) => score),
    Float64Array.from(scored, ({ weight }) => weight),
    Uint8Array.from(scored, ({ label }) => (label ? 1 : 0)),
    scored.length,
  )
}

/** Pair by pair, as it is defined. */
function pairwise(scored: readonly Scored[]): number {
  let won = 0
  let pairs = 0
  for (const yes of scored.filter(({ label }) => label)) {
    for (const no of scored.filter(({ label }) => !label)) {
      const weight = yes.weight * no.weight
      pairs += weight
      won += yes.score > no.score ? weight : yes.score === no.score ? weight / 2 : 0
    }
  }
  return won / pairs
}

describe('exactAuc', () => {
  test('is the share of pairs in the right order, ties counting half, by weight', () => {
    const scored = fc.record({
      score: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.double({ noNaN: true })),
      label: fc.boolean(),
      weight: fc.integer({ min: 0, max: 3 }),
    })
    fc.assert(
      fc.property(fc.array(scored), (all) => {
        const expected = pairwise(all)
        if (Number.isNaN(expected)) expect(areaOf(all)).toBeNaN()
        else expect(areaOf(all)).toBeCloseTo(expected, 12)
      }),
    )
  })

  test('looks at the first `count` scores only', () => {
    const scores = Float64Array.of(0.1, 0.9, 0.95)
    const labels = Uint8Array.of(0, 1, 0)
    expect(exactAuc(scores, Float64Array.of(1, 1, 1), labels, 2)).toBe(1)
    expect(exactAuc(scores, Float64Array.of(1, 1, 1), labels, 3)).toBe(0.5)
  })
})
