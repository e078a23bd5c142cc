import type { ByteReader } from '../bytes/reader.ts'
import { MillraceError } from '../errors.ts'
import { type KernelMemory, NOWHERE } from '../numeric/kernel-memory.ts'
import type { EncodedKey } from './key.ts'
import { checkKeyGroups } from './key-groups.ts'
import { KeyIndex } from './key-index.ts'
import { keyEnd, keyStart, slotOf } from './key-list.ts'
import { canonicalOrder } from './key-order.ts'
import { SlabCapture } from './slab-capture.ts'
import { readSlabGroup } from './slab-format.ts'
import { type SlabPage, SlabPages } from './slab-pages.ts'

/** Keys that `warm` takes at once. */
export const MAX_WARM = 64
const CACHE_LINE_DOUBLES = 8

export interface SlabOptions {
  /** Doubles a row. */
  readonly width: number
  readonly keyGroups?: number
  /** Keys in all groups together; default: no bound. */
  readonly maxKeys?: number
  /** For errors: the operator. */
  readonly where: string
  /** Of a kernel: rows lie in it as long as it has room. */
  readonly memory?: KernelMemory | undefined
}

/**
 * A row of doubles per key: the state of a million small models in a few large arrays.
 *
 * Rows lie in pages of up to 64 KB per key group, found by an index over key bytes. A slot is the number of a key's row
 * in its group; it is good until a key is removed or a group restored. `read` and `write` put the row at
 * `page[offset .. offset + width)`, for use before the next call.
 *
 * Cost      find and change one of 10⁶ rows of 21 doubles: 0.5 µs by zipf, 1 µs at random (cache misses);
 *           memory 1.05 times the rows + 40 bytes a key of 12 bytes
 * Capture   pointers only, well under a millisecond for 100 MB; each page changed afterwards is copied once
 * Memory    grows with the most keys ever held at once: a removed key's row waits for the next key, and a group gives
 *           its pages back when its last key goes
 * Snapshot  v1, see slab-format.ts: the same bytes whatever the history
 * @throws ML_RANGE when width, key groups or maxKeys make no sense
 */
export class SlabTable {
  readonly width: number
  readonly keyGroups: number
  readonly maxKeys: number
  /** Where the last `read` or `write` found its row. */
  page: Float64Array = new Float64Array(0)
  offset = 0
  /** What `warm` read: kept, so that the reads are not optimised away. */
  warmth = 0
  private readonly slots = new Int32Array(MAX_WARM)
  /** Replaced when what keys were told of their rows may hold no longer. */
  private slotAge: object = {}
  private slotsTold = false
  private readonly where: string
  private readonly groups: SlabGroup[] = []
  private readonly pages: SlabPages
  private keys = 0
  /** Captures taken so far, plus one. */
  private epoch = 1

  constructor({ width, keyGroups = 128, maxKeys = Infinity, where, memory }: SlabOptions) {
    checkKeyGroups(keyGroups)
    if (!(Number.isInteger(width) && width >= 1 && width <= 0x7ffffff)) throw outOfRange('width', width, where)
    if (!(maxKeys >= 1)) throw outOfRange('maxKeys', maxKeys, where)
    this.width = width
    this.keyGroups = keyGroups
    this.maxKeys = maxKeys
    this.where = where
    this.pages = new SlabPages(width, memory)
    for (let group = 0; group < keyGroups; group++) this.groups.push(new SlabGroup())
  }

  /** Keys held. */
  get size(): number {
    return this.keys
  }

  /** Memory in use, what captures still hold and spare pages included. */
  get sizeBytes(): number {
    return this.groups.reduce((sum, { index }) => sum + index.sizeBytes, this.pages.sizeBytes)
  }

  /** What keys were told of their rows holds as long as this is the same; and that rows which were owned may be written. */
  get age(): object {
    return this.slotAge
  }

  /** The key's slot in its group, or -1. */
  find(key: EncodedKey): number {
    if (key.slotAge === this.slotAge) return key.slot
    return this.groups[key.group].index.find(key)
  }

  /**
   * The key's slot, with `page` and `offset` at its row, which will not be changed; -1 of a key that is not held. Tells the
   * key where that is, for keys that are kept to be opened again.
   */
  open(key: EncodedKey): number {
    if (key.slotAge !== this.slotAge && !this.tell(key)) return -1
    this.page = (key.page as SlabPage).data
    this.offset = (key.slot & this.pages.mask) * this.width
    return key.slot
  }

  /** As `write`, of the row of a key that was opened or inserted. */
  own(key: EncodedKey): void {
    const { page } = key
    // What was written in this epoch, no capture holds.
    if (key.slotAge === this.slotAge && page?.epoch === this.epoch) {
      this.page = page.data
      this.offset = (key.slot & this.pages.mask) * this.width
    } else this.write(key.group, this.find(key))
  }

  /** Where the row of a key lies that was owned: an address, or NOWHERE. Good as long as `age` is the same. */
  addressOf(key: EncodedKey): number {
    if (this.open(key) < 0) return NOWHERE
    const { address } = key.page as SlabPage
    return address === NOWHERE ? NOWHERE : address + 8 * this.offset
  }

  /** @throws ML_STATE_LIMIT when `maxKeys` are held */
  expectRoom(): void {
    if (this.keys < this.maxKeys) return
    const remedy = 'Raise maxKeys, or let keys expire'
    const what = `${this.keys} keys are held already`
    throw new MillraceError('ML_STATE_LIMIT', { what, where: this.where, remedy })
  }

