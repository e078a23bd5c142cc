import { compareOrigin, type Envelope } from './identity.ts'

/** A record out of order; `sequence` keeps equal identities in the order they came. */
export interface Stray {
  readonly rank: number
  readonly envelope: Envelope
  readonly sequence: number
}

/**
 * Records that arrived far out of order, as a binary heap in total order: time, rank, origin, split, position, path,
 * then arrival.
 *
 * Of records with equal identity, one in a run always arrived before one here. A record comes here because more than
 * a fixed number of its run's records follow it; those stay until it has left, so an equal one that arrives later
 * finds as many and comes here too.
 */
export class StrayHeap {
  private readonly heap: Stray[] = []
  private sequence = 0

  get size(): number {
    return this.heap.length
  }

  /** The next stray; there must be one. */
  first(): Stray {
    return this.heap[0]
  }

  push(rank: number, envelope: Envelope): void {
    const { heap } = this
    const stray = { rank, envelope, sequence: this.sequence++ }
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
      this.sequence = 0
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
    this.sequence = 0
  }
}

function compareStrays(a: Stray, b: Stray): number {
  if (a.envelope.time !== b.envelope.time) return a.envelope.time - b.envelope.time
  if (a.rank !== b.rank) return a.rank - b.rank
  const order = compareOrigin(a.envelope, b.envelope)
  return order !== 0 ? order : a.sequence - b.sequence
}
