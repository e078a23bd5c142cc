import type { KnownSplit } from '../../stream/ports.ts'

/** Finished files that a checkpoint remembers one by one: how far out of order one may come and still be read. */
const KEPT = 64
/** Files listed ahead of what was read. */
const AHEAD = 128

export interface WatchListing {
  /** Finished files to be remembered, then those that were listed before and have not finished, each in order. */
  readonly remembered: readonly string[]
  /** Files to be listed for the first time, in order. */
  readonly fresh: readonly string[]
  /** Files up to this one count as read; undefined: none. */
  readonly horizon: string | undefined
}

/**
 * Which files of a folder a source lists, from those that are there and those known to its checkpoint.
 *
 * The KEPT last finished files are remembered by name, in order. Once there are as many, everything up to the first of them counts
 * as read: what was forgotten is always before what is remembered, and that first one only moves on. So state is bounded, and nothing is read twice.
 *
 * @param ids of files, sorted
 * @param bounded lists all files that are there
 */
export function watchListing(
  ids: readonly string[],
  known: ReadonlyMap<string, KnownSplit>,
  bounded = false,
): WatchListing {
  const finished = [...known].flatMap(([id, split]) => (split.finished ? [id] : [])).sort()
  const unfinished = [...known].flatMap(([id, split]) => (split.finished ? [] : [id])).sort()
  const horizon = finished.length >= KEPT && !bounded ? finished[finished.length - KEPT] : undefined
  const limit = bounded ? ids.length : AHEAD - unfinished.length
  const fresh: string[] = []
  for (let i = horizon === undefined ? 0 : behind(ids, horizon); i < ids.length && fresh.length < limit; i++) {
    if (!known.has(ids[i])) fresh.push(ids[i])
  }
  return { remembered: [...(bounded ? finished : finished.slice(-KEPT)), ...unfinished], fresh, horizon }
}

/** Index of the first id after `horizon`. */
function behind(ids: readonly string[], horizon: string): number {
  let low = 0
  for (let high = ids.length; low < high; ) {
    const middle = (low + high) >> 1
    if (ids[middle] <= horizon) low = middle + 1
    else high = middle
  }
  return low
}
