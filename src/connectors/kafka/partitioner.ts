import { murmur2 } from '../../numeric/murmur2.ts'
import type { RowFrame } from './row-frame.ts'

/**
 * The partition of a row: by its key as Kafka's Java client chooses it, so that other producers agree; without a key by its
 * ordinal, in turn, so that it is the same when the row is written again.
 */
export function partitionOf(row: RowFrame, partitions: number): number {
  if (row.keyLength < 0) return row.ordinal % partitions
  return (murmur2(row.bytes, row.keyStart, row.keyStart + row.keyLength) & 0x7fffffff) % partitions
}
