import { compareOrigin, type Envelope } from './identity.ts'

/** A record out of order; `number` keeps equal identities in the order they came. */
export interface Stray {
  readonly rank: number
  readonly envelope: Envelope
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

  push(rank: number, envelope: Envelope, number: number): void {
    const { heap } = this
    const stray = { rank, envelope, number }
    let at = heap.length
    heap.push(stray)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (compareStrays(stray, heap[parent]) > 0) break
      heap[at] = heap[parent]
      at = parent
    }
    heap[at] = stray
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

  /** A sorted copy. */
  inOrder(): Stray[] {
    return this.heap.slice().sort(compareStrays)
  }

  clear(): void {
    this.heap.length = 0
  }
}

function compareStrays(a: Stray, b: Stray): number {
  if (a.envelope.time !== b.envelope.time) return a.envelope.time - b.envelope.time
  if (a.rank !== b.rank) return a.rank - b.rank
  const order = compareOrigin(a.envelope, b.envelope)
  return order !== 0 ? order : a.number - b.number
}
