import type { EncodedKey } from './key.ts'

/** The keys of a block of records, and where a table said last that their rows are: in columns, as most need no object. */
export interface KeyBlock {
  /** Key groups. */
  readonly groups: Int32Array
  /** Of the rows, NOWHERE of those that nobody has told. Good while `slotAge` is the age of the table. */
  readonly addresses: Int32Array
  readonly slotAge: object | undefined
  /** The key of record number `i`, good until the next block. What a table tells it is remembered. */
  key(i: number): EncodedKey
  /** The row of the key that `key` gave lies here, as long as the table has the age that it told the key. */
  tell(i: number, address: number): void
}
