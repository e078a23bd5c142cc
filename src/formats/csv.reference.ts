import { latin1Read, utf8Read } from '../bytes/utf8.ts'
import type { FieldSpec, RecordSchema } from './schema.ts'

/** A piece as the decoder hands it out; of a rejection only the code. */
export interface ReferencePiece {
  readonly outcome: unknown
  readonly position: number
  readonly consumed: number
  readonly row: number
}

/**
 * What `csvDecoder` must give, in the plainest way: the whole input as one string of bytes, regular expressions,
 * `Number` and `Date`. Slow, and without any state that could be wrong.
 */
export function referenceCsv(
  input: Uint8Array,
  schema: RecordSchema<unknown>,
  {
    columns,
    delimiter = ',',
    nullValues = ['', 'NA'],
    maxRecordBytes,
  }: {
    columns: readonly string[]
    delimiter?: string
    nullValues?: readonly string[]
    maxRecordBytes: number
  },
): ReferencePiece[] {
  const text = latin1Read(input, 0, input.length)
  const pieces: ReferencePiece[] = []
  let position = text.startsWith('\xef\xbb\xbf') ? 3 : 0
  for (;;) {
    position += (/^(\r?\n)+/.exec(text.slice(position)) ?? [''])[0].length
    if (position === text.length) return pieces
    const window = text.slice(position, position + maxRecordBytes + 2)
    const found = rowOf(window, delimiter, window.length < maxRecordBytes + 2)
    const resync = 'cells' in found ? found.end : found.resync
    const feed = text.indexOf('\n', position + resync)
    const consumed = feed < 0 ? text.length : feed + 1
    let outcome: unknown = { code: 'code' in found ? found.code : 'ML_RECORD_SIZE' }
    if ('cells' in found && found.end <= maxRecordBytes) {
      outcome = recordOf(text.slice(position, position + found.end), found.cells, schema, columns, nullValues)
    }
    pieces.push({ outcome, position, consumed, row: pieces.length })
    position = consumed
  }
}

interface Cell {
  readonly quoted: boolean
  readonly text: string
}

/** The row at the start of the window: its cells, or why there is none and from where the next line feed is sought. */
function rowOf(
  window: string,
  delimiter: string,
  complete: boolean,
): { cells: Cell[]; end: number } | { code: string; resync: number } {
  const bare = new RegExp(`[^${delimiter === '\t' ? '\\t' : `\\${delimiter}`}"\r\n]*`, 'y')
  const quoted = /"((?:[^"]|"")*)"(?!")/y
  const cells: Cell[] = []
  for (let at = 0; ; at++) {
    if (window[at] === '"') {
      quoted.lastIndex = at
      const match = quoted.exec(window)
      if (match === null) {
        const feed = window.indexOf('\n', at)
        return { code: complete ? 'ML_MALFORMED' : 'ML_RECORD_SIZE', resync: feed < 0 ? window.length : feed }
      }
      cells.push({ quoted: true, text: match[1].replaceAll('""', '"') })
      at = quoted.lastIndex
    } else {
      bare.lastIndex = at
      cells.push({ quoted: false, text: (bare.exec(window) as RegExpExecArray)[0] })
      at = bare.lastIndex
    }
    if (window[at] === delimiter) continue
    if (window[at] === '\n' || window.startsWith('\r\n', at)) return { cells, end: at }
    if (at === window.length) return complete ? { cells, end: at } : { code: 'ML_RECORD_SIZE', resync: at }
    if (window[at] === '\r' && at + 1 === window.length && !complete) return { code: 'ML_RECORD_SIZE', resync: at + 1 }
    return { code: 'ML_MALFORMED', resync: at }
  }
}

function recordOf(
  row: string,
  cells: Cell[],
  schema: RecordSchema<unknown>,
  columns: readonly string[],
  nullValues: readonly string[],
): unknown {
  if (row.includes('\0') || fromUtf8(row) === undefined || cells.length !== columns.length)
    return { code: 'ML_MALFORMED' }
  const record: [string, unknown][] = []
  for (const field of schema.fields) {
    const { quoted, text } = cells[columns.indexOf(field.name)]
    const decoded = fromUtf8(text) as string
    const isNull = field.nullable && nullValues.includes(decoded) && !(quoted && field.type === 'string')
    const value = isNull ? null : valueIn(field, decoded)
    if (value === undefined || Number.isNaN(value)) return { code: 'ML_FIELD' }
    record.push([field.name, value])
  }
  return Object.fromEntries(record)
}

function fromUtf8(bytes: string): string | undefined {
  return utf8Read(
    Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)),
    0,
    bytes.length,
  )
}

function valueIn(field: FieldSpec, text: string): unknown {
  if (field.type === 'string') return text
  if (field.type === 'boolean') return { true: true, false: false, 1: true, 0: false }[text]
  if (field.type === 'number') return decimal(text)
  if (field.type === 'integer') return integer(text)
  const ms =
    field.unit === 'iso' ? isoTime(text, field.utcOffset ?? '') : field.unit === 'ms' ? integer(text) : seconds(text)
  return ms >= field.min && ms <= field.max ? ms : undefined
}

function decimal(text: string): number {
  if (!/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) || !Number.isFinite(Number(text))) return NaN
  return /^[+-]?\d+$/.test(text) && BigInt(text.replace('+', '')) !== BigInt(Number(text)) ? NaN : Number(text)
}

function integer(text: string): number {
  return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) + 0 : NaN
}

function seconds(text: string): number {
  return Math.round(decimal(text) * 1000) + 0
}

function isoTime(text: string, utcOffset: string): number {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/.exec(text)
  if (match === null) return NaN
  const [, day, clock = '00:00', second = '00', fraction = '', own = utcOffset] = match
  const local = `${day}T${clock}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}`
  const offset = /^([+-]\d\d)(?::?(\d\d))?$/.exec(own)
  if (own !== 'Z' && offset === null) return NaN
  const ms = Date.parse(`${local}Z`)
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== `${local}Z`) return NaN
  return offset === null ? ms : Date.parse(`${local}${offset[1]}:${offset[2] ?? '00'}`)
}
