import type { ByteReader } from '../bytes/reader.ts'
import { MillraceError } from '../errors.ts'
import { murmur3 } from '../numeric/murmur3.ts'
import { isKey } from './key-bytes.ts'
import type { EncodedKey } from './key.ts'
import { compareKeys, type KeyList, keyEnd, keyLength, keyStart, lengthSize } from './key-list.ts'

// A table of one vacant place ends every search at once.
const noTable = new Int32Array(1)
const noSlots = new Int32Array(0)
const noBytes = new Uint8Array(0)

/**
 * The keys of one key group: from a key's bytes to its slot, the number of its row.
 *
 * Open addressing with linear probing over slots; per slot the hash and where its bytes lie in one arena. About 30
 * bytes a key of 12 bytes. Removal moves later entries back, so no tombstones gather. Freed slots are used again;
 * freed bytes are swept when the arena is full and a quarter of it is garbage.
 *
 * A capture keeps the arrays (`freeze`). They are then never changed in place: `slots` is copied before an entry that
 * a capture may see changes, the arena is only appended to.
 */
export class KeyIndex implements KeyList {
  slots = noSlots
  arena = noBytes
  top = 0
  size = 0
  keyBytes = 0
  /** Slot + 1 by hash, 0 where vacant; at most three quarters full. */
  private table = noTable
  private room = 0
  private arenaTop = 0
  private free = -1
  private frozen = false

