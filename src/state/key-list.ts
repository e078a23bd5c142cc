/**
 * Keys of one key group by slot: as the live index holds them, and as a capture keeps them.
 * An entry of the arena is the key's length as LEB128, then its bytes: the form that it has in a snapshot.
 */
export interface KeyList {
  /** Two a slot: the hash, and where the key starts in `arena`; for a free slot the next free one, and -1. */
  readonly slots: Int32Array
  /** Entries, in any order, with gaps where keys were removed. */
  readonly arena: Uint8Array
  /** Slots used so far, free ones among them. */
  readonly top: number
  /** Keys held. */
  readonly size: number
  /** Bytes of the arena that belong to keys held. */
  readonly keyBytes: number
}

/** Length of the key whose entry starts at `at`. */
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

/** Where the entry at `at` ends. */
export function keyEnd(arena: Uint8Array, at: number): number {
  return keyStart(arena, at) + keyLength(arena, at)
}

/** Bytes that a key's length takes in its entry. */
export function lengthSize(length: number): number {
  return length < 128 ? 1 : length < 16_384 ? 2 : 3
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
