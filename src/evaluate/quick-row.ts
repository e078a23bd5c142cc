/**
 * Reads ordinary rows of a CSV table into vectors in one pass over their bytes: numbers are computed, categories hashed
 * while their cell is looked for. Whatever is not ordinary (a quote, a byte outside ASCII, a number of many digits, a
 * category not seen before, a wrong count of cells) makes it give up the row to the reader that can tell what is wrong.
 *
 * The code is made for the columns of the table: ten cells take 100 ns, 165 by a loop that asks each column what it is.
 */
import type { FeatureVector } from '../features/feature-vector.ts'
import { type ByteIndex, hashOf } from './byte-index.ts'
import type { LabelReader } from './label-reader.ts'
import { type QuickColumn, readerOfCells } from './quick-row-code.ts'

/** Columns that one function reads: V8 takes its time before it compiles a long one, and then for compiling it. */
const TOGETHER = 5

/** Each function calls that of the next columns: a table of very many would go too deep. */
const MOST_COLUMNS = 2000

const LF = 10
const POWERS = Float64Array.of(1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9)

/** In place of a slot: the cell is empty, or its category has none. */
export const NONE = 0x7fffffff

export interface QuickColumns {
  /** Columns of the table. */
  readonly width: number
  /** The column of each numeric input, then of each categorical one, in the order of the table, then of the label. */
  readonly columns: Int32Array
  readonly numeric: number
  readonly delimiter: number
  /** An empty cell means missing. */
  readonly emptyIsNull: boolean
}

/** Reads the cells from `at` on to the end of the row; what follows it, or -1. */
type ReadCells = (bytes: Uint8Array, view: DataView, at: number, x: FeatureVector) => number

export class QuickRow {
  readonly #readCells: ReadCells
  #view: DataView = new DataView(new ArrayBuffer(0))

  /** Undefined of very wide tables, and where code may not be made of text (`--disallow-code-generation-from-strings`). */
  static of(table: QuickColumns, labels: LabelReader, slots: readonly ByteIndex[]): QuickRow | undefined {
    if (table.width > MOST_COLUMNS) return undefined
    try {
      return new QuickRow(table, labels, slots)
    } catch (error) {
      if (error instanceof EvalError) return undefined
      throw error
    }
  }

  private constructor(table: QuickColumns, labels: LabelReader, slots: readonly ByteIndex[]) {
    const columns = kindsOf(table, slots.length)
    const last = Math.floor((columns.length - 1) / TOGETHER) * TOGETHER
    let readCells: ReadCells | undefined
    for (let from = last; from >= 0; from -= TOGETHER) {
      const code = readerOfCells(columns.slice(from, from + TOGETHER), { ...table, last: from === last })
      const make = new Function('labels', 'slots', 'hashOf', 'POWERS', 'NONE', 'next', code)
      readCells = make(labels, slots, hashOf, POWERS, NONE, readCells) as ReadCells
    }
    this.#readCells = readCells as ReadCells
  }

  /** See `CellReader.look`. */
  look(bytes: Uint8Array): void {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** See `CellReader.quickRow`; the label is in the reader of labels then. */
  read(bytes: Uint8Array, from: number, to: number, x: FeatureVector): number {
    if (bytes[from] === LF) return -1
    x.missingCount = 0
    x.activeCount = 0
    const at = this.#readCells(bytes, this.#view, from, x)
    return at > to ? -1 : at
  }
}

/** What each column of the table is. */
function kindsOf({ width, columns, numeric }: QuickColumns, categorical: number): QuickColumn[] {
  const kinds: QuickColumn[] = Array.from({ length: width }, () => ({ kind: 'skipped', input: -1 }))
  for (const [i, column] of columns.entries()) {
    if (kinds[column].kind !== 'skipped') continue
    if (i < numeric) kinds[column] = { kind: 'number', input: i }
    else if (i < numeric + categorical) kinds[column] = { kind: 'category', input: i - numeric }
    else if (i === numeric + categorical) kinds[column] = { kind: 'label', input: -1 }
  }
  return kinds
}
