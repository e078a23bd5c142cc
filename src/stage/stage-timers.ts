/**
 * The timers of a stage: event time, processing time, and those that follow from an operator's state.
 *
 * A derived timer (its tag begins with `~`) is set again by its operator when that restores, so no snapshot holds it, and it
 * says in its tag all that it needs: it must be the same whoever sets it.
 */
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import type { Timer } from '../time/timer.ts'
import { TimerQueue, type TimerQueueOptions } from '../time/timer-queue.ts'

const DERIVED = '~'
const EVENT = 0

/** What there is to write of one operator and key group. */
export type GroupLists = Map<string, ((writer: ByteWriter) => void)[]>

export class StageTimers {
  readonly #events: TimerQueue
  readonly #ticks: TimerQueue
  readonly #derived: TimerQueue
  readonly #keyGroups: number

  constructor(options: TimerQueueOptions & { readonly keyGroups: number }) {
    this.#keyGroups = options.keyGroups
    this.#events = new TimerQueue(options)
    this.#ticks = new TimerQueue(options)
    this.#derived = new TimerQueue(options)
  }

  set(kind: 'event' | 'processing', { time, uid, keyText, group, tag }: Timer): void {
    this.#queue(kind, tag).set(time, uid, isDerived(tag) ? '' : keyText, group, tag)
  }

  delete(kind: 'event' | 'processing', { time, uid, keyText, tag }: Timer): void {
    this.#queue(kind, tag).delete(time, uid, isDerived(tag) ? '' : keyText, tag)
  }

  /** Time of the next event-time timer; later than every watermark when there is none. */
  peekEvent(): number {
    return Math.min(this.#derived.peekTime(), this.#events.peekTime())
  }

  /** At one time derived timers go first. */
  popEvent(): Timer {
    return (this.#derived.peekTime() <= this.#events.peekTime() ? this.#derived : this.#events).pop()
  }

  /** The next processing-time timer due at `now`. */
  popTick(now: number): Timer | undefined {
    return this.#ticks.peekTime() <= now ? this.#ticks.pop() : undefined
  }

  get ticking(): boolean {
    return this.#ticks.size > 0
  }

  /** What a snapshot holds, by `uid/group`, in the order of the timers. */
  capture(): GroupLists {
    const lists: GroupLists = new Map()
    for (const [kind, queue] of [this.#events, this.#ticks].entries()) {
      for (let group = 0; group < this.#keyGroups && queue.size > 0; group++) {
        queue.forEachInGroup(group, ({ time, uid, keyText, tag }) => {
          addTo(lists, `${uid}/${group}`, (writer) => {
            writer.u8(kind)
            writer.zigzag(time)
            writer.string(keyText)
            writer.string(tag)
          })
        })
      }
    }
    return lists
  }

  restoreOne(uid: string, group: number, reader: ByteReader): void {
    const queue = reader.u8() === EVENT ? this.#events : this.#ticks
    const time = reader.zigzag()
    queue.set(time, uid, reader.string(), group, reader.string())
  }

  #queue(kind: 'event' | 'processing', tag: string): TimerQueue {
    if (kind === 'processing') return this.#ticks
    return isDerived(tag) ? this.#derived : this.#events
  }
}

export function addTo(lists: GroupLists, key: string, write: (writer: ByteWriter) => void): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [write])
  else list.push(write)
}

/** Writes count and items; returns whether there are any. */
export function writeList(list: ((writer: ByteWriter) => void)[] | undefined, writer: ByteWriter): boolean {
  writer.varint(list?.length ?? 0)
  for (const write of list ?? []) write(writer)
  return list !== undefined
}

function isDerived(tag: string): boolean {
  return tag.startsWith(DERIVED)
}
