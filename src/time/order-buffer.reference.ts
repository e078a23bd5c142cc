import { type Envelope, MAX_TIME } from './identity.ts'
import { compareOrdered } from './order-buffer.ts'

interface OrderedRecord {
  readonly envelope: Envelope
  readonly rank: number
}

/** The order buffer in its plainest form: one array, sorted (stably) whenever it is asked. For tests. */
export class PlainOrderBuffer {
  rank = 0
  private readonly records: OrderedRecord[] = []

  get size(): number {
    return this.records.length
  }

  push(rank: number, envelope: Envelope): void {
    this.records.push({ rank, envelope })
    this.records.sort((a, b) => compareOrdered(a.rank, a.envelope, b.rank, b.envelope))
  }

  peekTime(): number {
    return this.records.length === 0 ? MAX_TIME + 1 : this.records[0].envelope.time
  }

  pop(): Envelope {
    const { rank, envelope } = this.records.shift() as OrderedRecord
    this.rank = rank
    return envelope
  }

  all(): [number, Envelope][] {
    return this.records.map(({ rank, envelope }) => [rank, envelope])
  }
}
