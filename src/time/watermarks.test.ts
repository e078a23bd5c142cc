import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_TIME } from './identity.ts'
import { BoundedOutOfOrderness, CombinedWatermark, NO_WATERMARK } from './watermarks.ts'

function observed(...times: number[]): BoundedOutOfOrderness {
  const split = new BoundedOutOfOrderness(0)
  for (const time of times) split.observe(time)
  return split
}

function combined(...splits: BoundedOutOfOrderness[]): CombinedWatermark {
  const watermark = new CombinedWatermark()
  for (const split of splits) watermark.add(split)
  return watermark
}

describe('BoundedOutOfOrderness', () => {
  test('before any record nothing is late', () => {
    const split = new BoundedOutOfOrderness(1000)
    expect(split.watermark).toBe(NO_WATERMARK)
    expect(split.isLate(-(2 ** 53) + 1)).toBe(false)
  })

  test('trails the latest record by the allowance and one millisecond', () => {
    const split = new BoundedOutOfOrderness(1000)
    split.observe(5000)
    split.observe(4500)
    expect(split.watermark).toBe(3999)
    expect([split.isLate(3999), split.isLate(4000)]).toEqual([true, false])
  })

  test('without an allowance an equal time is still in time, as in Flink', () => {
    expect(observed(5000).isLate(5000)).toBe(false)
    expect(observed(5000).isLate(4999)).toBe(true)
  })

  test('a restored split goes on as if it had not stopped', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.array(fc.integer()), fc.nat(), (before, after, allowance) => {
        const whole = new BoundedOutOfOrderness(allowance)
        for (const time of before) whole.observe(time)
        const restored = new BoundedOutOfOrderness(allowance, JSON.parse(JSON.stringify(whole.state())))
        for (const time of after) {
          expect(restored.isLate(time)).toBe(whole.isLate(time))
          whole.observe(time)
          restored.observe(time)
        }
        expect(restored.state()).toEqual(whole.state())
      }),
    )
  })

  test('an edited pipeline that allows more disorder does not take back what was late', () => {
    const split = new BoundedOutOfOrderness(10_000, observed(5000).state())
    split.observe(5001)
    expect(split.watermark).toBe(4999)
  })

  test('a finished split stays finished when it is restored', () => {
    const split = observed(5)
    split.finish()
    const restored = new BoundedOutOfOrderness(0, split.state())
    expect([restored.finished, restored.watermark]).toEqual([true, MAX_TIME])
  })
})

describe('CombinedWatermark', () => {
  test('is the least of the splits', () => {
    expect(combined(observed(10), observed(7), observed(20)).advance()).toBe(6)
  })

  test('a split that has given nothing yet holds it back', () => {
    expect(combined(observed(10), observed()).advance()).toBe(NO_WATERMARK)
  })

  test('with no split it stands still', () => {
    expect(combined().advance()).toBe(NO_WATERMARK)
  })

  test('a finished split does not hold the others back', () => {
    const done = observed(3)
    done.finish()
    expect(combined(done, observed(10)).advance()).toBe(9)
  })

  test('when every split has finished it is the end', () => {
    const splits = [observed(3), observed()]
    for (const split of splits) split.finish()
    expect(combined(...splits).advance()).toBe(MAX_TIME)
  })

  test('an idle split is left out until its next record', () => {
    const quiet = observed(3)
    const busy = observed(10)
    const watermark = combined(quiet, busy)
    quiet.idle = true
    expect(watermark.advance()).toBe(9)
    quiet.observe(12)
    busy.observe(30)
    expect(watermark.advance()).toBe(11)
  })

  test('does not jump to the end when one split has finished and the rest are idle (FLINK-38477)', () => {
    const done = observed(3)
    const quiet = observed(10)
    done.finish()
    quiet.idle = true
    const watermark = combined(done, quiet)
    expect(watermark.advance()).toBe(9)
    quiet.finish()
    expect(watermark.advance()).toBe(MAX_TIME)
  })

  test('when all are idle it waits at the latest of them, whichever became idle first', () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const splits = [observed(5), observed(10)]
      const watermark = combined(...splits)
      for (const index of order) {
        splits[index].idle = true
        watermark.advance()
      }
      expect(watermark.watermark).toBe(9)
    }
  })

  test('all idle before any record is no watermark', () => {
    const split = observed()
    split.idle = true
    expect(combined(split).advance()).toBe(NO_WATERMARK)
  })

  test('never falls: not for a split that wakes up behind, nor for a new one, nor after a restore', () => {
    const quiet = observed(3)
    quiet.idle = true
    const watermark = combined(quiet, observed(10))
    watermark.advance()
    quiet.observe(4)
    watermark.add(observed(1))
    expect(watermark.advance()).toBe(9)
    const restored = new CombinedWatermark(JSON.parse(JSON.stringify(watermark.state())))
    restored.add(observed(1))
    expect(restored.advance()).toBe(9)
  })
})
