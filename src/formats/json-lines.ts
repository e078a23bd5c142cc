import { utf8Read } from '../bytes/utf8.ts'
import { MillraceError } from '../errors.ts'
import type { Decoder, DecoderState, Rejection } from './decoder.ts'
import { JsonRecord } from './json-record.ts'
import { RAW_BYTES, rawText } from './raw-text.ts'
import type { RecordSchema } from './schema.ts'

export interface JsonLinesOptions {
  /** Longest line, its line break excluded; 1 MiB by default. Longer ones are rejected. Bounds the memory of a split. */
  readonly maxRecordBytes?: number
}

/**
 * Decodes JSON lines, one object a line, to the records of a schema.
 *
 * Accepts LF and CRLF, a byte order mark, blanks between tokens, properties in any order, escapes, and a last line
 * without line break. Lines of blanks only are skipped. Properties that no field names are ignored, though checked; a
 * nullable field may be missing. A line is rejected, as a whole, when
 * - it is not one JSON object, or has text after it, a name twice, more than 64 levels, a lone surrogate or NUL (raw or
 *   escaped), or bytes that are not UTF-8;
 * - a field is missing or not of its type: numbers must be finite, integers exact; `12.0` is an integer, `"12"` is none;
 * - it is longer than `maxRecordBytes`; then it is not held in memory.
 * `__proto__` and `constructor` are names like others.
 *
 * @param resume the state of an earlier decoder; the bytes to come start at its `consumed`
 * @throws ML_RANGE for a wrong option
 */
export function jsonDecoder<T>(
  schema: RecordSchema<T>,
  options: JsonLinesOptions | Readonly<Record<string, unknown>> = {},
  resume?: DecoderState,
): JsonDecoder<T> {
  return new JsonDecoder(schema, options, resume)
}

/** See `jsonDecoder`. Holds the bytes of the current line, the chunk after it, and at most `maxRecordBytes` more. */
export class JsonDecoder<T> implements Decoder<T> {
  rejected = false
  record!: T
  rejection: Rejection = { code: 'ML_MALFORMED', reason: '', raw: '' }
  position: number
  consumed: number
  row: number

  private readonly maxRecordBytes: number
  private readonly reader: JsonRecord<T>
  private readonly check: RecordSchema<T>['check']
  private pieces: number
  private started: boolean
  private ended = false

  private buffer = new Uint8Array(1 << 16)
  private view = new DataView(this.buffer.buffer)
  private from = 0 // the unread bytes are buffer[from..have)
  private whole = 0 // the lines before it are whole
  private have = 0
  private base: number // offset in the stream of buffer[0]

  private skipping = false
  private skipStart = 0 // offset in the stream of the line that is skipped
  private readonly head = new Uint8Array(RAW_BYTES + 1)
  private headLength = 0

  constructor(
    schema: RecordSchema<T>,
    options: JsonLinesOptions | Readonly<Record<string, unknown>>,
    resume?: DecoderState,
  ) {
    this.maxRecordBytes = maxRecordBytes(options)
    this.reader = new JsonRecord<T>(schema.fields)
    this.check = schema.check
    this.base = this.position = this.consumed = resume?.consumed ?? 0
    this.row = this.pieces = resume?.row ?? 0
    this.started = this.base > 0
  }

  push(chunk: Uint8Array): void {
    if (this.ended)
      throw new MillraceError('ML_RANGE', { what: 'push must not follow end', where: 'JSON lines decoder' })
    this.makeRoom(chunk.length + 1) // one more for the line feed that ends every scan
    this.buffer.set(chunk, this.have)
    const feed = chunk.lastIndexOf(LF)
    if (feed >= 0) this.whole = this.have + feed + 1
    this.have += chunk.length
    this.buffer[this.have] = LF
  }

  end(): void {
    this.ended = true
    this.buffer[this.have] = LF
    this.whole = this.have
  }

  next(): boolean {
    if (!this.started && !this.start()) return false
    if (this.skipping) return this.skip()
    while (this.from < this.whole) {
      const next = this.reader.read(this.buffer, this.view, this.from)
      if (next >= 0) return this.take(next)
      if (this.refuse()) return true
    }
    if (this.have - this.from < this.maxRecordBytes + 2) return false
    this.skipping = true // a line break at the next byte would come too late, even CRLF
    this.skipStart = this.base + this.from
    this.headLength = 0
    return this.skip()
  }

  state(): DecoderState {
    return { consumed: this.consumed, row: this.pieces, header: null }
  }

  /** Steps over a byte order mark; false until it is known whether there is one. */
  private start(): boolean {
    const { buffer, from, have } = this
    const length = Math.min(have - from, 3)
    for (let i = 0; i < length; i++) if (buffer[from + i] !== BYTE_ORDER_MARK[i]) return (this.started = true)
    if (length < 3) return this.ended && (this.started = true)
    this.from += 3
    return (this.started = true)
  }

