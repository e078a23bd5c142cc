import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flinkHash, groupRange, keyGroupOf, subtaskOfGroup } from './key-groups.ts'

// Printed by a Java program over flink-core and flink-runtime 2.2.1 (JDK 17):
// code, MathUtils.murmurHash(code), KeyGroupRangeAssignment.assignToKeyGroup(Integer.valueOf(code), 128 and 1000).
const golden = [
  [0, 593689054, 94, 54],
  [1, 68075478, 86, 478],
  [-1, 1982413648, 80, 648],
  [42, 1134849565, 29, 565],
  [128, 132521001, 41, 1],
  [-128, 1319572171, 75, 171],
  [2147483647, 1653689534, 62, 534],
  [-2147483648, 1718298732, 108, 732],
  [123456789, 1088346449, 81, 449],
  [-987654321, 1314828554, 10, 554],
  [613153351, 113769535, 63, 535],
  [-559038737, 1047277220, 36, 220],
] as const

// The same program: parallelism, key groups, then polynomial checksums over all
// computeKeyGroupRangeForOperatorIndex and over all computeOperatorIndexForKeyGroup.
const assignments = [
  [1, 128, 127, 0],
  [2, 128, 66656, 329810944],
  [3, 128, 1474895, 167148897],
  [5, 128, 859154943, 923810434],
  [7, 128, 817687631, 199494115],
  [127, 128, 1016709199, 1388381215],
  [128, 128, 851967104, 90144832],
  [3, 10, 135257, 29584449],
  [4, 1000, 266730216, 562568640],
] as const

/** Java's `(sum * 31 + value) & 0x7fffffffL` without leaving exact integers. */
function fold(sum: number, value: number): number {
  return Number((BigInt(sum) * 31n + BigInt(value)) & 0x7fffffffn)
}

describe('key groups', () => {
  test('are those of Flink for single codes', () => {
    for (const [code, hash, of128, of1000] of golden) {
      expect([flinkHash(code), keyGroupOf(code, 128), keyGroupOf(code, 1000)]).toEqual([hash, of128, of1000])
    }
  })

  test('are those of Flink for 100,000 codes of a linear congruential generator', () => {
    let code = 1
    let sum = 0
    for (let i = 0; i < 100_000; i++) {
      code = (Math.imul(code, 1664525) + 1013904223) | 0
      sum = (sum * 31 + keyGroupOf(code, 128)) % 2 ** 31
    }
    expect(sum).toBe(790943840)
  })

  test('map the two codes that Flink hashes to zero, one of them by way of the smallest int', () => {
    // Found by running MathUtils.murmurHash over all 2^32 codes: exactly these two give 0.
    expect([flinkHash(-2089875627), flinkHash(-1035494534)]).toEqual([0, 0])
  })

  test('go to the subtasks that Flink gives them', () => {
    for (const [parallelism, keyGroups, ranges, owners] of assignments) {
      let rangeSum = 0
      for (let i = 0; i < parallelism; i++) {
        const [first, last] = groupRange(i, parallelism, keyGroups)
        rangeSum = fold(rangeSum, first * 1009 + last)
      }
      let ownerSum = 0
      for (let group = 0; group < keyGroups; group++) {
        ownerSum = fold(ownerSum, subtaskOfGroup(group, parallelism, keyGroups))
      }
      expect([parallelism, keyGroups, rangeSum, ownerSum]).toEqual([parallelism, keyGroups, ranges, owners])
    }
    expect([0, 1, 2].map((i) => groupRange(i, 3, 128))).toEqual([
      [0, 42],
      [43, 85],
      [86, 127],
    ])
  })

  test('are split without gap or overlap, and a group is owned by the subtask whose range holds it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.nat(), (keyGroups, random) => {
        const parallelism = 1 + (random % keyGroups)
        let next = 0
        for (let i = 0; i < parallelism; i++) {
          const [first, last] = groupRange(i, parallelism, keyGroups)
          expect(first).toBe(next)
          for (let group = first; group <= last; group++) expect(subtaskOfGroup(group, parallelism, keyGroups)).toBe(i)
          next = last + 1
        }
        expect(next).toBe(keyGroups)
      }),
    )
  })

  test('refuse a parallelism that leaves a subtask without groups', () => {
    expect(() => groupRange(0, 129, 128)).toThrow('ML_RANGE')
    expect(() => groupRange(2, 2, 128)).toThrow('ML_RANGE')
    expect(() => groupRange(0, 1, 0)).toThrow('ML_RANGE')
  })
})
