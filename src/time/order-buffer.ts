import { MillraceError } from '../errors.ts'
import { type Identity, MAX_TIME } from './identity.ts'
import { OrderedRecord } from './ordered-record.ts'
import { SortedRun } from './sorted-run.ts'
import { compareStrays, type Stray, StrayHeap } from './stray-heap.ts'

/** How many places before the end of a run a record may be inserted, the price being that many moves: first, and if there is no other way. */
const CLOSE = 4
const NEAR = 64
/** Runs beside one another. */
const MOST_BESIDE = 7

/** Empty runs kept for their splits' next records. Beyond it they are forgotten, so that many small files cost nothing. */
const IDLE_RUNS = 1024
/** Idle runs that keep those beside them. */
const IDLE_BESIDE = 64

/**
 * Holds records until the watermark allows them, and gives them back in total order: by time, then rank, then origin,
 * split, position and path. Equal identities leave in the order they came.
 *
 * Each (rank, origin, split) nearly always arrives in order, so each is a run to which a record is appended; a heap of
 * the runs merges them. What several subtasks put out of one split arrives in the order of each, and has a run for each beside
 * the first. What timers emit has one run for an operator instead of one for each key. Records far out of order go to one heap
 * beside the runs, so that no order of arrival is slow.
 *
 * Cost      O(log runs) for each push and pop in order; O(log records) for a record far out of order
 * @see Knuth, The Art of Computer Programming 3, 5.4.1 (merging by selection)
 */
export class OrderBuffer {
  private count = 0
  private readonly heap: SortedRun[] = [] // the runs that hold records; the one with the first record at 0
  private readonly strays = new StrayHeap()
  private readonly known: Map<string, Map<string, SortedRun>>[] = [] // rank → origin → split
  private idle = 0
  private last: SortedRun | undefined
  /** Of the record that comes next: equal identities leave by their numbers. */
  private number = 0
  /** The first record of a run, while it is compared with a stray. */
  private readonly shown = new OrderedRecord()

  get size(): number {
    return this.count
  }

  /** @param at where in `value` the record lies, when that holds more than the record's own */
  push(rank: number, identity: Identity, value: unknown, at = 0): void {
    const { last } = this
    const run = last?.takes(rank, identity) ? last : this.find(rank, identity)
    const number = this.number++
    this.count++
    if (run.size === 0 || run.follows(identity)) this.append(run, identity, value, at, number)
    else if (!this.insert(run, identity, value, at, number, CLOSE)) {
      const other = run.main.besideFor(identity, MOST_BESIDE)
      if (other !== undefined) this.append(other, identity, value, at, number)
      else if (!this.insert(run, identity, value, at, number, NEAR)) this.strays.push(rank, identity, value, at, number)
    }
  }

  /** Time of the next record; `MAX_TIME + 1`, later than every watermark, when there is none. */
  peekTime(): number {
    const { heap, strays } = this
    const time = heap.length > 0 ? heap[0].firstTime() : MAX_TIME + 1
    return strays.size > 0 ? Math.min(time, strays.first().record.time) : time
  }

  /** Takes the next record. Ask `peekTime` or `size` first: an empty buffer throws. */
  pop(record: OrderedRecord): OrderedRecord {
    if (this.count === 0)
      throw new MillraceError('ML_RANGE', { what: 'pop needs a record', got: 0, where: 'OrderBuffer' })
    this.count--
    const { heap, strays } = this
    const run = heap[0]
    if (strays.size > 0 && (run === undefined || this.strayFirst(run))) {
      const stray = strays.pop().record
      return record.set(stray.rank, stray, stray.value, stray.at)
    }
    run.shift(record)
    if (run.size === 0) this.retire(run)
    else if (heap.length > 1) this.siftDown(0)
    return record
  }

  /** Visits every record in total order and changes nothing. Sorts a copy: O(n log runs) time, O(n) space. */
  forEach(visit: (record: OrderedRecord) => void): void {
    const all: Stray[] = this.strays.all()
    for (const run of this.heap) {
      for (let i = 0; i < run.size; i++) all.push({ record: run.show(i, new OrderedRecord()), number: run.numberAt(i) })
    }
    all.sort(compareStrays)
    for (const { record } of all) visit(record)
  }

  clear(): void {
    this.count = 0
    this.heap.length = 0
    this.strays.clear()
    this.known.length = 0
    this.idle = 0
    this.last = undefined
    this.number = 0
  }

  private append(run: SortedRun, identity: Identity, value: unknown, at: number, number: number): void {
    this.last = run
    const empty = run.size === 0
    run.append(identity, value, at, number)
    if (!empty) return
    if (run.main === run) this.idle--
    this.heap.push(run)
    this.siftUp(this.heap.length - 1)
  }

  /** False, and nothing done, when the place of the record is more than `near` before the end of the run. */
  private insert(
    run: SortedRun,
    identity: Identity,
    value: unknown,
    at: number,
    number: number,
    near: number,
  ): boolean {
    const place = run.insertNear(identity, value, at, number, near)
    if (place < 0) return false
    this.last = run
    if (place === 0) this.siftUp(this.heap.indexOf(run))
    return true
  }

  private find(rank: number, identity: Identity): SortedRun {
    const origins = (this.known[rank] ??= new Map())
    let splits = origins.get(identity.origin)
    if (splits === undefined) origins.set(identity.origin, (splits = new Map()))
    const split = SortedRun.splitOf(identity)
    let run = splits.get(split)
    if (run === undefined) {
      splits.set(split, (run = new SortedRun(rank, identity.origin, split)))
      this.idle++
    }
    return run
  }

  /** Takes the run at the top, now empty, out of the merge. */
  private retire(run: SortedRun): void {
    const { heap } = this
    const moved = heap.pop() as SortedRun
    if (moved !== run) {
      heap[0] = moved
      this.siftDown(0)
    }
    if (run.main !== run) return
    if (this.idle >= IDLE_BESIDE && run.beside.every(({ size }) => size === 0)) run.beside.length = 0
    if (this.idle < IDLE_RUNS) {
      this.idle++
      return
    }
    this.known[run.rank].get(run.origin)?.delete(run.split)
    if (this.last?.main === run) this.last = undefined
  }

  private siftUp(at: number): void {
    const { heap } = this
    const run = heap[at]
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (SortedRun.compare(run, heap[parent]) >= 0) break
      heap[at] = heap[parent]
      at = parent
    }
    heap[at] = run
  }

  private siftDown(at: number): void {
    const { heap } = this
    const run = heap[at]
    const { length } = heap
    for (let child = 2 * at + 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && SortedRun.compare(heap[child + 1], heap[child]) < 0) child++
      if (SortedRun.compare(heap[child], run) >= 0) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = run
  }

  /** Whether the first stray comes before the first record of the run. */
  private strayFirst(run: SortedRun): boolean {
    const stray = this.strays.first()
    return compareStrays(stray, { record: run.show(0, this.shown), number: run.numberAt(0) }) < 0
  }
}
