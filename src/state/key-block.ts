import type { EncodedKey } from './key.ts'
import type { SlabPage } from './slab-pages.ts'

/** The keys of a block of records, and where a table said last that their rows are: in columns, as most need no object. */
export interface KeyBlock {
  /** Key groups. */
  readonly groups: Int32Array
  /** By a table: the key's slot, -1 where it was not told, and the page of its row. Good while `slotAge` is the table's own. */
  readonly slots: Int32Array
  readonly pages: readonly (SlabPage | undefined)[]
  readonly slotAge: object | undefined
  /** The key of record number `i`, good until the next block. What a table tells it is remembered. */
  key(i: number): EncodedKey
}
