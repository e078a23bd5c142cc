import { MillraceError } from '../errors.ts'

export interface CsvOptions {
  /** What separates cells: one ASCII character; ',' by default. */
  readonly delimiter?: string
  /** Whether the first line names the columns; true by default. Columns are then found by name, in any order. */
  readonly header?: boolean
  /** Without a header line: the columns, in order. By default the fields of the schema. */
  readonly columns?: readonly string[]
  /**
   * Cells that mean null in a nullable field; ['', 'NA'] by default. A quoted cell of a string field is text in any
   * case: `""` is the empty string.
   */
  readonly nullValues?: readonly string[]
  /** Longest record, its line break excluded; 1 MiB by default. Longer ones are rejected, which bounds memory. */
  readonly maxRecordBytes?: number
}

export type CheckedCsvOptions = Required<Omit<CsvOptions, 'columns'>> & Pick<CsvOptions, 'columns'>

/**
 * The options with their defaults; a plan holds them as JSON, so their types are checked too.
 *
 * @throws ML_RANGE for an option that is unknown or not of its kind
 */
export function csvOptions(options: CsvOptions | Readonly<Record<string, unknown>>): CheckedCsvOptions {
  const {
    delimiter = ',',
    header = true,
    columns,
    nullValues = ['', 'NA'],
    maxRecordBytes = 1 << 20,
    ...rest
  } = options
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) {
    throw refusal(
      `there is no option "${unknown}"`,
      rest,
      'Use delimiter, header, columns, nullValues or maxRecordBytes',
    )
  }
  checkDelimiter(delimiter)
  if (typeof header !== 'boolean') throw refusal('header must be true or false', header)
  if (columns !== undefined) {
    if (!isTexts(columns) || columns.length === 0) throw refusal('columns must be a list of names', columns)
    if (header)
      throw refusal('columns are for files without a header line', columns, 'Give header: false, or leave columns out')
  }
  if (!isTexts(nullValues)) throw refusal('nullValues must be a list of texts', nullValues)
  if (
    !Number.isSafeInteger(maxRecordBytes) ||
    !((maxRecordBytes as number) >= 1 && (maxRecordBytes as number) <= 1 << 28)
  ) {
    throw refusal('maxRecordBytes must be a whole number between 1 and 256 MiB', maxRecordBytes)
  }
  return { delimiter, header, columns, nullValues, maxRecordBytes: maxRecordBytes as number }
}

/** A tab or one printable ASCII character that occurs in no number or word and is no quote. @throws ML_RANGE */
export function checkDelimiter(delimiter: unknown): asserts delimiter is string {
  if (typeof delimiter === 'string' && /^[\t -~]$/.test(delimiter) && !/["'A-Za-z0-9.+-]/.test(delimiter)) return
  throw refusal("delimiter must be a tab or one printable ASCII character such as ',', ';' or '|'", delimiter)
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function refusal(what: string, got: unknown, remedy?: string): MillraceError {
  return new MillraceError('ML_RANGE', { what, got, where: 'CSV options', remedy })
}
