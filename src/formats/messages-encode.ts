import { utf8Length, utf8Write } from '../bytes/utf8.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { AvroEncoder } from './avro-encode.ts'
import { encodeJson } from './json-encode.ts'
import type { ValueFormat } from './message-value.ts'
import { hasOwn, isBytes } from './value-check.ts'

export interface MessagesEncodeOptions {
  /** How the value of a message is written: the whole row as JSON or Avro, or one property of it as text. */
  readonly value: ValueFormat
  /** The property of the row that is the key, `a.b` inside another; null or absent: messages have no key. */
  readonly key?: string | null
  /** Headers by name, each from a property of the row. */
  readonly headers?: { readonly [name: string]: string }
  /** The property that is the timestamp, in milliseconds; null: none. Absent: the event time of the row, where there is one. */
  readonly timestamp?: string | null
  /** Bytes of key, headers and value that a message may take; a row of more is refused. Absent: any number. */
  readonly maxRecordBytes?: number
}

/** Writes the value of a row behind its length, -1 for a message without one. */
type ValueWriter = (row: unknown, writer: ByteWriter) => void

/** A property of rows, by its path. */
interface Path {
  readonly text: string
  readonly steps: readonly string[]
}

const NONE = -1
/** Length, offset and timestamp of a frame. */
const HEAD_BYTES = 20
const LONE_SURROGATE = /[\ud800-\udfff]/u

/**
 * The encoder of these options, which may be the format of a plan: its `name` is ignored.
 *
 * @throws ML_RANGE for an option that is unknown or not of its kind
 */
export function messagesEncoder(options: MessagesEncodeOptions | Readonly<Record<string, unknown>>): MessagesEncoder {
  return new MessagesEncoder(options)
}

/**
 * Writes rows as message frames (`message.ts`): the offset of each is its ordinal in the sink.
 *
 * Key and headers are texts, numbers, booleans or bigints, written as text in UTF-8; bytes go as they are. A row without
 * the property that the key, a header or the timestamp is taken from is refused; a header may be null.
 *
 * @throws ML_VALUE naming the path, for what cannot be written
 */
export class MessagesEncoder {
  private readonly writeValue: ValueWriter
  private readonly key: Path | undefined
  private readonly headers: readonly { readonly name: Uint8Array; readonly path: Path }[]
  private readonly timestamp: Path | null | undefined
  private readonly maxRecordBytes: number

  constructor(options: MessagesEncodeOptions | Readonly<Record<string, unknown>>) {
    const given: Record<string, unknown> = { ...options }
    const { name: _, value, key, headers = {}, timestamp, maxRecordBytes = Number.POSITIVE_INFINITY, ...rest } = given
    const [unknown] = Object.keys(rest)
    if (unknown !== undefined) throw wrongOption(`messages have no option "${unknown}"`, rest)
    this.writeValue = valueWriter(value as ValueFormat | undefined)
    this.key = key === undefined || key === null ? undefined : pathOf(key, 'key')
    this.headers = Object.entries(headers as object).map(([name, path]) => ({
      name: headerName(name),
      path: pathOf(path, `header "${name}"`),
    }))
    if (this.headers.length > 0xffff) throw wrongOption('a message has too many headers', this.headers.length)
    this.timestamp = timestamp === undefined || timestamp === null ? timestamp : pathOf(timestamp, 'timestamp')
    if (!((maxRecordBytes as number) >= 1)) throw wrongOption('maxRecordBytes must be 1 or more', maxRecordBytes)
    this.maxRecordBytes = maxRecordBytes as number
  }

  /**
   * Writes a row as one frame.
   *
   * @param ordinal count of the rows of the sink before it
   * @param time its event time; NaN where the pipeline has none
   */
  encode(row: unknown, writer: ByteWriter, ordinal: number, time: number): void {
    const start = writer.length
    writer.u32(0)
    writer.f64(ordinal)
    writer.f64(this.timestamp === undefined ? time : this.timestamp === null ? NaN : timeOf(row, this.timestamp))
    if (this.key === undefined) writer.i32(NONE)
    else writeText(given(row, this.key), this.key, writer)
    writer.u16(this.headers.length)
    for (const { name, path } of this.headers) {
      writer.u16(name.length)
      writer.raw(name)
      const value = given(row, path)
      if (value === null) writer.i32(NONE)
      else writeText(value, path, writer)
    }
    this.writeValue(row, writer)
    const bytes = writer.length - start - HEAD_BYTES
    if (bytes > this.maxRecordBytes) throw tooLarge(bytes, this.maxRecordBytes)
    writer.patchU32(start, writer.length - start - 4)
  }
}

