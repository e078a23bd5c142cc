import { MillraceError } from '../errors.ts'
import { MAX_TIME, MIN_TIME } from './identity.ts'
import { compareTimers, type Timer } from './timer.ts'
import { TimerHeap } from './timer-heap.ts'

export interface TimerQueueOptions {
  /** Key groups of the plan. */
  readonly keyGroups?: number
  /** Timers held at most. */
  readonly maxTimers?: number
  readonly where?: string
}

/**
 * Timers in order of (time, uid, key, tag), each at most once.
 *
 * Every operator has a heap; a stage has few operators, so the next timer is found by looking at each heap's first.
 * Nothing here loops over timers that are due: whoever drains the queue pops as many as a slice allows, however many
 * share their time. A deleted timer leaves no trace.
 *
 * Cost      O(log n) for each set, delete and pop; about 90 bytes a timer besides its key's text
 * @throws ML_RANGE when a time is no number between MIN_TIME and MAX_TIME, ML_STATE_LIMIT past `maxTimers`
 */
export class TimerQueue {
  size = 0
  private readonly heaps: TimerHeap[] = [] // in order of uid
  private readonly byUid = new Map<string, TimerHeap>()
  private readonly keyGroups: number
  private readonly maxTimers: number
  private readonly where: string

  constructor({ keyGroups = 128, maxTimers = 50_000_000, where = 'timers' }: TimerQueueOptions = {}) {
    this.keyGroups = keyGroups
    this.maxTimers = maxTimers
    this.where = where
  }

  /** Sets a timer; false when it was already set. */
  set(time: number, uid: string, keyText: string, group: number, tag = ''): boolean {
    if (!(time >= MIN_TIME && time <= MAX_TIME)) throw badTime(time, this.where)
    const heap = this.byUid.get(uid) ?? this.addHeap(uid)
    if (heap.find(time, keyText, tag) >= 0) return false
    if (this.size >= this.maxTimers) throw tooMany(this.maxTimers, this.where)
    heap.insert(time + 0, keyText, group, tag) // + 0 makes -0 a plain zero
    this.size++
    return true
  }

  /** Deletes a timer; false when it was not set. */
  delete(time: number, uid: string, keyText: string, tag = ''): boolean {
    const heap = this.byUid.get(uid)
    const row = heap === undefined ? -1 : heap.find(time, keyText, tag)
    if (row < 0) return false
    heap?.remove(row)
    this.size--
    return true
  }

  /** Time of the next timer; `MAX_TIME + 1`, later than every watermark, when there is none. */
  peekTime(): number {
    let time = MAX_TIME + 1
    for (const heap of this.heaps) if (heap.size > 0 && heap.firstTime() < time) time = heap.firstTime()
    return time
  }

  /** Takes the next timer. Ask `peekTime` or `size` first: an empty queue throws. */
  pop(): Timer {
    let next: TimerHeap | undefined
    for (const heap of this.heaps) {
      if (heap.size > 0 && (next === undefined || heap.firstTime() < next.firstTime())) next = heap
    }
    if (next === undefined)
      throw new MillraceError('ML_RANGE', { what: 'pop needs a timer', got: 0, where: this.where })
    this.size--
    return next.pop()
  }

  /** Visits the timers of one key group in order, for its snapshot. Cost: O(n log n) in the timers of the group. */
  forEachInGroup(group: number, visit: (timer: Timer) => void): void {
    const timers = this.heaps.flatMap((heap) => heap.timersOf(group))
    for (const timer of timers.sort(compareTimers)) visit(timer)
  }

  clear(): void {
    this.size = 0
    this.heaps.length = 0
    this.byUid.clear()
  }

  private addHeap(uid: string): TimerHeap {
    const heap = new TimerHeap(uid, this.keyGroups)
    this.byUid.set(uid, heap)
    this.heaps.push(heap)
    this.heaps.sort((a, b) => (a.uid < b.uid ? -1 : 1))
    return heap
  }
}

function badTime(time: number, where: string): MillraceError {
  return new MillraceError('ML_RANGE', {
    what: 'a timer needs a time in milliseconds between MIN_TIME and MAX_TIME',
    got: time,
    where,
    remedy: 'Set it from the time of the record or timer under way',
  })
}

function tooMany(maxTimers: number, where: string): MillraceError {
  return new MillraceError('ML_STATE_LIMIT', {
    what: `at most ${maxTimers} timers are held`,
    where,
    remedy: 'Set fewer timers, or delete those no longer wanted',
  })
}
