import type { Identity } from './identity.ts'
import { compareOrdered, OrderedRecord } from './ordered-record.ts'

/** A record out of order; `number` keeps equal identities in the order they came. */
export interface Stray {
  readonly record: OrderedRecord
  readonly number: number
}

/** Records that arrived far out of order, as a binary heap in total order: time, rank, origin, split, position, path, then arrival. */
export class StrayHeap {
  private readonly heap: Stray[] = []

  get size(): number {
    return this.heap.length
  }

  /** The next stray; there must be one. */
  first(): Stray {
    return this.heap[0]
  }

  push(rank: number, identity: Identity, value: unknown, at: number, number: number): void {
    const { heap } = this
    const stray = { record: new OrderedRecord().set(rank, identity, value, at), number }
    let place = heap.length
    heap.push(stray)
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (compareStrays(stray, heap[parent]) > 0) break
      heap[place] = heap[parent]
      place = parent
    }
    heap[place] = stray
  }

  /** Takes the next stray; there must be one. */
  pop(): Stray {
    const { heap } = this
    const first = heap[0]
    const last = heap.pop() as Stray
    const { length } = heap
    if (length === 0) {
      return first
    }
    let at = 0
    for (let child = 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && compareStrays(heap[child + 1], heap[child]) < 0) child++
      if (compareStrays(last, heap[child]) < 0) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = last
    return first
  }

  /** A copy of the list, in no order. */
  all(): Stray[] {
    return this.heap.slice()
  }

  clear(): void {
    this.heap.length = 0
  }
}

export function compareStrays(a: Stray, b: Stray): number {
  return compareOrdered(a.record, b.record) || a.number - b.number
}
