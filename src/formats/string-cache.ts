import { utf8Read } from '../bytes/utf8.ts'

/** Distinct values kept; past it the cache starts afresh. */
const CAPACITY = 4096
/** Longer values are rarely repeated. */
const LONGEST = 32
const MASK = 2 * CAPACITY - 1

/**
 * Bytes to string, where values repeat: carriers, airports, states. A value seen before costs a hash and a comparison
 * and allocates nothing. One cache per column.
 *
 * Bounded: 4096 values of at most 32 bytes. A column whose values do not repeat (an id) is noticed at the first
 * filling, and decoded directly from then on. Never changes what is read, only how fast.
 */
export class StringCache {
  private readonly slots = new Int32Array(MASK + 1) // id + 1, or 0
  private readonly hashes = new Int32Array(CAPACITY)
  private readonly ends = new Int32Array(CAPACITY + 1) // ends[id] is where value id starts
  private arena = new Uint8Array(4096)
  private readonly texts: string[] = []
  private hits = 0
  private useless = false

  /** The text of the bytes; undefined when they are not strict UTF-8. */
  get(bytes: Uint8Array, start: number, end: number): string | undefined {
    const length = end - start
    if (this.useless || length > LONGEST) return utf8Read(bytes, start, end)
    let hash = length
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
    const { slots, hashes } = this
    let slot = (hash ^ (hash >>> 15)) & MASK
    for (let id = slots[slot]; id !== 0; id = slots[slot]) {
      if (hashes[id - 1] === hash && this.equals(id - 1, bytes, start, length)) {
        this.hits++
        return this.texts[id - 1]
      }
      slot = (slot + 1) & MASK
    }
    return this.add(bytes, start, end, hash)
  }

  private equals(id: number, bytes: Uint8Array, start: number, length: number): boolean {
    const { arena } = this
    const from = this.ends[id]
    if (this.ends[id + 1] - from !== length) return false
    for (let i = 0; i < length; i++) if (arena[from + i] !== bytes[start + i]) return false
    return true
  }

  private add(bytes: Uint8Array, start: number, end: number, hash: number): string | undefined {
    const text = utf8Read(bytes, start, end)
    if (text === undefined) return undefined
    if (this.texts.length === CAPACITY) {
      this.useless = this.hits < CAPACITY
      this.hits = 0
      this.texts.length = 0
      this.slots.fill(0)
      if (this.useless) return text
    }
    const id = this.texts.push(text) - 1
    let slot = (hash ^ (hash >>> 15)) & MASK
    while (this.slots[slot] !== 0) slot = (slot + 1) & MASK
    this.slots[slot] = id + 1
    this.hashes[id] = hash
    let to = this.ends[id]
    if (to + end - start > this.arena.length) this.grow()
    for (let i = start; i < end; i++) this.arena[to++] = bytes[i]
    this.ends[id + 1] = to
    return text
  }

  private grow(): void {
    const { arena } = this
    this.arena = new Uint8Array(2 * arena.length)
    this.arena.set(arena)
  }
}
