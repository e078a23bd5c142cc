import type { RowCursor } from '../formats/row-cursor.ts'
import type { RowLayout } from '../formats/row-layout.ts'
import type { CategorySource, FeatureSpec, NumericInput } from './feature-spec.ts'

/** Where a reader puts what it read: one entry per numeric input, one per category source. */
export interface RecordValues {
  dense: Float64Array
  missing: Uint8Array
  /** The texts of text sources. */
  readonly texts: string[]
  /** Of other sources the category, 0 and up; of text sources 0. ABSENT for a null. */
  readonly codes: Int32Array
}

/** A source whose value is null has no category. */
export const ABSENT = -1

/**
 * Reads and checks the declared fields of a record. Returns how many numeric inputs are missing, or `~i` when the
 * value of input `i` is not usable (numeric inputs first, then sources); nothing but the scratch has changed then.
 */
export type RecordReader = (record: Readonly<Record<string, unknown>>, into: RecordValues) => number

/** The same of a row where it lies. */
export type RowReader = (row: RowCursor, into: RecordValues) => number

/** The numbers of rows `from` to before `to`, row by row. Returns the first row with one that is not usable, or `to`. */
export type RowsReader = (rows: RowCursor, from: number, to: number, dense: Float64Array) => number

/** The range of time values in ECMAScript: within it all the arithmetic below is exact. */
const MAX_TIME_MS = 8.64e15

/** More inputs than this a function, and engines would not optimise it. */
const INPUTS_A_FUNCTION = 64

/** A reader made of generated property accesses where code generation is allowed, of a loop elsewhere. Both read equally. */
export function recordReader(spec: FeatureSpec, sources: readonly CategorySource[]): RecordReader {
  try {
    const lines = [
      ...spec.numeric.map((input, i) => numericLine(input, i)),
      ...sources.map((source, i) => sourceLine(source, i, spec.numeric.length)),
    ]
    const parts: RecordReader[] = []
    for (let from = 0; from < lines.length; from += INPUTS_A_FUNCTION) {
      parts.push(generate(lines.slice(from, from + INPUTS_A_FUNCTION)))
    }
    return parts.length === 1 ? parts[0] : chain(parts)
  } catch (error) {
    // Hosts that forbid code generation throw an EvalError; a syntax error would be a mistake of ours.
    if (error instanceof SyntaxError) throw error
    return plainRecordReader(spec, sources)
  }
}

/** A reader of rows of one layout: numbers go from the bytes to their inputs, all else by the record that shows the row. */
export function rowReader(spec: FeatureSpec, sources: readonly CategorySource[], layout: RowLayout): RowReader {
  const parts: RowReader[] = []
  const lines = [
    ...spec.numeric.map((input, i) => {
      const number = layout.numberCode(input.name)
      return { line: numericLine(input, i, number?.code), mark: number?.mark }
    }),
    ...sources.map((source, i) => ({ line: sourceLine(source, i, spec.numeric.length), mark: undefined })),
  ]
  for (let from = 0; from < lines.length; from += INPUTS_A_FUNCTION) {
    const part = lines.slice(from, from + INPUTS_A_FUNCTION)
    const marks = new Set(part.flatMap(({ mark }) => (mark === undefined ? [] : [mark])))
    const head = [...marks].map((mark) => `const mark${mark} = row.marks[row.base + ${mark}]`)
    parts.push(
      generate(
        part.map(({ line }) => line),
        ['const record = row.record, view = row.view', ...head],
      ),
    )
  }
  return parts.length === 1 ? parts[0] : chain(parts)
}

/**
 * Reads many rows of one layout at once, where all their inputs are numbers that are always there; undefined where they are
 * not, or too many for one function.
 */
export function rowsReader({ numeric, categorical }: FeatureSpec, layout: RowLayout): RowsReader | undefined {
  const codes = numeric.map(({ name, nullable }) => (nullable ? undefined : layout.numberCode(name)))
  if (categorical.length > 0 || numeric.length > INPUTS_A_FUNCTION) return undefined
  const marks = new Set<number>()
  const lines: string[] = []
  for (const [i, number] of codes.entries()) {
    if (number === undefined) return undefined
    marks.add(number.mark)
    const { max } = numeric[i]
    lines.push(`v = ${number.code}; if (Math.abs(v) <= ${max}) dense[(at + ${i}) | 0] = v; else return i`)
  }
  const code = `'use strict'
  return function (rows, from, to, dense) {
    const { view, marks } = rows
    for (let i = from | 0; i < to; i = (i + 1) | 0) {
      const base = Math.imul(i, ${layout.marks}), at = Math.imul(i, ${numeric.length})
      let v
      ${[...marks].map((mark) => `const mark${mark} = marks[(base + ${mark}) | 0]`).join('\n      ')}
      ${lines.join('\n      ')}
    }
    return to
  }`
  return new Function(code)()
}

