import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Xoshiro128, type Xoshiro128State } from './xoshiro128.ts'

function fromState(state: Xoshiro128State): Xoshiro128 {
  const generator = new Xoshiro128(0)
  generator.state = state
  return generator
}

describe('Xoshiro128', () => {
  test('gives the published sequence of xoshiro128** from the state 1, 2, 3, 4', () => {
    // The vector of the rand_xoshiro crate, computed with Blackman and Vigna's C code.
    const generator = fromState([1, 2, 3, 4])
    const expected = [
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]
    expect(expected.map(() => generator.nextUint32())).toEqual(expected)
  })

  test('a seed gives the first words of splitmix32', () => {
    expect(new Xoshiro128(0).state).toEqual([1684164658, 3653269916, 2939563536, 2141751570])
    expect(new Xoshiro128(42).state).toEqual([551831576, 144025891, 322543647, 3034809370])
  })

  test('seeds that differ above 32 bits differ', () => {
    expect(new Xoshiro128(42 + 2 ** 40).state).not.toEqual(new Xoshiro128(42).state)
  })

  test('a restored state goes on with the number that would have come next', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat({ max: 50 }), (seed, drawn) => {
        const generator = new Xoshiro128(seed)
        for (let i = 0; i < drawn; i++) generator.nextUint32()
        const restored = fromState(JSON.parse(JSON.stringify(generator.state)))
        expect([restored.nextDouble(), restored.nextInt(7), restored.state]).toEqual([
          generator.nextDouble(),
          generator.nextInt(7),
          generator.state,
        ])
      }),
    )
  })

  test('nextDouble takes 53 bits from two words and stays below 1', () => {
    const generator = new Xoshiro128(5)
    const [high, low] = [generator.nextUint32(), generator.nextUint32()]
    expect(new Xoshiro128(5).nextDouble()).toBe((Math.floor(high / 32) * 2 ** 26 + Math.floor(low / 64)) / 2 ** 53)
    let sum = 0
    let largest = 0
    for (let i = 0; i < 100_000; i++) {
      const drawn = generator.nextDouble()
      sum += drawn
      largest = Math.max(largest, drawn)
    }
    expect(largest).toBeLessThan(1)
    expect(Math.abs(sum / 100_000 - 0.5)).toBeLessThan(0.005)
  })

  test.each([2, 6, 1000])('nextInt(%d) gives each number about as often', (bound) => {
    const generator = new Xoshiro128(11)
    const counts = new Float64Array(bound)
    const draws = 200 * bound
    for (let i = 0; i < draws; i++) counts[generator.nextInt(bound)]++
    const chiSquare = counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)
    expect(chiSquare).toBeLessThan(bound - 1 + 4 * Math.sqrt(2 * bound))
  })

  test('nextInt does not favour low numbers where 2^32 is no multiple of the bound', () => {
    // With a plain remainder the lower half of 3·2^30 would come up twice as often as it may.
    const generator = new Xoshiro128(1)
    let low = 0
    for (let i = 0; i < 30_000; i++) if (generator.nextInt(3 * 2 ** 30) < 2 ** 30) low++
    expect(Math.abs(low - 10_000)).toBeLessThan(400)
  })

  test('what is out of range is refused', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => new Xoshiro128(seed)).toThrow('ML_RANGE: a seed')
    for (const bound of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1])
      expect(() => new Xoshiro128(1).nextInt(bound)).toThrow('ML_RANGE: a bound')
    expect(() => fromState([0, 0, 0, 0])).toThrow('ML_RANGE: a state')
    expect(new Xoshiro128(1).nextInt(1)).toBe(0)
  })
})