  /** Hands out the record that was read; its line feed is at `feed`. */
  private take(feed: number): true {
    if (feed - this.from > this.maxRecordBytes && this.lineLength(feed) > this.maxRecordBytes) {
      this.reject('ML_RECORD_SIZE', this.tooLong(), feed)
    } else {
      this.rejected = false
      this.record = this.reader.record
      const problem = this.check?.(this.record)
      if (problem !== undefined) this.reject('ML_CHECK', problem, feed)
    }
    return this.handOut(this.base + this.from, feed)
  }

  /** Hands out the line that was not read, as rejected; false when it is blank. */
  private refuse(): boolean {
    const { buffer, from, reader } = this
    const feed = buffer.indexOf(LF, from)
    if (this.lineLength(feed) > this.maxRecordBytes) {
      this.reject('ML_RECORD_SIZE', this.tooLong(), feed)
    } else {
      let at = from
      while (buffer[at] === 32 || buffer[at] === 9 || buffer[at] === CR) at++
      if (at === feed) {
        this.from = Math.min(feed + 1, this.have)
        return false
      }
      this.reject(reader.code, reader.reason, feed)
    }
    return this.handOut(this.base + from, feed)
  }

  private lineLength(feed: number): number {
    return feed - this.from - (this.buffer[feed - 1] === CR && feed > this.from ? 1 : 0)
  }

  private tooLong(): string {
    return `the line is longer than ${this.maxRecordBytes} bytes`
  }

  /** Goes to the end of a line that is too long, keeping only its head; false when more bytes are needed. */
  private skip(): boolean {
    const { buffer, have, head } = this
    const feed = buffer.indexOf(LF, this.from)
    const room = Math.min(head.length - this.headLength, feed - this.from)
    head.set(buffer.subarray(this.from, this.from + room), this.headLength)
    this.headLength += room
    if (feed === have && !this.ended) {
      this.from = have
      return false
    }
    const isWhole = this.headLength === this.base + feed - this.skipStart
    if (isWhole && head[this.headLength - 1] === CR) this.headLength--
    this.skipping = false
    this.rejected = true
    this.rejection = { code: 'ML_RECORD_SIZE', reason: this.tooLong(), raw: rawText(head, 0, this.headLength) }
    return this.handOut(this.skipStart, feed)
  }

  private reject(code: Rejection['code'], reason: string, feed: number): void {
    this.rejected = true
    this.rejection = { code, reason, raw: lineText(this.buffer, this.from, this.from + this.lineLength(feed)) }
  }

  /** The piece ends at the line feed, which the last line may lack. */
  private handOut(position: number, feed: number): true {
    this.position = position
    this.from = Math.min(feed + 1, this.have)
    this.consumed = this.base + this.from
    this.row = this.pieces++
    return true
  }

  /** Makes room for `count` bytes after the unread ones, by moving these to the front or to a larger buffer. */
  private makeRoom(count: number): void {
    if (this.have + count <= this.buffer.length) return
    const { buffer, from, have } = this
    if (have - from + count > buffer.length) {
      this.buffer = new Uint8Array(Math.max(have - from + count, 2 * buffer.length))
      this.buffer.set(buffer.subarray(from, have))
      this.view = new DataView(this.buffer.buffer)
    } else {
      buffer.copyWithin(0, from, have)
    }
    this.base += from
    this.whole = Math.max(0, this.whole - from)
    this.have -= from
    this.from = 0
  }
}

/** `rawText`, which goes character by character, in one step where it changes nothing. */
function lineText(bytes: Uint8Array, start: number, end: number): string {
  const text = end - start <= RAW_BYTES ? utf8Read(bytes, start, end) : undefined
  return text === undefined || text.includes('\0') ? rawText(bytes, start, end) : text
}

function maxRecordBytes(options: JsonLinesOptions | Readonly<Record<string, unknown>>): number {
  const { maxRecordBytes = 1 << 20, ...rest } = options
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw refusal(`there is no option "${unknown}"`, rest, 'Use maxRecordBytes')
  if (
    !Number.isSafeInteger(maxRecordBytes) ||
    !((maxRecordBytes as number) >= 1 && (maxRecordBytes as number) <= 1 << 28)
  ) {
    throw refusal('maxRecordBytes must be a whole number between 1 and 256 MiB', maxRecordBytes)
  }
  return maxRecordBytes as number
}

function refusal(what: string, got: unknown, remedy?: string): MillraceError {
  return new MillraceError('ML_RANGE', { what, got, where: 'JSON lines options', remedy })
}

const LF = 10
const CR = 13
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]
