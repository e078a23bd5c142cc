import type { Timer } from './timer.ts'

/** No row. */
export const NONE = -1
const SMALLEST = 64
/** Rows up to which an emptied table keeps its room. */
const KEPT = 65536
const columns = ['places', 'groups', 'hashes', 'next', 'previous'] as const

/**
 * Timers as rows of columns, found by what they are through an open-addressing hash index (linear probing, at most
 * half full), and linked by key group. A removed row is used again. Columns, because a million objects with a million
 * map entries take several times the memory, all of it walked by the garbage collector.
 */
export class TimerTable {
  size = 0
  /** Where each row stands in the owner's heap. */
  places!: Int32Array<ArrayBuffer>
  keys!: string[]
  private times!: Float64Array<ArrayBuffer>
  private tags!: string[]
  private groups!: Int32Array<ArrayBuffer>
  private hashes!: Int32Array<ArrayBuffer>
  private next!: Int32Array<ArrayBuffer> // in the group's list; for a free row the next free one
  private previous!: Int32Array<ArrayBuffer>
  private index!: Int32Array<ArrayBuffer> // row + 1, or 0
  private readonly firstOfGroup: Int32Array
  private firstFree = NONE
  private used = 0 // rows below this one hold a timer or are free

  constructor(keyGroups: number) {
    this.firstOfGroup = new Int32Array(keyGroups).fill(NONE)
    this.empty()
  }

  /** The row of a timer, or -1. */
  find(time: number, key: string, tag: string): number {
    const { index, hashes } = this
    const mask = index.length - 1
    const hash = hashTimer(time, key, tag)
    for (let at = hash & mask; index[at] !== 0; at = (at + 1) & mask) {
      const row = index[at] - 1
      if (hashes[row] === hash && this.times[row] === time && this.keys[row] === key && this.tags[row] === tag)
        return row
    }
    return NONE
  }

  /** Adds a timer that is not there yet. Its place is the caller's to set. */
  insert(time: number, key: string, group: number, tag: string): number {
    const row = this.takeRow()
    this.times[row] = time
    this.keys[row] = key
    this.tags[row] = tag
    this.groups[row] = group
    this.hashes[row] = hashTimer(time, key, tag)
    const after = this.firstOfGroup[group]
    this.previous[row] = NONE
    this.next[row] = after
    if (after !== NONE) this.previous[after] = row
    this.firstOfGroup[group] = row
    this.indexRow(row)
    this.size++
    return row
  }

  remove(row: number): void {
    this.unindexRow(row)
    const { next, previous } = this
    if (previous[row] === NONE) this.firstOfGroup[this.groups[row]] = next[row]
    else next[previous[row]] = next[row]
    if (next[row] !== NONE) previous[next[row]] = previous[row]
    next[row] = this.firstFree
    this.firstFree = row
    this.keys[row] = '' // the text is the garbage collector's
    if (--this.size === 0 && this.times.length > KEPT) this.empty()
  }

  read(row: number, uid: string): Timer {
    return { time: this.times[row], uid, keyText: this.keys[row], group: this.groups[row], tag: this.tags[row] }
  }

  /** For two timers of one time: whether the first comes first. */
  before(a: number, b: number): boolean {
    const { keys, tags } = this
    return keys[a] === keys[b] ? tags[a] < tags[b] : keys[a] < keys[b]
  }

  /** The rows of a key group are a list, in no order. */
  firstRow(group: number): number {
    return this.firstOfGroup[group]
  }

  nextRow(row: number): number {
    return this.next[row]
  }

  private empty(): void {
    this.used = 0
    this.firstFree = NONE
    this.times = new Float64Array(SMALLEST)
    for (const name of columns) this[name] = new Int32Array(SMALLEST)
    this.keys = []
    this.tags = []
    this.index = new Int32Array(2 * SMALLEST)
  }

  private takeRow(): number {
    const row = this.firstFree
    if (row !== NONE) {
      this.firstFree = this.next[row]
      return row
    }
    if (this.used === this.times.length) this.grow(2 * this.used)
    return this.used++
  }

  private grow(rows: number): void {
    const times = new Float64Array(rows)
    times.set(this.times)
    this.times = times
    for (const name of columns) {
      const column = new Int32Array(rows)
      column.set(this[name])
      this[name] = column
    }
    // Every row holds a timer here: a table grows only when none is free.
    this.index = new Int32Array(2 * rows)
    for (let row = 0; row < this.used; row++) this.indexRow(row)
  }

  private indexRow(row: number): void {
    const { index } = this
    const mask = index.length - 1
    let at = this.hashes[row] & mask
    while (index[at] !== 0) at = (at + 1) & mask
    index[at] = row + 1
  }

  /** Takes a row out of the index and moves later ones of the cluster back (Knuth 6.4, algorithm R): no tombstones. */
  private unindexRow(row: number): void {
    const { index, hashes } = this
    const mask = index.length - 1
    let hole = hashes[row] & mask
    while (index[hole] !== row + 1) hole = (hole + 1) & mask
    for (let at = (hole + 1) & mask; index[at] !== 0; at = (at + 1) & mask) {
      const home = hashes[index[at] - 1] & mask
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        index[hole] = index[at]
        hole = at
      }
    }
    index[hole] = 0
  }
}

/** FNV-1a over the texts and the time's milliseconds, finished as murmur3 does so that the low bits are good. */
function hashTimer(time: number, key: string, tag: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  for (let i = 0; i < tag.length; i++) hash = Math.imul(hash ^ tag.charCodeAt(i), 0x01000193)
  const whole = Math.floor(time)
  hash = Math.imul(hash ^ (whole % 0x100000000), 0x01000193)
  hash = Math.imul(hash ^ Math.floor(whole / 0x100000000), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
