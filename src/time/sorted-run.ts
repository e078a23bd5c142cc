import { comparePath, type Identity, ROOT_PATH } from './identity.ts'
import type { OrderedRecord } from './ordered-record.ts'

const SMALLEST = 16
/** Capacity up to which an emptied ring is kept as it is. */
const KEPT = 1024

/**
 * Records of one rank, origin and split in order: a ring that is appended to and taken from in O(1), and takes a
 * record some places before its end. Each has a number, by which equal identities of several runs keep the order they came in.
 * The ring is a column for each part of a record, so that waiting costs no object.
 *
 * Timers emit under an origin that starts with '~', with the key as their split. Those share one run for an origin:
 * keys are many, and an operator's timers fire in order of key.
 */
export class SortedRun {
  readonly rank: number
  readonly origin: string
  readonly split: string
  size = 0
  /** The run that the others of its rank, origin and split stand beside; itself, if it is that. */
  readonly main: SortedRun
  /** What several tasks before the stage put out, each in its own order. */
  readonly beside: SortedRun[] = []
  private readonly allSplits: boolean
  private times = new Float64Array(SMALLEST)
  private positions = new Float64Array(SMALLEST)
  private numbers = new Float64Array(SMALLEST)
  private ats = new Int32Array(SMALLEST)
  private values: unknown[] = emptied(SMALLEST)
  /** Once a path was not the root's. */
  private paths: (number | readonly number[])[] | undefined
  /** Of a run of all splits. */
  private splits: string[] | undefined
  private mask = SMALLEST - 1
  private head = 0
  private peak = 0 // largest size since the run was last empty

  constructor(rank: number, origin: string, split: string, main?: SortedRun) {
    this.main = main ?? this
    this.rank = rank
    this.origin = origin
    this.split = split
    this.allSplits = origin.startsWith('~')
    if (this.allSplits) this.splits = new Array(SMALLEST).fill('')
  }

  /** The split under which a record's run is known. */
  static splitOf({ origin, split }: Identity): string {
    return origin.startsWith('~') ? '' : split
  }

  /** Negative when the next record of `a` comes before that of `b`. Neither may be empty. */
  static compare(a: SortedRun, b: SortedRun): number {
    const left = a.head
    const right = b.head
    if (a.times[left] !== b.times[right]) return a.times[left] - b.times[right]
    if (a.rank !== b.rank) return a.rank - b.rank
    if (a.origin !== b.origin) return a.origin < b.origin ? -1 : 1
    return (
      compareText(a.splitAt(left), b.splitAt(right)) ||
      a.positions[left] - b.positions[right] ||
      comparePath(a.pathAt(left), b.pathAt(right)) ||
      a.numbers[left] - b.numbers[right]
    )
  }

  takes(rank: number, { origin, split }: Identity): boolean {
    return rank === this.rank && origin === this.origin && (this.allSplits || split === this.split)
  }

  /** Time of the next record; the run must not be empty. */
  firstTime(): number {
    return this.times[this.head]
  }

  /** The record at `index`, which stays. */
  show(index: number, record: OrderedRecord): OrderedRecord {
    return this.fill(record, (this.head + index) & this.mask)
  }

  numberAt(index: number): number {
    return this.numbers[(this.head + index) & this.mask]
  }

  /** True when the record belongs at the end. The run must not be empty. */
  follows(identity: Identity): boolean {
    return this.compareAt((this.head + this.size - 1) & this.mask, identity) <= 0
  }

  append(identity: Identity, value: unknown, at: number, number: number): void {
    if (this.size > this.mask) this.resize(2 * this.values.length)
    this.put((this.head + this.size) & this.mask, identity, value, at, number)
    this.size++
  }

  /** Of this run and those beside it one at whose end the record belongs; up to `most` are made beside it. */
  besideFor(identity: Identity, most: number): SortedRun | undefined {
    const { beside } = this
    if (this.size === 0 || this.follows(identity)) return this
    for (const run of beside) if (run.size === 0 || run.follows(identity)) return run
    if (beside.length === most) return undefined
    const run = new SortedRun(this.rank, this.origin, this.split, this)
    beside.push(run)
    return run
  }

