import { describe, expect, test } from 'vitest'
import { Baselines } from './baselines.ts'
import { restored, textOf as text } from './outcomes.fixture.ts'

describe('Baselines', () => {
  test('know nothing before the first label: prior 0.5, no majority, no last label', () => {
    const { prior, majority, last } = new Baselines()
    expect({ prior, majority, last }).toEqual({ prior: 0.5, majority: null, last: null })
  })

  test('hold the smoothed share of true labels, the more frequent label and the last one', () => {
    const known = new Baselines()
    known.learn(true, 1)
    expect([known.prior, known.majority, known.last]).toEqual([2 / 3, true, true])
    known.learn(false, 1)
    expect([known.prior, known.majority, known.last]).toEqual([0.5, false, false])
    known.learn(true, 4)
    expect([known.prior, known.majority, known.last]).toEqual([6 / 8, true, true])
  })

  test('go on after a restore as if nothing had happened', () => {
    const known = new Baselines()
    expect([restored(new Baselines(), known).last, restored(new Baselines(), known).majority]).toEqual([null, null])
    for (const label of [true, true, false]) known.learn(label, 0.1)
    const again = restored(new Baselines(), known)
    for (const each of [known, again]) each.learn(true, 0.2)
    expect(text(again)).toBe(text(known))
    expect([again.prior, again.majority, again.last]).toEqual([known.prior, known.majority, known.last])
  })

  test('refuse a weight that is negative or not finite, unchanged', () => {
    const known = new Baselines()
    for (const weight of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => known.learn(true, weight)).toThrow(expect.objectContaining({ code: 'ML_LABEL' }))
    }
    expect(known.last).toBeNull()
  })
})