  /**
   * The key's slot; a new key gets a row of zeros.
   * @throws ML_STATE_LIMIT for a new key when `maxKeys` are held; nothing has changed then
   */
  insert(key: EncodedKey): number {
    const group = this.groups[key.group]
    const known = this.find(key)
    if (known >= 0) return known
    this.expectRoom()
    const slot = group.free.pop() ?? this.pages.slotAt(group.top++)
    group.index.add(key, slot)
    const first = group.pages[0]
    this.pages.fit(group.pages, slot)
    if (group.pages[0] !== first) this.forgetTold()
    this.keys++
    this.write(key.group, slot)
    this.page.fill(0, this.offset, this.offset + this.width)
    return slot
  }

  /** Forgets the key; false when it was not held. */
  remove(key: EncodedKey): boolean {
    const group = this.groups[key.group]
    const slot = group.index.remove(key)
    if (slot < 0) return false
    this.forgetTold()
    group.free.push(slot)
    group.version = this.epoch
    if (group.index.size === 0) this.clear(group)
    this.keys--
    return true
  }

  /** Points `page` and `offset` at a row that will not be changed. */
  read(group: number, slot: number): void {
    const { pages } = this
    this.page = this.groups[group].pages[slot >> pages.shift].data
    this.offset = (slot & pages.mask) * this.width
  }

  /** The same for a row that will be: a page that a capture holds is copied first. */
  write(group: number, slot: number): void {
    const { pages } = this
    const held = this.groups[group]
    const at = slot >> pages.shift
    let page = held.pages[at]
    if (page.holders > 1) {
      page = held.pages[at] = pages.copy(page)
      this.forgetTold()
    }
    page.epoch = this.epoch
    held.version = this.epoch
    this.page = page.data
    this.offset = (slot & pages.mask) * this.width
  }

  /**
   * Brings the rows of keys that are about to be used into the cache, and tells the keys their slots. The reads of one
   * pass do not wait for each other, so the memory serves many at a time; a search and a row alone cost three misses in
   * turn. Changes nothing else.
   */
  warm(keys: readonly EncodedKey[], most: number): void {
    const { groups, slots, pages, width } = this
    const count = Math.min(most, MAX_WARM)
    let sum = 0
    for (let i = 0; i < count; i++) sum += groups[keys[i].group].index.touch(keys[i].hash)
    for (let i = 0; i < count; i++) slots[i] = groups[keys[i].group].index.find(keys[i])
    for (let i = 0; i < count; i++) {
      const slot = slots[i]
      if (slot < 0) continue
      const key = keys[i]
      key.slot = slot
      key.page = groups[key.group].pages[slot >> pages.shift]
      key.slotAge = this.slotAge
      const { data } = key.page
      const from = (slot & pages.mask) * width
      for (let k = from; k < from + width; k += CACHE_LINE_DOUBLES) sum += data[k]
    }
    this.slotsTold = true
    this.warmth = sum
  }

  /** True when the group changed after the last capture; before the first, after the start or its restore. */
  isDirty(group: number): boolean {
    return this.groups[group].version === this.epoch
  }

  /** The table as it is now, to be written while it goes on. Costs a pointer a page. */
  capture(): SlabCapture {
    const captured = this.groups.map(({ index, pages, version }) => {
      for (const page of pages) page.holders++
      return { keys: index.freeze(), pages: pages.slice(), version }
    })
    this.epoch++
    this.forgetTold()
    return new SlabCapture(captured, this.pages)
  }

  /**
   * Replaces a group by what a snapshot holds; when that throws the group is unchanged. A table may hold more than
   * `maxKeys` afterwards, when the bound was lowered: no key is lost, new ones are refused.
   * @throws ML_CORRUPT, ML_VERSION
   */
  restoreGroup(group: number, reader: ByteReader): void {
    const held = this.groups[group]
    const { index, pages } = readSlabGroup(reader, this.pages)
    this.keys += index.size - held.index.size
    this.forgetTold()
    this.clear(held)
    held.index = index
    held.pages = pages
    held.top = index.size
    // Before the first capture the restored bytes are the latest there are; later they are a change.
    held.version = this.epoch === 1 ? 0 : this.epoch
  }

  /** Visits a group's keys in canonical order. The function may write rows; it must not insert or remove. */
  forEach(group: number, visit: (keyBytes: Uint8Array, slot: number) => void): void {
    const { index } = this.groups[group]
    const { arena } = index
    for (const at of canonicalOrder(index).slice(0, index.size)) {
      visit(arena.subarray(keyStart(arena, at), keyEnd(arena, at)), slotOf(arena, at))
    }
  }

  private tell(key: EncodedKey): boolean {
    const { index, pages } = this.groups[key.group]
    const slot = index.find(key)
    if (slot < 0) return false
    key.slot = slot
    key.page = pages[slot >> this.pages.shift]
    key.slotAge = this.slotAge
    this.slotsTold = true
    return true
  }

  private forgetTold(): void {
    if (!this.slotsTold) return
    this.slotAge = {}
    this.slotsTold = false
  }

  private clear(group: SlabGroup): void {
    for (const page of group.pages) this.pages.drop(page)
    group.pages = []
    group.free = []
    group.top = 0
  }
}

class SlabGroup {
  index = new KeyIndex()
  pages: SlabPage[] = []
  /** Rows of removed keys, to be used again. */
  free: number[] = []
  /** Rows used so far, free ones among them. */
  top = 0
  /** The epoch of the last change, 0 for none. */
  version = 0
}

function outOfRange(option: string, got: number, where: string): MillraceError {
  return new MillraceError('ML_RANGE', { what: `${option} must be a positive integer`, got, where })
}
