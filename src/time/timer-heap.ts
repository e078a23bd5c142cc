import type { Timer } from './timer.ts'
import { NONE, TimerTable } from './timer-table.ts'

const SMALLEST = 64
/** Room up to which an emptied heap keeps it. */
const KEPT = 65536
/** Characters of a key that make its head: 48 bits of a double. */
const HEAD = 6

/**
 * The timers of one operator: a binary heap of table rows in order of (time, key, tag).
 *
 * Beside each row stand its time and its key's *head*: the six characters after the prefix that all keys share, as a
 * number. Most comparisons read nothing else, which matters when a million timers share their time: following two
 * rows to their texts costs six cache misses. A key that does not share the prefix shortens it, and all heads are
 * computed again; that happens at most once for each character of a key.
 */
export class TimerHeap {
  readonly uid: string
  private readonly table: TimerTable
  private rows = new Int32Array(SMALLEST) // the first timer due at 0
  private times = new Float64Array(SMALLEST)
  private heads = new Float64Array(SMALLEST)
  private prefix = '' // shared by the keys of all timers since the heap was last empty

  constructor(uid: string, keyGroups: number) {
    this.uid = uid
    this.table = new TimerTable(keyGroups)
  }

  get size(): number {
    return this.table.size
  }

  /** The row of a timer, or -1. */
  find(time: number, key: string, tag: string): number {
    return this.table.find(time, key, tag)
  }

  /** Adds a timer that is not there yet. */
  insert(time: number, key: string, group: number, tag: string): void {
    const { size } = this.table
    if (size === 0) this.prefix = key
    else if (!key.startsWith(this.prefix)) this.shortenPrefix(key)
    if (size === this.rows.length) this.resize(2 * size)
    const row = this.table.insert(time, key, group, tag)
    this.siftUp(size, row, time, headOf(key, this.prefix.length))
  }

  firstTime(): number {
    return this.times[0]
  }

  pop(): Timer {
    const row = this.rows[0]
    const timer = this.table.read(row, this.uid)
    this.remove(row)
    return timer
  }

  remove(row: number): void {
    const hole = this.table.places[row]
    this.table.remove(row)
    const last = this.table.size
    if (hole !== last) {
      const leaf = this.sinkHole(hole, last)
      this.siftUp(leaf, this.rows[last], this.times[last], this.heads[last])
    }
    if (last === 0 && this.rows.length > KEPT) this.resize(SMALLEST)
  }

  /** The timers of a key group, in no order. */
  timersOf(group: number): Timer[] {
    const timers: Timer[] = []
    const { table } = this
    for (let row = table.firstRow(group); row !== NONE; row = table.nextRow(row)) timers.push(table.read(row, this.uid))
    return timers
  }

  /**
   * Moves the hole at `at` down to a leaf, the earlier child up each time. One comparison a level instead of two: the
   * last row, which goes there, nearly always belongs near the leaves (Wegener 1993).
   */
  private sinkHole(at: number, size: number): number {
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && this.before(child + 1, child)) child++
      this.move(child, at)
      at = child
    }
    return at
  }

  private siftUp(at: number, row: number, time: number, head: number): void {
    const { rows, times, heads, table } = this
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (time > times[parent]) break
      if (time === times[parent]) {
        if (head > heads[parent]) break
        if (head === heads[parent] && !table.before(row, rows[parent])) break
      }
      this.move(parent, at)
      at = parent
    }
    rows[at] = row
    times[at] = time
    heads[at] = head
    table.places[row] = at
  }

  /** Whether the timer at place `a` is due before the one at `b`. */
  private before(a: number, b: number): boolean {
    const { rows, times, heads } = this
    if (times[a] !== times[b]) return times[a] < times[b]
    if (heads[a] !== heads[b]) return heads[a] < heads[b]
    return this.table.before(rows[a], rows[b])
  }

  private move(from: number, to: number): void {
    const row = this.rows[from]
    this.rows[to] = row
    this.times[to] = this.times[from]
    this.heads[to] = this.heads[from]
    this.table.places[row] = to
  }

  private shortenPrefix(key: string): void {
    let length = 0
    while (length < this.prefix.length && this.prefix.charCodeAt(length) === key.charCodeAt(length)) length++
    this.prefix = this.prefix.slice(0, length)
    for (let at = 0; at < this.size; at++) this.heads[at] = headOf(this.table.keys[this.rows[at]], length)
  }

  private resize(length: number): void {
    const { rows, times, heads, size } = this
    this.rows = new Int32Array(length)
    this.times = new Float64Array(length)
    this.heads = new Float64Array(length)
    this.rows.set(rows.subarray(0, size))
    this.times.set(times.subarray(0, size))
    this.heads.set(heads.subarray(0, size))
  }
}

/**
 * Six characters from `start` on as a number, in the order of the texts: a lesser head is a lesser text, equal heads
 * say nothing. A character that is not latin-1 fills the rest, so that the order holds for every text.
 */
function headOf(key: string, start: number): number {
  let head = 0
  let fill = 0
  for (let i = start; i < start + HEAD; i++) {
    let code = i < key.length ? key.charCodeAt(i) : 0
    if (code > 255) fill = 255
    if (fill !== 0) code = fill
    head = head * 256 + code
  }
  return head
}
