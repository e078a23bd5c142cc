import type { RecordsBatch } from '@platformatic/kafka'

export type Batch = RecordsBatch

/** What a broker sends for one partition to a reader with 'read_committed'. */
interface FetchedPartition {
  readonly abortedTransactions?: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[] | null
  readonly records?: readonly RecordsBatch[]
}

const [TRANSACTIONAL, CONTROL] = [1 << 4, 1 << 5]

/**
 * The batches whose records count: brokers send those of aborted transactions, too, with a list of where these begin, and
 * markers between them that say where they end.
 *
 * @param at offset that was asked for
 * @returns and the offset to ask for next
 */
export function committedBatches(
  { abortedTransactions, records }: FetchedPartition,
  at: number,
): { readonly committed: readonly Batch[]; readonly next: number } {
  const beginnings = [...(abortedTransactions ?? [])].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  const aborted = new Set<bigint>()
  const committed: Batch[] = []
  let next = at
  for (const batch of records ?? []) {
    const { firstOffset, lastOffsetDelta, attributes, producerId } = batch
    next = Math.max(next, Number(firstOffset) + lastOffsetDelta + 1)
    const last = firstOffset + BigInt(lastOffsetDelta)
    while (beginnings.length > 0 && beginnings[0].firstOffset <= last) {
      aborted.add((beginnings.shift() as { producerId: bigint }).producerId)
    }
    if ((attributes & CONTROL) !== 0) aborted.delete(producerId)
    else if ((attributes & TRANSACTIONAL) === 0 || !aborted.has(producerId)) committed.push(batch)
  }
  return { committed, next }
}