/** @param head what the lines need; a reader of records needs nothing */
function generate<R>(lines: readonly string[], head?: readonly string[]): (source: R, into: RecordValues) => number {
  const body = `'use strict'
  return function (${head === undefined ? 'record' : 'row'}, into) {
    ${(head ?? []).join('\n    ')}
    const dense = into.dense, missing = into.missing, texts = into.texts, codes = into.codes
    let absent = 0, v
    ${lines.join('\n    ')}
    return absent
  }`
  return new Function('hourOf', 'dayOf', body)(hourOf, dayOf)
}

function numericLine(
  { name, nullable, max }: NumericInput,
  i: number,
  value: string = `record[${JSON.stringify(name)}]`,
): string {
  const usable = `typeof v === 'number' && v <= ${max} && v >= -${max}`
  if (!nullable) return `v = ${value}; if (${usable}) dense[${i}] = v; else return ~${i}`
  return `v = ${value}
    if (${usable}) { dense[${i}] = v; missing[${i}] = 0 }
    else if (v === null || v === undefined) { dense[${i}] = 0; missing[${i}] = 1; absent++ } else return ~${i}`
}

function sourceLine({ from, field, nullable, ...clock }: CategorySource, i: number, numeric: number): string {
  const offset = 'offsetMs' in clock ? clock.offsetMs : 0
  const take = {
    text: `if (typeof v === 'string') { texts[${i}] = v; codes[${i}] = 0 }`,
    boolean: `if (typeof v === 'boolean') codes[${i}] = v ? 1 : 0`,
    hourOfDay: `if (typeof v === 'number' && v <= ${MAX_TIME_MS} && v >= -${MAX_TIME_MS}) codes[${i}] = hourOf(v + ${offset})`,
    dayOfWeek: `if (typeof v === 'number' && v <= ${MAX_TIME_MS} && v >= -${MAX_TIME_MS}) codes[${i}] = dayOf(v + ${offset})`,
  }[from]
  const skip = nullable ? `else if (v === null || v === undefined) codes[${i}] = ${ABSENT};` : ''
  return `v = record[${JSON.stringify(field)}]; ${take}\n    ${skip} else return ~${numeric + i}`
}

function chain<R>(
  parts: readonly ((source: R, into: RecordValues) => number)[],
): (source: R, into: RecordValues) => number {
  return (source, into) => {
    let absent = 0
    for (const part of parts) {
      const got = part(source, into)
      if (got < 0) return got
      absent += got
    }
    return absent
  }
}

/** The same without code generation. */
export function plainRecordReader({ numeric }: FeatureSpec, sources: readonly CategorySource[]): RecordReader {
  return (record, { dense, missing, texts, codes }) => {
    let absent = 0
    for (let i = 0; i < numeric.length; i++) {
      const { name, nullable, max } = numeric[i]
      const value = record[name]
      const usable = typeof value === 'number' && value <= max && value >= -max
      if (!usable && !(nullable && (value === null || value === undefined))) return ~i
      dense[i] = usable ? value : 0
      missing[i] = usable ? 0 : 1
      absent += missing[i]
    }
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i]
      const value = record[source.field]
      const { from } = source
      if (from === 'text' && typeof value === 'string') {
        texts[i] = value
        codes[i] = 0
      } else if (from === 'boolean' && typeof value === 'boolean') codes[i] = value ? 1 : 0
      else if ('offsetMs' in source && typeof value === 'number' && value <= MAX_TIME_MS && value >= -MAX_TIME_MS) {
        codes[i] = from === 'hourOfDay' ? hourOf(value + source.offsetMs) : dayOf(value + source.offsetMs)
      } else if (source.nullable && (value === null || value === undefined)) codes[i] = ABSENT
      else return ~(numeric.length + i)
    }
    return absent
  }
}

const DAY_MS = 86_400_000

/** Hour 0 to 23 of a local time in milliseconds. */
export function hourOf(localMs: number): number {
  return Math.floor((localMs - Math.floor(localMs / DAY_MS) * DAY_MS) / 3_600_000)
}

/** Day of the week of a local time in milliseconds: Monday 0 to Sunday 6. 1970-01-01 was a Thursday. */
export function dayOf(localMs: number): number {
  const day = Math.floor(localMs / DAY_MS) + 3
  return day - 7 * Math.floor(day / 7)
}