function valueWriter(format: ValueFormat | undefined): ValueWriter {
  const { name, ...options } = format ?? { name: undefined }
  if (name === 'avro') {
    const encoder = new AvroEncoder(options)
    return (row, writer) => behindLength(writer, () => encoder.encode(row, writer))
  }
  const unknown = Object.keys(options).find((option) => name !== 'raw' || option !== 'field')
  if (unknown !== undefined) throw wrongOption(`the format of a message has no option "${unknown}"`, options)
  if (name === 'json') return writeJson
  if (name !== 'raw') throw wrongOption("the value of a message is written as 'json', 'raw' or avro(...)", name)
  const path = pathOf((options as { field?: unknown }).field, 'value')
  return (row, writer) => {
    const value = given(row, path)
    if (value === null) writer.i32(NONE)
    else writeText(value, path, writer)
  }
}

function writeJson(row: unknown, writer: ByteWriter): void {
  behindLength(writer, () => encodeJson(row, writer))
}

function behindLength(writer: ByteWriter, write: () => void): void {
  const start = writer.length
  writer.u32(0)
  write()
  writer.patchU32(start, writer.length - start - 4)
}

/** Length and bytes of what can stand as text. */
function writeText(value: unknown, path: Path, writer: ByteWriter): void {
  if (typeof value === 'object' && value !== null && isBytes(value)) {
    writer.i32(value.length)
    writer.raw(value)
    return
  }
  const isNumber = typeof value === 'number' && value - value === 0
  if (!isNumber && typeof value !== 'string' && typeof value !== 'boolean' && typeof value !== 'bigint') {
    throw refusal(path, 'is no text, finite number, boolean or bigint', value)
  }
  const text = String(value)
  if (LONE_SURROGATE.test(text)) throw refusal(path, 'has a lone surrogate', value)
  const length = utf8Length(text)
  writer.i32(length)
  const start = writer.room(length)
  utf8Write(text, writer.bytes, start)
}

function timeOf(row: unknown, path: Path): number {
  const time = given(row, path)
  if (time === null) return NaN
  if (!Number.isSafeInteger(time) || (time as number) < 0) {
    throw refusal(path, 'is no time: whole milliseconds since 1970', time)
  }
  return time as number
}

/** The property at the path, which must be there. */
function given(row: unknown, path: Path): unknown {
  const { steps } = path
  let value = row
  for (let i = 0; i < steps.length; i++) {
    const isThere = typeof value === 'object' && value !== null && hasOwn.call(value, steps[i])
    value = isThere ? (value as Record<string, unknown>)[steps[i]] : undefined
  }
  if (value === undefined) throw refusal(path, 'is missing', row)
  return value
}

function pathOf(path: unknown, of: string): Path {
  const steps = typeof path === 'string' ? path.split('.') : ['']
  if (steps.includes(''))
    throw wrongOption(`the ${of} of messages must be the path of a property, such as 'input.id'`, path)
  return { text: path as string, steps }
}

function headerName(name: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(name))
  utf8Write(name, bytes, 0)
  if (bytes.length === 0 || bytes.length > 0xffff) throw wrongOption('a header needs a name of at most 64 KiB', name)
  return bytes
}

function refusal({ text }: Path, what: string, got: unknown): MillraceError {
  return new MillraceError('ML_VALUE', { what: `"${text}" of the row ${what}`, got, where: 'message' })
}

function tooLarge(bytes: number, most: number): MillraceError {
  return new MillraceError('ML_VALUE', {
    what: `the message takes ${bytes} bytes, more than the ${most} of maxRecordBytes`,
    where: 'message',
    remedy: 'Write less of the row, or raise maxRecordBytes of the sink and max.message.bytes of the topic',
  })
}

function wrongOption(what: string, got: unknown): MillraceError {
  return new MillraceError('ML_RANGE', { what, got, where: 'format of messages' })
}
