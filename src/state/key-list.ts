import type { EncodedKey } from './key.ts'

/**
 * Keys of one key group and their slots: as the live index holds them, and as a capture keeps them.
 *
 * An entry of the arena is the slot as 4 bytes, low ones first; then, where the table points, the key's length as
 * LEB128 and its bytes: the form that a key has in a snapshot.
 */
export interface KeyList {
  /** Open addressing by high hash bits. A place is two numbers: the hash, and where in `arena` the key is or 0. */
  readonly table: Int32Array
  /** Entries in any order, with gaps where keys were removed. */
  readonly arena: Uint8Array
  /** Keys held. */
  readonly size: number
  /** Bytes that the keys held take in a snapshot. */
  readonly keyBytes: number
}

/** hash >>> homeShift is the place, of `table.length / 2`, where a key's search begins. */
export function homeShift(table: Int32Array): number {
  return Math.clz32(table.length >>> 2)
}

/** Bytes of the slot in front of a key. */
export const slotBytes = 4

/** The slot of the key at `at`. */
export function slotOf(arena: Uint8Array, at: number): number {
  return arena[at - 4] | (arena[at - 3] << 8) | (arena[at - 2] << 16) | (arena[at - 1] << 24)
}

/** Length of the key at `at`. */
export function keyLength(arena: Uint8Array, at: number): number {
  const first = arena[at]
  if (first < 128) return first
  const second = arena[at + 1]
  return second < 128 ? (first & 127) | (second << 7) : (first & 127) | ((second & 127) << 7) | (arena[at + 2] << 14)
}

/** Where the bytes of the key at `at` start. */
export function keyStart(arena: Uint8Array, at: number): number {
  return at + (arena[at] < 128 ? 1 : arena[at + 1] < 128 ? 2 : 3)
}

/** Where they end. */
export function keyEnd(arena: Uint8Array, at: number): number {
  return keyStart(arena, at) + keyLength(arena, at)
}

/** Bytes that a length takes. */
export function lengthSize(length: number): number {
  return length < 128 ? 1 : length < 16_384 ? 2 : 3
}

/** Writes an entry at `at - slotBytes`; the arena has room. */
export function putKey(
  arena: Uint8Array,
  at: number,
  slot: number,
  bytes: Uint8Array,
  from: number,
  end: number,
): void {
  for (let i = 0; i < slotBytes; i++) arena[at - slotBytes + i] = slot >> (8 * i)
  let rest = end - from
  for (; rest > 127; rest >>>= 7) arena[at++] = (rest & 127) | 128
  arena[at++] = rest
  for (let i = from; i < end; i++) arena[at++] = bytes[i]
}

/** Whether the key at `at` has these bytes. */
export function isKeyAt(arena: Uint8Array, at: number, { bytes, length }: EncodedKey): boolean {
  if (keyLength(arena, at) !== length) return false
  const start = at + lengthSize(length)
  for (let i = 0; i < length; i++) if (arena[start + i] !== bytes[i]) return false
  return true
}

/** The order of two keys by their bytes, a prefix first. */
export function compareKeys(arena: Uint8Array, a: number, b: number): number {
  const aStart = keyStart(arena, a)
  const bStart = keyStart(arena, b)
  const aLength = keyLength(arena, a)
  const bLength = keyLength(arena, b)
  const shared = Math.min(aLength, bLength)
  for (let i = 0; i < shared; i++) {
    const difference = arena[aStart + i] - arena[bStart + i]
    if (difference !== 0) return difference
  }
  return aLength - bLength
}
