import { utf8Read } from '../bytes/utf8.ts'

/** Distinct values kept, a power of two; past it the cache starts afresh. */
const CAPACITY = 4096
/** Longer values are rarely repeated. */
const LONGEST = 32

/**
 * Bytes to string, where values repeat: carriers, airports, states. A value seen before costs a hash and a comparison
 * and allocates nothing. One cache per column.
 *
 * Bounded: 4096 values of at most 32 bytes, or as many as are asked for. A column whose values do not repeat (an id) is
 * noticed at the first filling, and decoded directly from then on. Never changes what is read, only how fast.
 */
export class StringCache {
  private readonly capacity: number
  private readonly mask: number
  private slots = new Int32Array(0) // id + 1, or 0; all three are made when the first value comes
  private hashes = new Int32Array(0)
  private ends = new Int32Array(0) // ends[id] is where value id starts
  private arena = new Uint8Array(0)
  private readonly texts: string[] = []
  private hits = 0
  private useless = false

  constructor(capacity: number = CAPACITY) {
    this.capacity = capacity
    this.mask = 2 * capacity - 1
  }

  /** The text of the bytes; undefined when they are not strict UTF-8. */
  get(bytes: Uint8Array, start: number, end: number): string | undefined {
    const length = end - start
    if (this.useless || length > LONGEST) return utf8Read(bytes, start, end)
    let hash = length
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
    const { slots, hashes, mask } = this
    if (slots.length === 0) return this.add(bytes, start, end, hash)
    let slot = (hash ^ (hash >>> 15)) & mask
    for (let id = slots[slot]; id !== 0; id = slots[slot]) {
      if (hashes[id - 1] === hash && this.equals(id - 1, bytes, start, length)) {
        this.hits++
        return this.texts[id - 1]
      }
      slot = (slot + 1) & mask
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
    if (this.slots.length === 0) this.open()
    if (this.texts.length === this.capacity) {
      this.useless = this.hits < this.capacity
      this.hits = 0
      this.texts.length = 0
      this.slots.fill(0)
      if (this.useless) return text
    }
    const id = this.texts.push(text) - 1
    let slot = (hash ^ (hash >>> 15)) & this.mask
    while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask
    this.slots[slot] = id + 1
    this.hashes[id] = hash
    let to = this.ends[id]
    if (to + end - start > this.arena.length) this.grow()
    for (let i = start; i < end; i++) this.arena[to++] = bytes[i]
    this.ends[id + 1] = to
    return text
  }

  private open(): void {
    this.slots = new Int32Array(this.mask + 1)
    this.hashes = new Int32Array(this.capacity)
    this.ends = new Int32Array(this.capacity + 1)
    this.arena = new Uint8Array(Math.max(this.capacity, LONGEST))
  }

  private grow(): void {
    const { arena } = this
    this.arena = new Uint8Array(2 * arena.length)
    this.arena.set(arena)
  }
}
