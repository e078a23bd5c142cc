import type { ByteReader } from '../bytes/reader.ts'
import { MillraceError } from '../errors.ts'
import { murmur3 } from '../numeric/murmur3.ts'
import type { EncodedKey } from './key.ts'
import { isKey } from './key-bytes.ts'
import {
  compareKeys,
  homeShift,
  isKeyAt,
  type KeyList,
  keyEnd,
  keyLength,
  keyStart,
  lengthSize,
  putKey,
  slotBytes,
  slotOf,
} from './key-list.ts'

// Two vacant places end every search at once.
const noTable = new Int32Array(4)
const noBytes = new Uint8Array(0)

/**
 * The keys of one key group: from a key's bytes to the slot it was given.
 *
 * Open addressing with linear probing, then one look into the arena: two cache misses a search. About 37 bytes a key
 * of 12 bytes. Removal moves later entries back, so no tombstones gather; the bytes of removed keys are swept when
 * the arena is full and a quarter of it is garbage.
 *
 * A capture keeps the arrays (`freeze`): the table is copied before it changes, the arena is only appended to.
 */
export class KeyIndex implements KeyList {
  table = noTable
  arena = noBytes
  size = 0
  keyBytes = 0
  /** Keys that the table takes before it grows: three quarters of its places. */
  private room = 0
  private arenaTop = 0
  private frozen = false

  /** The slot of a key, or -1. Compares bytes, allocates nothing. */
  find(key: EncodedKey): number {
    const place = this.placeOf(key)
    return place < 0 ? -1 : slotOf(this.arena, this.table[place + 1])
  }

  /** Reads the first place that a search for the hash would look at: brings it into the cache. */
  touch(hash: number): number {
    const { table } = this
    return table[2 * (hash >>> homeShift(table)) + 1]
  }

  /** Adds a key that is not here. */
  add(key: EncodedKey, slot: number): void {
    const bytes = lengthSize(key.length) + key.length
    if (this.arenaTop + slotBytes + bytes > this.arena.length) this.makeBytes(slotBytes + bytes)
    if (this.size >= this.room) this.growTable(this.size + 1)
    this.ownTable()
    const at = this.arenaTop + slotBytes
    putKey(this.arena, at, slot, key.bytes, 0, key.length)
    this.put(key.hash, at)
    this.arenaTop = at + bytes
    this.keyBytes += bytes
    this.size++
  }

  /** Forgets a key; returns the slot it had, or -1. */
  remove(key: EncodedKey): number {
    const place = this.placeOf(key)
    if (place < 0) return -1
    const slot = slotOf(this.arena, this.table[place + 1])
    if (this.size === 1) {
      this.clear()
      return slot
    }
    this.ownTable()
    this.vacate(place)
    this.keyBytes -= lengthSize(key.length) + key.length
    this.size--
    return slot
  }

  /** What is here now, as a list that later changes leave alone. */
  freeze(): KeyList {
    this.frozen = true
    const { table, arena, size, keyBytes } = this
    return { table, arena, size, keyBytes }
  }

  get sizeBytes(): number {
    return this.table.byteLength + this.arena.length
  }

  /**
   * An index of `count` keys as a snapshot holds them, in canonical order; `slotAt` numbers them.
   * @throws ML_CORRUPT, by way of `reader`, for anything that writing does not give
   */
  static load(keys: Uint8Array, count: number, slotAt: (i: number) => number, reader: ByteReader): KeyIndex {
    const index = new KeyIndex()
    if (2 * count > keys.length) reader.fail(`${count} keys cannot fit ${keys.length} bytes`)
    if (count > 0) {
      const used = keys.length + slotBytes * count
      index.arena = new Uint8Array(used + (used >>> 3))
      index.growTable(count)
    }
    let at = 0
    let lastHash = -1
    for (let last = 0; index.size < count; index.size++) {
      const end = keyEndIn(keys, at, reader)
      const start = keyStart(keys, at)
      const hash = murmur3(keys, start, end)
      const to = index.arenaTop + slotBytes
      putKey(index.arena, to, slotAt(index.size), keys, start, end)
      if (hash >>> 0 < lastHash || (hash >>> 0 === lastHash && compareKeys(index.arena, last, to) >= 0)) {
        reader.fail(`key ${index.size} is out of order`)
      }
      index.put(hash, to)
      index.arenaTop = to + end - at
      lastHash = hash >>> 0
      last = to
      at = end
    }
    if (at !== keys.length) reader.fail('bytes are left over after the last key', keys.length - at)
    index.keyBytes = at
    return index
  }

