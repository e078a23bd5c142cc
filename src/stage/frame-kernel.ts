import type { RowCursor } from '../formats/row-cursor.ts'
import { type KernelMemory, NOWHERE } from '../numeric/kernel-memory.ts'
import { code } from './frame-kernel-code.ts'

/** Assembled from frame-kernel.wat, which says what the parameters are. */
interface Exports {
  readonly find: (
    i: number,
    most: number,
    at: number,
    bytes: number,
    length: number,
    table: number,
    hashes: number,
    places: number,
    starts: number,
    times: number,
    positions: number,
    marks: number,
    stride: number,
    steps: number,
    next: number,
  ) => number
}

/** What the kernel works on, in its memory. */
export interface RowColumns {
  readonly row: RowCursor
  readonly hashes: Int32Array
  readonly times: Float64Array
  readonly positions: Float64Array
  readonly placeOf: Int32Array
}

export class FrameKernel {
  readonly #memory: KernelMemory
  readonly #columns: RowColumns
  readonly #find: Exports['find']
  readonly #steps: Int32Array
  readonly #next: Int32Array

  private constructor(memory: KernelMemory, columns: RowColumns, find: Exports['find'], steps: readonly number[]) {
    this.#memory = memory
    this.#columns = columns
    this.#find = find
    this.#next = memory.ints(1)
    this.#steps = memory.ints(steps.length)
    this.#steps.set(steps)
  }

  /** Undefined in an engine that has none, for rows that it cannot read, or where the columns do not all lie in the memory. */
  static of(memory: KernelMemory, columns: RowColumns): FrameKernel | undefined {
    const { row, hashes, times, positions, placeOf } = columns
    const steps = row.layout.steps()
    if (steps === undefined || !memory.holds(hashes, times, positions, placeOf, row.marks, row.starts)) return undefined
    const find = memory.kernel<Exports>(code)?.find
    if (find === undefined) return undefined
    const kernel = new FrameKernel(memory, columns, find, steps)
    return memory.holds(kernel.#next, kernel.#steps) ? kernel : undefined
  }

  /** Reads rows from number `i`, at `at`, up to one that it does not; returns how many there are then. `next` is behind them. */
  find(bytes: Uint8Array, at: number, i: number, most: number, table: number): number {
    const address = this.#memory.addressOf(bytes)
    if (address === NOWHERE) {
      this.#next[0] = at
      return i
    }
    const { row, hashes, times, positions, placeOf } = this.#columns
    return this.#find(
      i,
      most,
      at,
      address,
      bytes.length,
      table,
      hashes.byteOffset,
      placeOf.byteOffset,
      row.starts.byteOffset,
      times.byteOffset,
      positions.byteOffset,
      row.marks.byteOffset,
      4 * row.layout.marks,
      this.#steps.byteOffset,
      this.#next.byteOffset,
    )
  }

  get next(): number {
    return this.#next[0]
  }
}
