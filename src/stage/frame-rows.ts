import { MOST_ROWS, type RowCursor } from '../formats/row-cursor.ts'
import { doublesIn, intsIn, type KernelMemory } from '../numeric/kernel-memory.ts'
import type { RowBlock } from '../operators/operator.ts'
import type { EncodedKey } from '../state/key.ts'
import { type Place, ROOT_PATH } from '../time/identity.ts'
import type { Cursor } from './cell.ts'
import { FrameKernel } from './frame-kernel.ts'
import type { RowKeys } from './row-keys.ts'

/** Whose record and key are under way. */
interface RowHost {
  readonly cursor: Cursor
  key: EncodedKey
}

/**
 * Rows of a frame where they lie, `MOST_ROWS` at most, and beside them what came with each.
 */
export class FrameRows implements RowBlock {
  readonly row: RowCursor
  count = 0
  /** Of their keys, as the frame says. */
  readonly hashes: Int32Array
  readonly times: Float64Array
  readonly positions: Float64Array
  /** By number: those of the frame's table, then others, which stand in their rows. */
  readonly placeOf: Int32Array
  readonly keys: RowKeys | undefined
  readonly #host: RowHost
  readonly #kernel: FrameKernel | undefined
  #table: readonly Place[] = []
  readonly #others: Place[] = []
  /** Paths that are not the root's, and for each row which of them, from 1. */
  readonly #paths: (number | readonly number[])[] = []
  readonly #pathOf = new Int32Array(MOST_ROWS)
  #shown = -1

  /** @param memory that frames come in, where the engine has one */
  constructor(row: RowCursor, host: RowHost, keys?: RowKeys, memory?: KernelMemory) {
    this.row = row
    this.hashes = intsIn(memory, MOST_ROWS)
    this.placeOf = intsIn(memory, MOST_ROWS)
    this.times = doublesIn(memory, MOST_ROWS)
    this.positions = doublesIn(memory, MOST_ROWS)
    this.#kernel = memory && FrameKernel.of(memory, this)
    this.keys = keys
    this.#host = host
  }

  /** Holds nothing. @param places of the frame that rows come from next */
  clear(places: readonly Place[]): void {
    this.count = 0
    this.#table = places
    this.#others.length = 0
    if (this.#paths.length === 0) return
    this.#paths.length = 0
    this.#pathOf.fill(0)
  }

  /** Adds the rows at `at` and behind it up to one that a kernel does not read; returns where that begins. */
  find(bytes: Uint8Array, at: number): number {
    const kernel = this.#kernel
    if (kernel === undefined) return at
    this.count = kernel.find(bytes, at, this.count, MOST_ROWS, this.#table.length)
    return kernel.next
  }

  /** For a row whose place does not stand among those of its frame, or whose path is not the root. */
  setOrigin(i: number, place: Place, path: number | readonly number[]): void {
    this.placeOf[i] = this.#table.length + this.#others.push(place) - 1
    if (path !== ROOT_PATH) this.#pathOf[i] = this.#paths.push(path)
  }

  /** How many places the frame's table has. */
  get tablePlaces(): number {
    return this.#table.length
  }

  place(i: number): Place {
    const table = this.#table
    const number = this.placeOf[i]
    return number < table.length ? table[number] : this.#others[number - table.length]
  }

  path(i: number): number | readonly number[] {
    const number = this.#pathOf[i]
    return number === 0 ? ROOT_PATH : this.#paths[number - 1]
  }

  show(i: number): void {
    this.#shown = i
    this.row.at(i)
  }

  /** Where a row is shown that was not entered, enters it: the context says then what is under way. */
  settle(): void {
    if (this.#shown >= 0) this.enter(this.#shown)
  }

  enter(i: number): void {
    this.#shown = -1
    const { cursor } = this.#host
    const { origin, split } = this.place(i)
    cursor.time = this.times[i]
    cursor.origin = origin
    cursor.split = split
    cursor.position = this.positions[i]
    cursor.path = this.path(i)
    if (this.keys !== undefined) this.#host.key = this.keys.key(i)
  }
}
