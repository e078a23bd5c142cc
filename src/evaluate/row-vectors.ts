import { utf8Read } from '../bytes/utf8.ts'
import { errorText } from '../errors.ts'
import type { FeatureEncoder } from '../features/feature-encoder.ts'
import type { FeatureVector } from '../features/feature-vector.ts'
import { isOneOf, textBytes, unescapeCell } from '../formats/csv-cell-text.ts'
import type { CellReader } from '../formats/csv-cells.ts'
import { type CsvScanner, ESCAPED, QUOTED } from '../formats/csv-scanner.ts'
import { decimalProblem, parseDecimal } from '../formats/decimal.ts'
import { ByteIndex } from './byte-index.ts'
import type { LabelReader } from './label-reader.ts'
import { NONE, QuickRow } from './quick-row.ts'
import { LARGEST_INPUT, type TablePlan } from './table-plan.ts'

export interface RowVectorsParts {
  readonly plan: TablePlan
  readonly encoder: FeatureEncoder
  readonly labels: LabelReader
  /** Code of the character between cells. */
  readonly delimiter: number
  /** Columns of the table, once its header was read. */
  readonly width: () => number
}

/**
 * Reads the cells of a row straight into a vector: no record and no string is made of a row whose categories were all
 * seen before. Vectors are what `FeatureEncoder` makes of the same texts, which it is asked for each new one.
 */
export class RowVectors implements CellReader<undefined> {
  readonly record = undefined
  problem = ''
  /** Where the next row goes. */
  x: FeatureVector
  /** After `read` returned true: the label as its task codes it. */
  label = 0
  readonly #plan: TablePlan
  readonly #columns: Int32Array
  readonly #encoder: FeatureEncoder
  readonly #labels: LabelReader
  readonly #nulls: readonly Uint8Array[]
  /** Slots by the bytes of a category, per categorical input. */
  readonly #slots: readonly ByteIndex[]

  readonly #quick: QuickRow | undefined
  #bytes: Uint8Array = new Uint8Array(0)
  #row: CsvScanner | undefined

  constructor(
    { plan, encoder, labels, delimiter, width }: RowVectorsParts,
    columns: Int32Array,
    nullValues: readonly string[],
  ) {
    this.#plan = plan
    this.#encoder = encoder
    this.#labels = labels
    this.#columns = columns
    this.#nulls = nullValues.map(textBytes)
    this.#slots = plan.categorical.map(() => new ByteIndex())
    this.x = encoder.vector()
    const emptyIsNull = nullValues.includes('')
    const quick = { width: width(), columns, numeric: plan.numeric.length, delimiter, emptyIsNull }
    const categories = columns.subarray(plan.numeric.length, plan.numeric.length + plan.categorical.length)
    const ordered = categories.every((column, i) => i === 0 || categories[i - 1] < column)
    // A row of which the time may be asked, or whose words are inputs, is scanned; and one that would mix slots up.
    const plain = plan.time === null && plan.text.length === 0 && ordered
    this.#quick = plain ? QuickRow.of(quick, labels, this.#slots) : undefined
  }

