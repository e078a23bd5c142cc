import { compareKeys, type KeyList } from './key-list.ts'

/**
 * The canonical order of keys: by hash as an unsigned number, then by bytes.
 *
 * Radix sort of the hashes in three digits of 11, 11 and 10 bits: linear, and about ten times as fast as sorting with
 * a comparison. Equal hashes are rare and mended by insertion.
 */
const bits = 11
const digits = 1 << bits
const counts = new Int32Array(3 * digits)
let order = new Int32Array(0)
let spare = new Int32Array(0)

/** The slots of the keys held, in canonical order. A scratch array, valid for `keys.size` until the next call. */
export function canonicalOrder(keys: KeyList): Int32Array {
  const { slots, top, size } = keys
  if (order.length < size) {
    order = new Int32Array(size + (size >>> 2))
    spare = new Int32Array(order.length)
  }
  counts.fill(0)
  let sorted = true
  for (let slot = 0, n = 0, last = 0; slot < top; slot++) {
    if (slots[2 * slot + 1] < 0) continue
    const hash = slots[2 * slot] >>> 0
    if (hash < last) sorted = false
    last = hash
    counts[hash & (digits - 1)]++
    counts[digits + ((hash >>> bits) & (digits - 1))]++
    counts[2 * digits + (hash >>> (2 * bits))]++
    order[n++] = slot
  }
  if (!sorted) for (let digit = 0; digit < 3; digit++) pass(slots, size, digit)
  mendEqual(keys)
  return order
}

function pass(slots: Int32Array, size: number, digit: number): void {
  const base = digit * digits
  for (let i = base, sum = 0; i < base + digits; i++) {
    const count = counts[i]
    counts[i] = sum
    sum += count
  }
  const shift = digit * bits
  for (let i = 0; i < size; i++) {
    const slot = order[i]
    spare[counts[base + ((slots[2 * slot] >>> shift) & (digits - 1))]++] = slot
  }
  const swap = order
  order = spare
  spare = swap
}

/** Insertion sort by bytes within runs of one hash. */
function mendEqual({ slots, arena, size }: KeyList): void {
  for (let i = 1; i < size; i++) {
    const slot = order[i]
    const hash = slots[2 * slot]
    let to = i
    for (; to > 0 && slots[2 * order[to - 1]] === hash; to--) {
      if (compareKeys(arena, slots[2 * order[to - 1] + 1], slots[2 * slot + 1]) <= 0) break
      order[to] = order[to - 1]
    }
    order[to] = slot
  }
}
