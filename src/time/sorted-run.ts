import { compareIdentity, type Envelope } from './identity.ts'

/** How many places before the end a record may still be inserted: the price is that many moves. */
const NEAR = 64
const SMALLEST = 16
/** Capacity up to which an emptied ring is kept as it is. */
const KEPT = 1024

/**
 * Records of one rank, origin and split in order: a ring that is appended to and taken from in O(1), and takes a
 * record up to `NEAR` places before its end.
 *
 * Timers emit under an origin that starts with '~', with the key as their split. Those share one run for an origin:
 * keys are many, and an operator's timers fire in order of key.
 */
export class SortedRun {
  readonly rank: number
  readonly origin: string
  readonly split: string
  size = 0
  private readonly allSplits: boolean
  private ring: (Envelope | undefined)[] = emptyRing(SMALLEST)
  private mask = SMALLEST - 1
  private head = 0
  private peak = 0 // largest size since the run was last empty

  constructor(rank: number, origin: string, split: string) {
    this.rank = rank
    this.origin = origin
    this.split = split
    this.allSplits = origin.startsWith('~')
  }

  /** The split under which a record's run is known. */
  static splitOf(envelope: Envelope): string {
    return envelope.origin.startsWith('~') ? '' : envelope.split
  }

  takes(rank: number, envelope: Envelope): boolean {
    return rank === this.rank && envelope.origin === this.origin && (this.allSplits || envelope.split === this.split)
  }

  /** The next record; the run must not be empty. */
  first(): Envelope {
    return this.ring[this.head] as Envelope
  }

  at(index: number): Envelope {
    return this.ring[(this.head + index) & this.mask] as Envelope
  }

  /** True when the record belongs at the end. The run must not be empty. */
  follows(envelope: Envelope): boolean {
    const end = this.at(this.size - 1)
    return end.time < envelope.time || compareIdentity(end, envelope) <= 0
  }

  append(envelope: Envelope): void {
    if (this.size > this.mask) this.resize(2 * this.ring.length)
    this.ring[(this.head + this.size) & this.mask] = envelope
    this.size++
  }

  /** Inserts after every record that is not later; false, and nothing done, when that is far from the end. */
  insertNear(envelope: Envelope): boolean {
    const { size } = this
    if (size > NEAR && compareIdentity(this.at(size - 1 - NEAR), envelope) > 0) return false
    this.append(envelope)
    const { ring, mask, head } = this
    let at = size
    while (at > 0) {
      const before = ring[(head + at - 1) & mask] as Envelope
      if (compareIdentity(before, envelope) <= 0) break
      ring[(head + at) & mask] = before
      at--
    }
    ring[(head + at) & mask] = envelope
    return true
  }

  shift(): Envelope {
    const { ring, head } = this
    const envelope = ring[head] as Envelope
    ring[head] = undefined
    this.head = (head + 1) & this.mask
    if (this.size > this.peak) this.peak = this.size
    if (--this.size === 0) this.emptied()
    return envelope
  }

  /** Gives back room that the last filling did not need. */
  private emptied(): void {
    const { length } = this.ring
    if (length > KEPT && this.peak < length / 4) this.resize(length / 2)
    this.peak = 0
  }

  private resize(capacity: number): void {
    const ring = emptyRing(capacity)
    for (let i = 0; i < this.size; i++) ring[i] = this.at(i)
    this.ring = ring
    this.mask = capacity - 1
    this.head = 0
  }
}

function emptyRing(capacity: number): (Envelope | undefined)[] {
  return new Array<Envelope | undefined>(capacity).fill(undefined)
}