  private placeOf(key: EncodedKey): number {
    const { table, arena } = this
    const { hash } = key
    const mask = table.length - 2
    for (let place = 2 * (hash >>> homeShift(table)); ; place = (place + 2) & mask) {
      const at = table[place + 1]
      if (at === 0) return -1
      if (table[place] === hash && isKeyAt(arena, at, key)) return place
    }
  }

  private put(hash: number, at: number): void {
    const { table } = this
    const mask = table.length - 2
    let place = 2 * (hash >>> homeShift(table))
    while (table[place + 1] !== 0) place = (place + 2) & mask
    table[place] = hash
    table[place + 1] = at
  }

  /** Empties a place, and moves back what linear probing had pushed past it. */
  private vacate(hole: number): void {
    const { table } = this
    const mask = table.length - 2
    const shift = homeShift(table)
    for (let place = (hole + 2) & mask; table[place + 1] !== 0; place = (place + 2) & mask) {
      const home = 2 * (table[place] >>> shift)
      if (((place - home) & mask) < ((place - hole) & mask)) continue
      table[hole] = table[place]
      table[hole + 1] = table[place + 1]
      hole = place
    }
    table[hole + 1] = 0
  }

  private ownTable(): void {
    if (!this.frozen) return
    this.table = this.table.slice()
    this.frozen = false
  }

  private growTable(size: number): void {
    let places = 4
    while (places * 3 < size * 4) places *= 2
    const before = this.table
    this.table = new Int32Array(2 * places)
    this.frozen = false
    this.room = (places * 3) / 4
    for (let place = 0; place < before.length; place += 2) {
      if (before[place + 1] !== 0) this.put(before[place], before[place + 1])
    }
  }

  /** Makes room for `needed` more bytes: by sweeping when that frees a quarter, else by growing. */
  private makeBytes(needed: number): void {
    const held = this.keyBytes + slotBytes * this.size
    const sweep = this.arenaTop - held > this.arenaTop >>> 2
    const used = (sweep ? held : this.arenaTop) + needed
    if (used > 0x7fffffff) {
      throw new MillraceError('ML_STATE_LIMIT', { what: 'the keys of one key group would take more than 2 GiB' })
    }
    const arena = new Uint8Array(Math.min(used + (used >>> 2) + 48, 0x7fffffff))
    if (sweep) this.sweepInto(arena)
    else arena.set(this.arena.subarray(0, this.arenaTop))
    this.arena = arena
  }

  private sweepInto(arena: Uint8Array): void {
    this.ownTable()
    const { table } = this
    let top = 0
    for (let place = 0; place < table.length; place += 2) {
      const at = table[place + 1]
      if (at === 0) continue
      const end = keyEnd(this.arena, at)
      table[place + 1] = top + slotBytes
      for (let i = at - slotBytes; i < end; i++) arena[top++] = this.arena[i]
    }
    this.arenaTop = top
  }

  private clear(): void {
    this.table = noTable
    this.arena = noBytes
    this.size = this.keyBytes = this.room = this.arenaTop = 0
    this.frozen = false
  }
}

/** Where the canonical key at `at` ends, all of it within `keys`. */
function keyEndIn(keys: Uint8Array, at: number, reader: ByteReader): number {
  // A length takes up to three bytes; past the end they read as undefined, which the comparisons refuse.
  const start = keyStart(keys, at)
  const end = start + keyLength(keys, at)
  if (!(end <= keys.length) || lengthSize(end - start) !== start - at || !isKey(keys, start, end)) {
    reader.fail(`the key at ${at} is not canonical`)
  }
  return end
}
