import { compareKeys, type KeyList } from './key-list.ts'

/**
 * The canonical order of keys: by hash as an unsigned number, then by bytes.
 *
 * The table is addressed by the hash's high bits, so reading it from front to back gives nearly this order: entries
 * stray within a crowded stretch, the few pushed past the table's end lie at its front, and insertion mends that.
 */
let order = new Int32Array(64)

/** Where the keys are in the arena, in canonical order. A scratch array, valid for `keys.size` until the next call. */
export function canonicalOrder(keys: KeyList): Int32Array {
  const { table, size } = keys
  if (order.length < size) order = new Int32Array(size + (size >>> 2))
  let n = 0
  for (let place = 0; n < size; place += 2) if (table[place + 1] !== 0) order[n++] = place
  mend(keys)
  for (let i = 0; i < size; i++) order[i] = table[order[i] + 1]
  return order
}

/** Insertion sort of nearly sorted places. */
function mend({ table, arena, size }: KeyList): void {
  for (let i = 1; i < size; i++) {
    const place = order[i]
    const hash = table[place] >>> 0
    let to = i
    for (; to > 0; to--) {
      const before = order[to - 1]
      const hashBefore = table[before] >>> 0
      if (hashBefore < hash) break
      if (hashBefore === hash && compareKeys(arena, table[before + 1], table[place + 1]) <= 0) break
      order[to] = before
    }
    order[to] = place
  }
}
