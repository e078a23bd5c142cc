import { jsonElements } from '../../formats/json-elements.ts'
import { LineAssembler } from '../../net/line-assembler.ts'
import { Refusal } from './refusal.ts'

/** Lines made of one body, and how many records they hold. */
export interface BodyLines {
  readonly lines: Uint8Array
  readonly records: number
}

const TYPES = { jsonl: ['application/x-ndjson', 'application/jsonl', 'application/json'], csv: ['text/csv'] }

/**
 * The records of a body as lines for the decoder.
 *
 * @throws Refusal: 415 for another type, 400 for JSON that is neither an object nor an array, 413 for a record over the limit
 */
export function bodyLines(
  body: Uint8Array,
  contentType: string | undefined,
  { csv, maxRecordBytes }: { readonly csv: boolean; readonly maxRecordBytes: number },
): BodyLines {
  const type = (contentType ?? '').split(';')[0].trim().toLowerCase()
  const types = csv ? TYPES.csv : TYPES.jsonl
  if (!types.includes(type)) throw new Refusal(415, `the type of the body may be ${types.join(', ')}`)
  return type === 'application/json' ? elementLines(body, maxRecordBytes) : ownLines(body, csv, maxRecordBytes)
}

function ownLines(body: Uint8Array, csv: boolean, maxRecordBytes: number): BodyLines {
  let records = 0
  for (let at = 0; at < body.length; ) {
    const feed = body.indexOf(LF, at)
    const end = feed < 0 ? body.length : feed
    const length = end > at && body[end - 1] === CR ? end - at - 1 : end - at
    if (length > maxRecordBytes) throw tooLong(maxRecordBytes)
    if (length > 0) records++
    at = end + 1
  }
  const isEnded = body.length === 0 || body[body.length - 1] === LF
  const whole = new Uint8Array(body.length + (isEnded ? 0 : 1)).fill(LF)
  whole.set(body)
  return { lines: csv ? new LineAssembler(maxRecordBytes, true).take(whole) : whole, records }
}

function elementLines(body: Uint8Array, maxRecordBytes: number): BodyLines {
  const { bounds, problem } = jsonElements(body)
  if (problem !== undefined) throw new Refusal(400, problem)
  const lines = new Uint8Array(body.length + bounds.length / 2)
  let at = 0
  for (let i = 0; i < bounds.length; i += 2) {
    const [start, end] = [bounds[i], bounds[i + 1]]
    if (end - start > maxRecordBytes) throw tooLong(maxRecordBytes)
    lines.set(body.subarray(start, end), at)
    // Outside strings, where alone they can be, line breaks are blanks.
    for (const stop = at + end - start; at < stop; at++) if (lines[at] === LF || lines[at] === CR) lines[at] = BLANK
    lines[at++] = LF
  }
  return { lines: lines.subarray(0, at), records: bounds.length / 2 }
}

function tooLong(maxRecordBytes: number): Refusal {
  return new Refusal(413, `a record may have ${maxRecordBytes} bytes`)
}

const LF = 10
const CR = 13
const BLANK = 32
