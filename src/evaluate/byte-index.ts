/** Places of a new index, as a power of two; half of them may be taken. */
const FIRST_BITS = 6

/** Of a place: the hash of a text, its length + 1 (0: nothing is there), its value, where its bytes begin in the arena. */
const STRIDE = 4

/** Texts up to here are their hash: no two of one length have the same. */
const SHORT = 3

export const HASH_PRIME = 0x01000193
/** 2^32 over the golden ratio: the first bits of a product with it depend on all bits of the hash (Knuth 6.4). */
const GOLDEN = 0x9e3779b1

/**
 * Texts, as bytes, to small integers that the caller chose. A text seen before costs a hash and a comparison, and makes
 * no string; a short one, as most codes and names of classes are, costs no comparison of bytes either.
 *
 * Grows with the number of texts; the caller bounds it.
 */
export class ByteIndex {
  size = 0
  #bits = FIRST_BITS
  #places = new Int32Array(STRIDE << FIRST_BITS)
  #arena = new Uint8Array(16 << FIRST_BITS)
  #used = 0

  /** The value of a text, or -1 when it is not known. */
  get(bytes: Uint8Array, start: number, end: number): number {
    return this.find(bytes, start, end, hashOf(bytes, start, end))
  }

  /** The same where the hash, as `hashOf` makes it, is known. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const places = this.#places
    const length = end - start
    const mask = places.length - 1
    for (let at = STRIDE * (Math.imul(hash, GOLDEN) >>> (32 - this.#bits)); ; at = (at + STRIDE) & mask) {
      const found = places[at + 1]
      if (found === 0) return -1
      if (places[at] !== hash || found !== length + 1) continue
      if (length <= SHORT || this.#equals(places[at + 3], bytes, start, end)) return places[at + 2]
    }
  }

  /** Adds a text that is not known yet. */
  add(bytes: Uint8Array, start: number, end: number, value: number): void {
    if (2 * this.size >= 1 << this.#bits) this.#grow()
    this.size++
    const length = end - start
    const from = this.#used
    this.#used += length
    if (this.#used > this.#arena.length) {
      const larger = new Uint8Array(2 * this.#used)
      larger.set(this.#arena)
      this.#arena = larger
    }
    this.#arena.set(bytes.subarray(start, end), from)
    this.#place(hashOf(bytes, start, end), length + 1, value, from)
  }

  #equals(from: number, bytes: Uint8Array, start: number, end: number): boolean {
    const arena = this.#arena
    let to = from
    for (let i = start; i < end; i++) if (arena[to++] !== bytes[i]) return false
    return true
  }

  #place(hash: number, length: number, value: number, from: number): void {
    const places = this.#places
    const mask = places.length - 1
    let at = STRIDE * (Math.imul(hash, GOLDEN) >>> (32 - this.#bits))
    while (places[at + 1] !== 0) at = (at + STRIDE) & mask
    places[at] = hash
    places[at + 1] = length
    places[at + 2] = value
    places[at + 3] = from
  }

  #grow(): void {
    const old = this.#places
    this.#bits++
    this.#places = new Int32Array(2 * old.length)
    for (let at = 0; at < old.length; at += STRIDE) {
      if (old[at + 1] !== 0) this.#place(old[at], old[at + 1], old[at + 2], old[at + 3])
    }
  }
}

/**
 * The hash of a text: FNV's step over its words of four bytes, the first byte lowest, and over what is left of the last
 * one, which may be nothing.
 */
export function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0
  let word = 0
  for (let i = start; i < end; i++) {
    const part = (i - start) & 3
    word |= bytes[i] << (8 * part)
    if (part < 3) continue
    hash = Math.imul(hash ^ word, HASH_PRIME)
    word = 0
  }
  return Math.imul(hash ^ word, HASH_PRIME)
}