  /**
   * Inserts after every record that is not later. Returns the place, from the first record on; -1, and nothing done, when that is
   * more than `near` places before the end.
   */
  insertNear(identity: Identity, value: unknown, at: number, number: number, near: number): number {
    const { size } = this
    if (size > near && this.compareAt((this.head + size - 1 - near) & this.mask, identity) > 0) return -1
    this.append(identity, value, at, number)
    const { mask, head } = this
    let place = size
    for (; place > 0; place--) {
      const before = (head + place - 1) & mask
      if (this.compareAt(before, identity) <= 0) break
      this.move(before, (head + place) & mask)
    }
    this.put((head + place) & mask, identity, value, at, number)
    return place
  }

  /** Takes the next record; the run must not be empty. */
  shift(record: OrderedRecord): void {
    const { head } = this
    this.fill(record, head)
    this.values[head] = undefined
    this.head = (head + 1) & this.mask
    if (this.size > this.peak) this.peak = this.size
    if (--this.size === 0) this.emptied()
  }

  private fill(record: OrderedRecord, at: number): OrderedRecord {
    record.rank = this.rank
    record.time = this.times[at]
    record.origin = this.origin
    record.split = this.splitAt(at)
    record.position = this.positions[at]
    record.path = this.pathAt(at)
    record.value = this.values[at]
    record.at = this.ats[at]
    return record
  }

  private put(place: number, identity: Identity, value: unknown, at: number, number: number): void {
    this.times[place] = identity.time
    this.positions[place] = identity.position
    this.numbers[place] = number
    this.ats[place] = at
    this.values[place] = value
    if (this.splits !== undefined) this.splits[place] = identity.split
    if (this.paths !== undefined || identity.path !== ROOT_PATH) this.putPath(place, identity.path)
  }

  private putPath(place: number, path: number | readonly number[]): void {
    this.paths ??= new Array(this.values.length).fill(ROOT_PATH)
    this.paths[place] = path
  }

  private move(from: number, to: number): void {
    this.times[to] = this.times[from]
    this.positions[to] = this.positions[from]
    this.numbers[to] = this.numbers[from]
    this.ats[to] = this.ats[from]
    this.values[to] = this.values[from]
    if (this.splits !== undefined) this.splits[to] = this.splits[from]
    if (this.paths !== undefined) this.paths[to] = this.paths[from]
  }

  /** Negative when the record at a place comes before one of this identity. */
  private compareAt(place: number, identity: Identity): number {
    if (this.times[place] !== identity.time) return this.times[place] - identity.time
    return (
      compareText(this.splitAt(place), identity.split) ||
      this.positions[place] - identity.position ||
      comparePath(this.pathAt(place), identity.path)
    )
  }

  private splitAt(place: number): string {
    return this.splits === undefined ? this.split : this.splits[place]
  }

  private pathAt(place: number): number | readonly number[] {
    return this.paths === undefined ? ROOT_PATH : this.paths[place]
  }

  /** Gives back room that the last filling did not need. */
  private emptied(): void {
    const { length } = this.values
    if (length > KEPT && this.peak < length / 4) this.resize(length / 2)
    this.peak = 0
  }

  private resize(capacity: number): void {
    this.times = this.turned(this.times, new Float64Array(capacity))
    this.positions = this.turned(this.positions, new Float64Array(capacity))
    this.numbers = this.turned(this.numbers, new Float64Array(capacity))
    this.ats = this.turned(this.ats, new Int32Array(capacity))
    this.values = this.turned(this.values, emptied(capacity))
    if (this.splits !== undefined) this.splits = this.turned(this.splits, new Array(capacity).fill(''))
    if (this.paths !== undefined) this.paths = this.turned(this.paths, new Array(capacity).fill(ROOT_PATH))
    this.mask = capacity - 1
    this.head = 0
  }

  /** The column from its head on. */
  private turned<C extends { [i: number]: unknown }>(from: C, to: C): C {
    for (let i = 0; i < this.size; i++) to[i] = from[(this.head + i) & this.mask]
    return to
  }
}

function emptied(capacity: number): unknown[] {
  return new Array<unknown>(capacity).fill(undefined)
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
