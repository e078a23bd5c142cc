/** The first rows of a table, read to judge its columns. */
import { utf8Read } from '../bytes/utf8.ts'
import { CsvDecoder } from '../formats/csv.ts'
import { isOneOf, textBytes, unescapeCell } from '../formats/csv-cell-text.ts'
import type { CellReader } from '../formats/csv-cells.ts'
import type { CsvOptions } from '../formats/csv-options.ts'
import { type CsvScanner, ESCAPED } from '../formats/csv-scanner.ts'
import { parseDecimal } from '../formats/decimal.ts'
import type { RecordSchema } from '../formats/schema.ts'
import { ColumnGuess } from './column-guess.ts'

/** Rows that suggest what a column is; more where they show one label only. They are read before anything is compiled. */
const ENOUGH_ROWS = 250

export class TableSample {
  /** By column; empty until the header was read. */
  columns: ColumnGuess[] = []
  #rows = 0
  readonly #label: string
  readonly #decoder: CsvDecoder<undefined>

  /** @param label the column whose values are remembered even where they are numbers */
  constructor(label: string, csv: CsvOptions = {}) {
    this.#label = label
    const none: RecordSchema<undefined> = { fields: [], toJSON: () => ({ fields: [] }) }
    this.#decoder = new CsvDecoder<undefined>(none, csv, undefined, (_columns, nulls) => {
      this.columns = this.#decoder.ignoredColumns.map((name) => new ColumnGuess(name))
      return new SampleCells(this.columns, label, nulls.map(textBytes))
    })
  }

  /** Rows looked at. */
  get rows(): number {
    return this.#rows
  }

  get enough(): boolean {
    if (this.#rows < ENOUGH_ROWS) return false
    const label = this.columns.find(({ name }) => name === this.#label)
    return label === undefined || label.distinct.size > 1
  }

  /** @throws ML_SCHEMA when the header cannot be read */
  push(chunk: Uint8Array): void {
    this.#decoder.push(chunk)
    this.#drain()
  }

  end(): void {
    this.#decoder.end()
    this.#drain()
  }

  #drain(): void {
    while (!this.enough && this.#decoder.next()) this.#rows++
  }
}

class SampleCells implements CellReader<undefined> {
  readonly record = undefined
  readonly problem = ''
  readonly #columns: readonly ColumnGuess[]
  readonly #label: string
  readonly #nulls: readonly Uint8Array[]

  constructor(columns: readonly ColumnGuess[], label: string, nulls: readonly Uint8Array[]) {
    this.#columns = columns
    this.#label = label
    this.#nulls = nulls
  }

  read(bytes: Uint8Array, { starts, ends, flags }: CsvScanner): boolean {
    const columns = this.#columns
    for (let i = 0; i < columns.length; i++) this.#add(columns[i], bytes, starts[i], ends[i], flags[i])
    return true
  }

  #add(column: ColumnGuess, bytes: Uint8Array, start: number, end: number, flags: number): void {
    if ((flags & ESCAPED) !== 0) {
      const plain = new Uint8Array(end - start)
      this.#add(column, plain, 0, unescapeCell(bytes, start, end, plain), 0)
      return
    }
    const value = parseDecimal(bytes, start, end)
    if (value === value) {
      column.addNumber(value)
      if (column.name !== this.#label) return
    } else {
      if (isOneOf(this.#nulls, bytes, start, end)) return
      column.addText()
    }
    column.remember(utf8Read(bytes, start, end) ?? '')
  }
}
