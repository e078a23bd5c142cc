import { type Identity, MAX_TIME } from './identity.ts'
import { compareOrdered, OrderedRecord } from './ordered-record.ts'

/** The order buffer in its plainest form: one array, sorted (stably) whenever it is asked. For tests. */
export class PlainOrderBuffer {
  private readonly records: OrderedRecord[] = []

  get size(): number {
    return this.records.length
  }

  push(rank: number, identity: Identity, value: unknown, at = 0): void {
    this.records.push(new OrderedRecord().set(rank, identity, value, at))
    this.records.sort(compareOrdered)
  }

  peekTime(): number {
    return this.records.length === 0 ? MAX_TIME + 1 : this.records[0].time
  }

  pop(): OrderedRecord {
    return this.records.shift() as OrderedRecord
  }

  all(): readonly OrderedRecord[] {
    return this.records
  }
}
