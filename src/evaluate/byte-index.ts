/** Texts that a new index has room for, twice over. */
const FIRST_CAPACITY = 64

/**
 * Texts, as bytes, to small integers that the caller chose. A text seen before costs a hash and a comparison, and makes
 * no string.
 *
 * Grows with the number of texts; the caller bounds it.
 */
export class ByteIndex {
  size = 0
  #mask = FIRST_CAPACITY - 1
  /** By place: the entry's number + 1, or 0. */
  #places = new Int32Array(FIRST_CAPACITY)
  #hashes = new Int32Array(FIRST_CAPACITY)
  #values = new Int32Array(FIRST_CAPACITY)
  /** Entry e has its bytes at `#arena[#ends[e] .. #ends[e + 1])`. */
  #ends = new Int32Array(FIRST_CAPACITY + 1)
  #arena = new Uint8Array(16 * FIRST_CAPACITY)

  /** The value of a text, or -1 when it is not known. */
  get(bytes: Uint8Array, start: number, end: number): number {
    return this.find(bytes, start, end, hashOf(bytes, start, end))
  }

  /** The same where the hash, as `hashOf` makes it, is known. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const places = this.#places
    const hashes = this.#hashes
    const mask = this.#mask
    let place = (hash ^ (hash >>> 15)) & mask
    for (let entry = places[place]; entry !== 0; entry = places[place]) {
      if (hashes[entry - 1] === hash && this.#equals(entry - 1, bytes, start, end)) return this.#values[entry - 1]
      place = (place + 1) & mask
    }
    return -1
  }

  /** Adds a text that is not known yet. */
  add(bytes: Uint8Array, start: number, end: number, value: number): void {
    if (2 * this.size >= this.#places.length) this.#grow()
    const hash = hashOf(bytes, start, end)
    const entry = this.size++
    this.#place(hash, entry)
    this.#hashes[entry] = hash
    this.#values[entry] = value
    const from = this.#ends[entry]
    const to = from + end - start
    if (to > this.#arena.length) this.#arena = enlarged(this.#arena, new Uint8Array(2 * to))
    this.#arena.set(bytes.subarray(start, end), from)
    this.#ends[entry + 1] = to
  }

  #equals(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const arena = this.#arena
    let from = this.#ends[entry]
    if (this.#ends[entry + 1] - from !== end - start) return false
    for (let i = start; i < end; i++) if (arena[from++] !== bytes[i]) return false
    return true
  }

  #place(hash: number, entry: number): void {
    let place = (hash ^ (hash >>> 15)) & this.#mask
    while (this.#places[place] !== 0) place = (place + 1) & this.#mask
    this.#places[place] = entry + 1
  }

  #grow(): void {
    const capacity = 2 * this.#places.length
    this.#mask = capacity - 1
    this.#places = new Int32Array(capacity)
    this.#hashes = enlarged(this.#hashes, new Int32Array(capacity))
    this.#values = enlarged(this.#values, new Int32Array(capacity))
    this.#ends = enlarged(this.#ends, new Int32Array(capacity + 1))
    for (let entry = 0; entry < this.size; entry++) this.#place(this.#hashes[entry], entry)
  }
}

/** The hash of a text, its bytes in order: FNV's step, then the length. */
export function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], HASH_PRIME)
  return hash ^ (end - start)
}

export const HASH_PRIME = 0x01000193

function enlarged<A extends Int32Array | Uint8Array>(from: A, into: A): A {
  into.set(from)
  return into
}
