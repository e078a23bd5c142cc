import { compareOrigin, type Identity, MIN_TIME, ROOT_PATH } from './identity.ts'

/** A record as the order buffer takes and gives it; changed in place from one to the next. */
export class OrderedRecord implements Identity {
  /** Of the input it came by: decides among records of equal time. */
  rank = 0
  time = MIN_TIME
  origin = ''
  split = ''
  position = 0
  path: number | readonly number[] = ROOT_PATH
  value: unknown
  /** Where in `value` it lies, when that holds more than the record's own. */
  at = 0

  /** Becomes a record of this identity. */
  set(rank: number, identity: Identity, value: unknown, at: number): this {
    this.rank = rank
    this.time = identity.time
    this.origin = identity.origin
    this.split = identity.split
    this.position = identity.position
    this.path = identity.path
    this.value = value
    this.at = at
    return this
  }
}

/** Total order of buffered records: negative when the first comes first. */
export function compareOrdered(a: OrderedRecord, b: OrderedRecord): number {
  if (a.time !== b.time) return a.time - b.time
  if (a.rank !== b.rank) return a.rank - b.rank
  return compareOrigin(a, b)
}
