import { MillraceError } from '../errors.ts'
import { compareOrigin, type Envelope, MAX_TIME } from './identity.ts'
import { SortedRun } from './sorted-run.ts'
import { type Stray, StrayHeap } from './stray-heap.ts'

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
  /** The rank of the record that `pop` gave last. */
  rank = 0
  private count = 0
  private readonly heap: SortedRun[] = [] // the runs that hold records; the one with the first record at 0
  private readonly strays = new StrayHeap()
  private readonly known: Map<string, Map<string, SortedRun>>[] = [] // rank → origin → split
  private idle = 0
  private last: SortedRun | undefined
  /** Of the record that comes next: equal identities leave by their numbers. */
  private number = 0

  get size(): number {
    return this.count
  }

  push(rank: number, envelope: Envelope): void {
    const { last } = this
    const run = last?.takes(rank, envelope) ? last : this.find(rank, envelope)
    const number = this.number++
    this.count++
    if (run.size === 0 || run.follows(envelope)) this.append(run, envelope, number)
    else if (!this.insert(run, envelope, number, CLOSE)) {
      const other = run.main.besideFor(envelope, MOST_BESIDE)
      if (other !== undefined) this.append(other, envelope, number)
      else if (!this.insert(run, envelope, number, NEAR)) this.strays.push(rank, envelope, number)
    }
  }

  /** Time of the next record; `MAX_TIME + 1`, later than every watermark, when there is none. */
  peekTime(): number {
    const { heap, strays } = this
    const time = heap.length > 0 ? heap[0].first().time : MAX_TIME + 1
    return strays.size > 0 ? Math.min(time, strays.first().envelope.time) : time
  }

  /** Takes the next record and leaves its rank in `rank`. Ask `peekTime` or `size` first: an empty buffer throws. */
  pop(): Envelope {
    if (this.count === 0)
      throw new MillraceError('ML_RANGE', { what: 'pop needs a record', got: 0, where: 'OrderBuffer' })
    this.count--
    const { heap, strays } = this
    const run = heap[0]
    if (strays.size > 0 && (run === undefined || strayFirst(strays.first(), run))) {
      const stray = strays.pop()
      this.rank = stray.rank
      return stray.envelope
    }
    this.rank = run.rank
    const envelope = run.shift()
    if (run.size === 0) this.retire(run)
    else if (heap.length > 1) this.siftDown(0)
    return envelope
  }

  /** Visits every record in total order and changes nothing. Sorts a copy: O(n log runs) time, O(n) space. */
  forEach(visit: (rank: number, envelope: Envelope) => void): void {
    const all: Stray[] = this.strays.inOrder()
    for (const run of this.heap) {
      const { rank, size } = run
      for (let i = 0; i < size; i++) all.push({ rank, envelope: run.at(i), number: run.numberAt(i) })
    }
    all.sort((a, b) => compareOrdered(a.rank, a.envelope, b.rank, b.envelope) || a.number - b.number)
    for (const { rank, envelope } of all) visit(rank, envelope)
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

  private append(run: SortedRun, envelope: Envelope, number: number): void {
    this.last = run
    const empty = run.size === 0
    run.append(envelope, number)
    if (!empty) return
    if (run.main === run) this.idle--
    this.heap.push(run)
    this.siftUp(this.heap.length - 1)
  }

  /** False, and nothing done, when the place of the record is more than `near` before the end of the run. */
  private insert(run: SortedRun, envelope: Envelope, number: number, near: number): boolean {
    if (!run.insertNear(envelope, number, near)) return false
    this.last = run
    if (run.first() === envelope) this.siftUp(this.heap.indexOf(run))
    return true
  }

  private find(rank: number, envelope: Envelope): SortedRun {
    const origins = (this.known[rank] ??= new Map())
    let splits = origins.get(envelope.origin)
    if (splits === undefined) origins.set(envelope.origin, (splits = new Map()))
    const split = SortedRun.splitOf(envelope)
    let run = splits.get(split)
    if (run === undefined) {
      splits.set(split, (run = new SortedRun(rank, envelope.origin, split)))
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
      if (!runFirst(run, heap[parent])) break
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
      if (child + 1 < length && runFirst(heap[child + 1], heap[child])) child++
      if (!runFirst(heap[child], run)) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = run
  }
}

/** Total order of buffered records: negative when the first comes first. */
export function compareOrdered(rankA: number, a: Envelope, rankB: number, b: Envelope): number {
  if (a.time !== b.time) return a.time - b.time
  if (rankA !== rankB) return rankA - rankB
  return compareOrigin(a, b)
}

function runFirst(a: SortedRun, b: SortedRun): boolean {
  return (compareOrdered(a.rank, a.first(), b.rank, b.first()) || a.firstNumber() - b.firstNumber()) < 0
}

function strayFirst(stray: Stray, run: SortedRun): boolean {
  return (compareOrdered(stray.rank, stray.envelope, run.rank, run.first()) || stray.number - run.firstNumber()) < 0
}
