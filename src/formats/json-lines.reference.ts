import { utf8Length, utf8Read, utf8Write } from '../bytes/utf8.ts'
import { parseIsoTime } from './iso-time.ts'
import type { FieldSpec, RecordSchema } from './schema.ts'
import { utcOffsetMs } from './utc-offset.ts'

/** A piece as the decoder hands it out; of a rejection only the code. */
export interface ReferencePiece {
  readonly outcome: unknown
  readonly position: number
  readonly consumed: number
  readonly row: number
}

/**
 * What `jsonDecoder` must give, in the plainest way: `JSON.parse` says whether a line is JSON, its tokens (which are then
 * easy to tell apart) say what `JSON.parse` does not: duplicate names, depth, the digits of numbers.
 */
export function referenceJsonLines(
  input: Uint8Array,
  schema: RecordSchema<unknown>,
  maxRecordBytes: number,
): ReferencePiece[] {
  const pieces: ReferencePiece[] = []
  let position = input[0] === 0xef && input[1] === 0xbb && input[2] === 0xbf ? 3 : 0
  while (position < input.length) {
    const feed = input.indexOf(10, position)
    const end = feed < 0 ? input.length : feed
    const consumed = feed < 0 ? end : end + 1
    const outcome = referenceLine(input.subarray(position, end), schema, maxRecordBytes)
    if (outcome !== BLANK) pieces.push({ outcome, position, consumed, row: pieces.length })
    position = consumed
  }
  return pieces
}

export const BLANK = 'blank'

/** The record of a line, `{ code }` of its rejection, or BLANK. */
export function referenceLine(line: Uint8Array, schema: RecordSchema<unknown>, maxRecordBytes: number): unknown {
  const length = line[line.length - 1] === 13 ? line.length - 1 : line.length
  if (length > maxRecordBytes) return { code: 'ML_RECORD_SIZE' }
  if (line.every((byte) => byte === 32 || byte === 9 || byte === 13)) return BLANK
  const text = utf8Read(line, 0, line.length)
  const names = text === undefined ? undefined : wellFormedObject(text)
  if (names === undefined) return { code: 'ML_MALFORMED' }
  const record: Record<string, unknown> = {}
  for (const field of schema.fields) {
    const value = names.has(field.name)
      ? fieldValue(field, names.get(field.name) as string)
      : field.nullable
        ? null
        : undefined
    if (value === undefined) return { code: 'ML_FIELD' }
    Object.defineProperty(record, field.name, { value, writable: true, enumerable: true, configurable: true })
  }
  return record
}

/** The source text of each property, or undefined where the line breaks a rule of the format. */
function wellFormedObject(text: string): Map<string, string> | undefined {
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g) as string[]
  if (tokens[0] !== '{') return undefined
  const properties = new Map<string, string>()
  const open: (Set<string> | undefined)[] = [] // per container its names, none for an array
  let name = ''
  for (const [i, token] of tokens.entries()) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (token[0] === '"') {
      const string = JSON.parse(token) as string
      if (/\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(string)) return undefined
      if (tokens[i + 1] === ':') {
        if (open.at(-1)?.has(string)) return undefined
        open.at(-1)?.add(string)
        if (open.length === 1) {
          name = string
          properties.set(name, tokens[i + 2])
        }
      }
    }
    if (open.length > 64) return undefined
  }
  return properties
}

/** undefined where the token is no value of the field. */
function fieldValue(field: FieldSpec, token: string): unknown {
  if (token === 'null') return field.nullable ? null : undefined
  if (field.type === 'string') return token[0] === '"' ? JSON.parse(token) : undefined
  if (field.type === 'boolean') return token === 'true' ? true : token === 'false' ? false : undefined
  if (field.type === 'time') return timeValue(field, token)
  if (!/^[-\d]/.test(token)) return undefined
  const value = Number(token)
  if (field.type === 'integer')
    return /^-?\d+(\.0+)?$/.test(token) && Number.isSafeInteger(value) ? value + 0 : undefined
  if (!Number.isFinite(value)) return undefined
  return /^-?\d+$/.test(token) && BigInt(token) !== BigInt(value) ? undefined : value
}

function timeValue(field: FieldSpec & { type: 'time' }, token: string): number | undefined {
  let ms: number
  if (field.unit === 'iso') {
    if (token[0] !== '"') return undefined
    const text = JSON.parse(token) as string
    const bytes = new Uint8Array(utf8Length(text))
    utf8Write(text, bytes, 0)
    ms = parseIsoTime(bytes, 0, bytes.length, field.utcOffset === null ? NaN : utcOffsetMs(field.utcOffset, ''))
  } else {
    if (!/^[-\d]/.test(token)) return undefined
    const value = Number(token)
    if (/^-?\d+$/.test(token) && Number.isFinite(value) && BigInt(token) !== BigInt(value)) return undefined
    if (field.unit === 'ms' && !/^-?\d+(\.0+)?$/.test(token)) return undefined
    ms = field.unit === 'ms' ? value + 0 : Math.round(value * 1000) + 0
  }
  return ms >= field.min && ms <= field.max ? ms : undefined
}
