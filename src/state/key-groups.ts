import { MillraceError } from '../errors.ts'

/**
 * Which key group a key belongs to, and which subtask works on a group: Flink's rules, so that a stage finds its keys
 * where Flink sends them. There the Java key is the Integer `hash`, whose hashCode is itself.
 *
 * @see Flink 2.2.1, MathUtils.murmurHash and KeyGroupRangeAssignment.
 */
export function keyGroupOf(hash: number, keyGroups: number): number {
  return flinkHash(hash) % keyGroups
}

/** Flink's MathUtils.murmurHash of one int: 0 to 2^31 - 1. */
export function flinkHash(code: number): number {
  let hash = Math.imul(code, 0xcc9e2d51)
  hash = (hash << 15) | (hash >>> 17)
  hash = Math.imul(hash, 0x1b873593)
  hash = (hash << 13) | (hash >>> 19)
  hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  hash ^= 4
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  hash ^= hash >>> 16
  if (hash >= 0) return hash
  return hash === -0x80000000 ? 0 : -hash
}

/**
 * The first and last key group, both included, that subtask `index` of `parallelism` works on.
 * @throws ML_RANGE when the parallelism passes the number of key groups: a subtask would have none
 */
export function groupRange(
  index: number,
  parallelism: number,
  keyGroups: number,
): readonly [first: number, last: number] {
  checkParallelism(parallelism, keyGroups)
  if (!Number.isInteger(index) || index < 0 || index >= parallelism) {
    throw new MillraceError('ML_RANGE', { what: `a subtask index must be 0 to ${parallelism - 1}`, got: index })
  }
  const first = Math.floor((index * keyGroups + parallelism - 1) / parallelism)
  const last = Math.floor(((index + 1) * keyGroups - 1) / parallelism)
  return [first, last]
}

/** The subtask that works on `group`. */
export function subtaskOfGroup(group: number, parallelism: number, keyGroups: number): number {
  return Math.floor((group * parallelism) / keyGroups)
}

/** The most key groups Flink allows (its maximum parallelism). */
export const maxKeyGroups = 32768

/** @throws ML_RANGE unless 1 to 32768 */
export function checkKeyGroups(keyGroups: number): void {
  if (Number.isInteger(keyGroups) && keyGroups >= 1 && keyGroups <= maxKeyGroups) return
  throw new MillraceError('ML_RANGE', { what: `the number of key groups must be 1 to ${maxKeyGroups}`, got: keyGroups })
}

function checkParallelism(parallelism: number, keyGroups: number): void {
  checkKeyGroups(keyGroups)
  if (Number.isInteger(parallelism) && parallelism >= 1 && parallelism <= keyGroups) return
  throw new MillraceError('ML_RANGE', {
    what: `parallelism must be 1 to the number of key groups, ${keyGroups}`,
    got: parallelism,
  })
}
