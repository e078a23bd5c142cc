import type { RowCursor } from '../formats/row-cursor.ts'
import type { KernelMemory } from '../numeric/kernel-memory.ts'
import { code } from './row-keys-kernel-code.ts'

/** Rows of a frame with the hashes of their keys. */
export interface HashedRows {
  readonly row: RowCursor
  readonly hashes: Int32Array
  readonly count: number
  show(i: number): void
}

/**
 * Finds the known keys of rows `from` to before `to`; returns the first whose key is not known.
 *
 * @param bytes address of the frame
 * @param age of the table whose addresses are good
 */
export type FindKeys = (rows: HashedRows, from: number, to: number, bytes: number, age: number) => number

/** Assembled from row-keys-kernel.wat, which says what the parameters are. */
interface Exports {
  readonly find: (
    from: number,
    to: number,
    bytes: number,
    age: number,
    hashes: number,
    ats: number,
    groups: number,
    addresses: number,
    marks: number,
    stride: number,
    places: number,
    mask: number,
    words: number,
    sets: number,
  ) => number
}

/** What the kernel works on, in its memory. */
export interface KeyColumns {
  readonly ats: Int32Array
  readonly groups: Int32Array
  readonly addresses: Int32Array
  readonly places: Int32Array
  readonly words: Int32Array
  readonly sets: Int32Array
}

/** The kernel over these columns; undefined in an engine that has none, or where they do not all lie in the memory. */
export function keyFinder(
  memory: KernelMemory,
  { ats, groups, addresses, places, words, sets }: KeyColumns,
): FindKeys | undefined {
  if (!memory.holds(ats, groups, addresses, places, words, sets)) return undefined
  const find = memory.kernel<Exports>(code)?.find
  if (find === undefined) return undefined
  const mask = places.length / 2 - 1
  const [at, group, slot, place, word, set] = [ats, groups, addresses, places, words, sets].map(
    (ints) => ints.byteOffset,
  )
  return ({ row, hashes }, from, to, bytes, age) =>
    find(
      from,
      to,
      bytes,
      age,
      hashes.byteOffset,
      at,
      group,
      slot,
      row.marks.byteOffset,
      4 * row.layout.marks,
      place,
      mask,
      word,
      set,
    )
}