  /** The time of the row read last, as its cell says it; before the decoder goes on. */
  timeText(): string {
    const { starts, ends } = this.#row as CsvScanner
    const column = this.#columns[this.#columns.length - 1]
    return utf8Read(this.#bytes, starts[column], ends[column]) ?? ''
  }

  look(bytes: Uint8Array): void {
    this.#quick?.look(bytes)
  }

  quickRow(bytes: Uint8Array, from: number, to: number): number {
    const next = this.#quick === undefined ? -1 : this.#quick.read(bytes, from, to, this.x)
    this.label = this.#labels.code
    return next
  }

  read(bytes: Uint8Array, row: CsvScanner): boolean {
    this.#bytes = bytes
    this.#row = row
    return this.#readNumbers(bytes, row) && this.#readLabel(bytes, row) && this.#readCategories(bytes, row)
  }

  #readNumbers(bytes: Uint8Array, { starts, ends }: CsvScanner): boolean {
    const { x } = this
    const { dense, missing } = x
    const columns = this.#columns
    let absent = 0
    for (let i = 0; i < dense.length; i++) {
      const column = columns[i]
      const value = parseDecimal(bytes, starts[column], ends[column])
      if (value <= LARGEST_INPUT && value >= -LARGEST_INPUT) {
        dense[i] = value
        missing[i] = 0
      } else if (isOneOf(this.#nulls, bytes, starts[column], ends[column])) {
        dense[i] = 0
        missing[i] = 1
        absent++
      } else {
        const text = utf8Read(bytes, starts[column], ends[column]) ?? ''
        const how = value === value ? `is larger than ${LARGEST_INPUT}` : decimalProblem(text)
        this.problem = `column ${JSON.stringify(this.#plan.numeric[i])}: ${JSON.stringify(text.slice(0, 60))} ${how}`
        return false
      }
    }
    x.missingCount = absent
    return true
  }

  #readLabel(bytes: Uint8Array, { starts, ends, flags }: CsvScanner): boolean {
    const { numeric, categorical, text } = this.#plan
    const column = this.#columns[numeric.length + categorical.length + text.length]
    const labels = this.#labels
    let [source, start, end] = [bytes, starts[column], ends[column]]
    if ((flags[column] & ESCAPED) !== 0) {
      source = new Uint8Array(end - start)
      end = unescapeCell(bytes, start, end, source)
      start = 0
    }
    if (labels.read(source, start, end)) {
      this.label = labels.code
      return true
    }
    this.problem = labels.problem
    return false
  }

  #readCategories(bytes: Uint8Array, row: CsvScanner): boolean {
    const { x } = this
    if (this.#plan.text.length > 0) return this.#askEncoder(bytes, row)
    const { active } = x
    const { starts, ends, flags } = row
    const columns = this.#columns
    const slots = this.#slots
    const first = x.dense.length
    let count = 0
    for (let i = 0; i < slots.length; i++) {
      const column = columns[first + i]
      const slot = (flags[column] & ESCAPED) === 0 ? slots[i].get(bytes, starts[column], ends[column]) : -1
      // A quoted cell is a text, even where it says what else means null.
      if (slot < 0 || (slot === NONE && (flags[column] & QUOTED) !== 0)) return this.#askEncoder(bytes, row)
      if (slot !== NONE) active[count++] = slot
    }
    x.activeCount = count
    return true
  }

  /** A row with a category that was not seen before: as texts, through the encoder; then its slots are known. */
  #askEncoder(bytes: Uint8Array, { starts, ends, flags }: CsvScanner): boolean {
    const { x } = this
    const { numeric, categorical, text } = this.#plan
    const record: Record<string, unknown> = {}
    for (const [i, name] of numeric.entries()) record[name] = x.missing[i] === 1 ? null : x.dense[i]
    for (const [i, name] of [...categorical, ...text].entries()) {
      const column = this.#columns[numeric.length + i]
      record[name] = this.#textOf(bytes, starts[column], ends[column], flags[column])
    }
    try {
      this.#encoder.encode(record, x, true)
    } catch (error) {
      this.problem = errorText(error)
      return false
    }
    if (text.length > 0) return true
    let next = 0
    for (const [i, name] of categorical.entries()) {
      const column = this.#columns[numeric.length + i]
      const slot = record[name] === null ? NONE : x.active[next++]
      const special = (flags[column] & QUOTED) !== 0 && isOneOf(this.#nulls, bytes, starts[column], ends[column])
      if (special || (flags[column] & ESCAPED) !== 0) continue
      const index = this.#slots[i]
      if (index.get(bytes, starts[column], ends[column]) < 0) index.add(bytes, starts[column], ends[column], slot)
    }
    return true
  }

  /** The text of a cell; null for an empty one, unless it is quoted. */
  #textOf(bytes: Uint8Array, start: number, end: number, flags: number): string | null {
    if ((flags & ESCAPED) !== 0) {
      const plain = new Uint8Array(end - start)
      return utf8Read(plain, 0, unescapeCell(bytes, start, end, plain)) ?? ''
    }
    if ((flags & QUOTED) === 0 && isOneOf(this.#nulls, bytes, start, end)) return null
    return utf8Read(bytes, start, end) ?? ''
  }
}
