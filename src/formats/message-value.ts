/** What reads the value of a message: JSON, raw text or Avro. */

import type { ErrorCode } from '../errors.ts'
import { MillraceError } from '../errors.ts'
import { AvroValue } from './avro.ts'
import { JsonRecord } from './json-record.ts'
import type { FieldSpec } from './schema.ts'
import { TextField } from './text-field.ts'

/** Reads values into the fields they hold. */
export interface MessageValue {
  /** After `read` returned true: the values of the fields in their order. Others may keep theirs behind them. */
  readonly values: unknown[]
  /** After `read` returned false. */
  readonly code: ErrorCode
  readonly reason: string
  /** Reads `bytes[start..end)`; the byte after it may be changed meanwhile. `view` spans the same buffer as `bytes`. */
  read(bytes: Uint8Array<ArrayBuffer>, view: DataView, start: number, end: number): boolean
}

/** The format of a value: `{ name: 'json' }`, `{ name: 'raw', field }`, or what `avro(...)` gives. */
export type ValueFormat = { readonly name: string; readonly [option: string]: unknown }

/** @throws ML_RANGE or ML_SCHEMA for a format that there is not, or that cannot give these fields */
export function messageValue(format: ValueFormat, fields: readonly FieldSpec[]): MessageValue {
  const { name, ...options } = format
  if (name === 'json') {
    onlyOptions(options, [])
    return new JsonValue(fields)
  }
  if (name === 'raw') {
    onlyOptions(options, ['field'])
    return new RawValue(rawField(options.field, fields))
  }
  if (name === 'avro') return new AvroValue(options, fields)
  throw refusal('there is no such format of messages', name, "Use 'json', 'raw' or avro(...)")
}

/** One JSON object, read as a line of JSON lines is, except that line breaks between its tokens are blanks. */
class JsonValue implements MessageValue {
  code: ErrorCode = 'ML_MALFORMED'
  reason = ''
  readonly values: unknown[]
  private readonly record: JsonRecord<unknown>
  private scratch = new Uint8Array(0)

  constructor(fields: readonly FieldSpec[]) {
    this.record = new JsonRecord(fields, 'value')
    this.values = this.record.values
  }

  read(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    const { record } = this
    const next = bytes[end]
    bytes[end] = LF
    const at = record.readValues(bytes, view, start)
    const isWhole = at === end || (bytes.indexOf(LF, start) < end ? this.readLines(bytes, start, end) : false)
    bytes[end] = next
    if (isWhole) return true
    this.code = record.code
    this.reason = record.reason
    return false
  }

  /** The scanner takes a line feed for the end of the text. Carriage returns mean the same between tokens, and are refused in strings, too. */
  private readLines(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start
    if (this.scratch.length <= length) this.scratch = new Uint8Array(2 * length + 2)
    const { scratch } = this
    for (let i = 0; i < length; i++) scratch[i] = bytes[start + i] === LF ? CR : bytes[start + i]
    scratch[length] = LF
    return this.record.readValues(scratch, new DataView(scratch.buffer), 0) === length
  }
}

/** The whole value as the text of one field. */
class RawValue implements MessageValue {
  readonly code = 'ML_FIELD'
  reason = ''
  readonly values: unknown[] = [null]
  private readonly field: TextField

  constructor(spec: FieldSpec) {
    this.field = new TextField(spec)
  }

  read(bytes: Uint8Array, _view: DataView, start: number, end: number): boolean {
    const value = this.field.read(bytes, start, end)
    if (value === undefined) {
      this.reason = `field ${JSON.stringify(this.field.spec.name)}: ${this.field.problem(bytes, start, end)}`
      return false
    }
    this.values[0] = value
    return true
  }
}

function rawField(name: unknown, fields: readonly FieldSpec[]): FieldSpec {
  const [first, second] = fields
  if (second !== undefined || first === undefined || (name !== undefined && name !== first.name)) {
    throw new MillraceError('ML_SCHEMA', {
      what: 'the raw value of a message is one field; all others must take metadata',
      got: fields.map((field) => field.name),
      where: 'raw messages',
      remedy: 'Name the part of the message that each other field takes',
    })
  }
  return first
}

function onlyOptions(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) throw refusal(`the format of a message has no option "${unknown}"`, options)
}

function refusal(what: string, got: unknown, remedy?: string): MillraceError {
  return new MillraceError('ML_RANGE', { what, got, where: 'format of messages', remedy })
}

const LF = 10
const CR = 13
