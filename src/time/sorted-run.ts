import { compareIdentity, type Envelope } from './identity.ts'

const SMALLEST = 16
/** Capacity up to which an emptied ring is kept as it is. */
const KEPT = 1024

/**
 * Records of one rank, origin and split in order: a ring that is appended to and taken from in O(1), and takes a
 * record some places before its end. Each has a number, by which equal identities of several runs keep the order they came in.
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
  private ring: (Envelope | undefined)[] = emptyRing(SMALLEST)
  /** Numbers of the records in the ring. */
  private numbers = new Float64Array(SMALLEST)
  private mask = SMALLEST - 1
  private head = 0
  private peak = 0 // largest size since the run was last empty

  constructor(rank: number, origin: string, split: string, main?: SortedRun) {
    this.main = main ?? this
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

  /** Its number. */
  firstNumber(): number {
    return this.numbers[this.head]
  }

  numberAt(index: number): number {
    return this.numbers[(this.head + index) & this.mask]
  }

  at(index: number): Envelope {
    return this.ring[(this.head + index) & this.mask] as Envelope
  }

  /** True when the record belongs at the end. The run must not be empty. */
  follows(envelope: Envelope): boolean {
    const end = this.at(this.size - 1)
    return end.time < envelope.time || compareIdentity(end, envelope) <= 0
  }

  append(envelope: Envelope, number: number): void {
    if (this.size > this.mask) this.resize(2 * this.ring.length)
    const at = (this.head + this.size) & this.mask
    this.ring[at] = envelope
    this.numbers[at] = number
    this.size++
  }

  /** Of this run and those beside it one at whose end the record belongs; up to `most` are made beside it. */
  besideFor(envelope: Envelope, most: number): SortedRun | undefined {
    const { beside } = this
    if (this.size === 0 || this.follows(envelope)) return this
    for (const run of beside) if (run.size === 0 || run.follows(envelope)) return run
    if (beside.length === most) return undefined
    const run = new SortedRun(this.rank, this.origin, this.split, this)
    beside.push(run)
    return run
  }

  /** Inserts after every record that is not later; false, and nothing done, when that is more than `near` places before the end. */
  insertNear(envelope: Envelope, number: number, near: number): boolean {
    const { size } = this
    if (size > near && compareIdentity(this.at(size - 1 - near), envelope) > 0) return false
    this.append(envelope, number)
    const { ring, numbers, mask, head } = this
    let at = size
    while (at > 0) {
      const before = ring[(head + at - 1) & mask] as Envelope
      if (compareIdentity(before, envelope) <= 0) break
      ring[(head + at) & mask] = before
      numbers[(head + at) & mask] = numbers[(head + at - 1) & mask]
      at--
    }
    ring[(head + at) & mask] = envelope
    numbers[(head + at) & mask] = number
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
    const numbers = new Float64Array(capacity)
    for (let i = 0; i < this.size; i++) {
      ring[i] = this.at(i)
      numbers[i] = this.numberAt(i)
    }
    this.ring = ring
    this.numbers = numbers
    this.mask = capacity - 1
    this.head = 0
  }
}

function emptyRing(capacity: number): (Envelope | undefined)[] {
  return new Array<Envelope | undefined>(capacity).fill(undefined)
}