  /** The slot of a key, or -1. Compares bytes, allocates nothing. */
  find(key: EncodedKey): number {
    const { table, slots } = this
    const { hash } = key
    const mask = table.length - 1
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const slot = table[i] - 1
      if (slot < 0) return -1
      if (slots[2 * slot] === hash && this.matches(slots[2 * slot + 1], key)) return slot
    }
  }

  /** Gives a key that is not here a slot: a freed one, or the next. */
  add(key: EncodedKey): number {
    const { hash, length } = key
    const needed = lengthSize(length) + length
    if (this.arenaTop + needed > this.arena.length) this.makeBytes(needed)
    if (this.size >= this.room) this.growTable(this.size + 1)
    const slot = this.takeSlot()
    this.slots[2 * slot] = hash
    this.slots[2 * slot + 1] = this.arenaTop
    this.place(hash, slot)
    let at = this.arenaTop
    for (let rest = length; ; rest >>>= 7) {
      this.arena[at++] = rest > 127 ? (rest & 127) | 128 : rest
      if (rest < 128) break
    }
    for (let i = 0; i < length; i++) this.arena[at + i] = key.bytes[i]
    this.arenaTop += needed
    this.keyBytes += needed
    this.size++
    return slot
  }

  /** Forgets a key; returns the slot it had, or -1. */
  remove(key: EncodedKey): number {
    const slot = this.find(key)
    if (slot < 0) return -1
    this.vacate(key.hash, slot)
    this.keyBytes -= lengthSize(key.length) + key.length
    if (--this.size === 0) {
      this.clear()
      return slot
    }
    this.ownSlots()
    this.slots[2 * slot] = this.free
    this.slots[2 * slot + 1] = -1
    this.free = slot
    return slot
  }

  /** What is here now, as a list that later changes leave alone. */
  freeze(): KeyList {
    this.frozen = true
    const { slots, arena, top, size, keyBytes } = this
    return { slots, arena, top, size, keyBytes }
  }

  /** The bytes of a slot's key; a view into the arena. */
  keyAt(slot: number): Uint8Array {
    const start = keyStart(this.arena, this.slots[2 * slot + 1])
    return this.arena.subarray(start, start + keyLength(this.arena, this.slots[2 * slot + 1]))
  }

  get sizeBytes(): number {
    return this.table.byteLength + this.slots.byteLength + this.arena.length
  }

  /**
   * An index of `count` keys in the form of `arena`, in canonical order: key i has slot i.
   * @throws ML_CORRUPT, by way of `reader`, for anything that writing does not give
   */
  static load(keys: Uint8Array, count: number, reader: ByteReader): KeyIndex {
    const index = new KeyIndex()
    if (2 * count > keys.length) reader.fail(`${count} keys cannot fit ${keys.length} bytes`)
    if (count > 0) {
      index.arena = new Uint8Array(keys.length + (keys.length >>> 3) + 16)
      index.arena.set(keys)
      index.slots = new Int32Array(2 * (count + (count >>> 3) + 1))
      index.growTable(count)
    }
    let at = 0
    for (let before = -1; index.size < count; index.size++) {
      const end = index.loadKey(at, keys.length, before, reader)
      before = at
      at = end
    }
    if (at !== keys.length) reader.fail('bytes are left over after the last key', keys.length - at)
    index.top = count
    index.keyBytes = at
    index.arenaTop = at
    return index
  }

  private loadKey(at: number, limit: number, before: number, reader: ByteReader): number {
    const { arena, size } = this
    const start = at < limit ? keyStart(arena, at) : limit
    const length = start < limit ? keyLength(arena, at) : 0
    const end = start + length
    if (end > limit || lengthSize(length) !== start - at || !isKey(arena, start, end)) {
      reader.fail(`key ${size} is not a canonical key`)
    }
    const hash = murmur3(arena, start, end)
    if (before >= 0) {
      const last = this.slots[2 * size - 2] >>> 0
      if (last > hash >>> 0 || (last === hash >>> 0 && compareKeys(arena, before, at) >= 0)) {
        reader.fail(`key ${size} is out of order`)
      }
    }
    this.slots[2 * size] = hash
    this.slots[2 * size + 1] = at
    this.place(hash, size)
    return end
  }

  private matches(at: number, key: EncodedKey): boolean {
    const { arena } = this
    const { bytes, length } = key
    if (keyLength(arena, at) !== length) return false
    const start = at + lengthSize(length)
    for (let i = 0; i < length; i++) if (arena[start + i] !== bytes[i]) return false
    return true
  }

  private place(hash: number, slot: number): void {
    const { table } = this
    const mask = table.length - 1
    let i = hash & mask
    while (table[i] !== 0) i = (i + 1) & mask
    table[i] = slot + 1
  }

  /** Takes a slot out of the table, and moves back what linear probing had pushed past it. */
  private vacate(hash: number, slot: number): void {
    const { table, slots } = this
    const mask = table.length - 1
    let hole = hash & mask
    while (table[hole] !== slot + 1) hole = (hole + 1) & mask
    for (let i = (hole + 1) & mask; table[i] !== 0; i = (i + 1) & mask) {
      const home = slots[2 * (table[i] - 1)] & mask
      if (((i - home) & mask) < ((i - hole) & mask)) continue
      table[hole] = table[i]
      hole = i
    }
    table[hole] = 0
  }

  private takeSlot(): number {
    if (this.free >= 0) {
      this.ownSlots()
      const slot = this.free
      this.free = this.slots[2 * slot]
      return slot
    }
    if (2 * this.top === this.slots.length) {
      const slots = new Int32Array(2 * (this.top + (this.top >>> 1) + 4))
      slots.set(this.slots)
      this.slots = slots
      this.frozen = false
    }
    return this.top++
  }

  private ownSlots(): void {
    if (!this.frozen) return
    this.slots = this.slots.slice()
    this.frozen = false
  }

  private growTable(size: number): void {
    let capacity = 4
    while (capacity * 3 < size * 4) capacity *= 2
    this.table = new Int32Array(capacity)
    this.room = (capacity * 3) / 4
    for (let slot = 0; slot < this.top; slot++) {
      if (this.slots[2 * slot + 1] >= 0) this.place(this.slots[2 * slot], slot)
    }
  }

  /** Makes room for `needed` more bytes: by sweeping when that frees a quarter, else by growing. */
  private makeBytes(needed: number): void {
    const sweep = this.arenaTop - this.keyBytes > this.arenaTop >>> 2
    const used = (sweep ? this.keyBytes : this.arenaTop) + needed
    if (used > 0x7fffffff) {
      throw new MillraceError('ML_STATE_LIMIT', { what: 'the keys of one key group would take more than 2 GiB' })
    }
    const arena = new Uint8Array(Math.min(used + (used >>> 1) + 48, 0x7fffffff))
    if (sweep) this.sweepInto(arena)
    else arena.set(this.arena.subarray(0, this.arenaTop))
    this.arena = arena
  }

  private sweepInto(arena: Uint8Array): void {
    this.ownSlots()
    let to = 0
    for (let slot = 0; slot < this.top; slot++) {
      const from = this.slots[2 * slot + 1]
      if (from < 0) continue
      this.slots[2 * slot + 1] = to
      for (let i = from, end = keyEnd(this.arena, from); i < end; i++) arena[to++] = this.arena[i]
    }
    this.arenaTop = to
  }

  private clear(): void {
    this.table = noTable
    this.slots = noSlots
    this.arena = noBytes
    this.room = this.top = this.size = this.keyBytes = this.arenaTop = 0
    this.free = -1
    this.frozen = false
  }
}
