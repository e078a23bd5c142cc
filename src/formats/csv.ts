import { utf8Read } from '../bytes/utf8.ts'
import { type ErrorCode, MillraceError } from '../errors.ts'
import { type CellReader, type CellReaderOf, CsvCells } from './csv-cells.ts'
import { columnsOfFields } from './csv-header.ts'
import { type CheckedCsvOptions, type CsvOptions, csvOptions } from './csv-options.ts'
import { BROKEN, CR, CsvScanner, ESCAPED, LF, PARTIAL, ROW } from './csv-scanner.ts'
import type { Decoder, DecoderState, Rejection } from './decoder.ts'
import { rawText } from './raw-text.ts'
import type { RecordSchema } from './schema.ts'
import { SkippedPiece } from './skipped-piece.ts'

/**
 * Decodes CSV (RFC 4180) to the records of a schema.
 *
 * Accepts LF and CRLF, a byte order mark, quoted cells with delimiters, line breaks and doubled quotes, and a last line
 * without line break. Lines without any byte are skipped. What is not well-formed is rejected, never guessed:
 * - a row with too few or too many cells, NUL, invalid UTF-8, or a cell that is not of its field's type: that row;
 * - a quote inside an unquoted cell, text after a closing quote, a lone carriage return: up to the next line feed;
 * - a quote that is not closed within `maxRecordBytes`, or at all: the line in which it opens;
 * - a row longer than `maxRecordBytes`: that row, without being held in memory.
 *
 * Columns are found by name (see `CsvOptions.columns` for files without a header line); others are ignored.
 *
 * @param resume the state of an earlier decoder; the bytes to come start at its `consumed`
 * @throws ML_RANGE for a wrong option; `next()` throws ML_SCHEMA when the header lacks a field or cannot be read
 */
export function csvDecoder<T>(
  schema: RecordSchema<T>,
  options: CsvOptions | Readonly<Record<string, unknown>> = {},
  resume?: DecoderState,
): CsvDecoder<T> {
  return new CsvDecoder(schema, options, resume)
}

/** See `csvDecoder`. Holds the bytes of the current row, the chunk after it, and at most `maxRecordBytes` more. */
export class CsvDecoder<T> implements Decoder<T> {
  rejected = false
  record!: T
  rejection: Rejection = { code: 'ML_MALFORMED', reason: '', raw: '' }
  position: number
  consumed: number
  row: number
  /** Columns that no field names; empty until the header was read. */
  ignoredColumns: readonly string[] = []

  private readonly schema: RecordSchema<T>
  private readonly options: CheckedCsvOptions
  private readonly scanner: CsvScanner
  private header: readonly string[] | null
  private readonly cellsOf: CellReaderOf<T>
  private cells: CellReader<T> | undefined
  /** Columns; 0 until the header was read. */
  width = 0
  private pieces: number
  private started: boolean
  private ended = false

  private buffer = new Uint8Array(1 << 16)
  private from = 0 // the unread bytes are buffer[from..have)
  private have = 0
  private whole = 0 // after the last line feed: before it no row is cut off
  private base: number // offset in the stream of buffer[0]
  private seen = 0 // a partial row was scanned to here, and no line feed has come since

  private readonly skipped = new SkippedPiece()
  private skipping = false

  /** @param cellsOf reads the cells of a row otherwise than to a record of the schema */
  constructor(
    schema: RecordSchema<T>,
    options: CsvOptions | Readonly<Record<string, unknown>>,
    resume?: DecoderState,
    cellsOf: CellReaderOf<T> = (columns, nulls) => new CsvCells<T>(schema.fields, columns, nulls),
  ) {
    this.schema = schema
    this.cellsOf = cellsOf
    this.options = csvOptions(options)
    this.base = this.position = this.consumed = resume?.consumed ?? 0
    this.row = this.pieces = resume?.row ?? 0
    this.header = this.options.header ? (resume?.header ?? null) : null
    this.started = this.base > 0
    if (this.started && this.options.header && this.header === null) {
      const what = 'the position lies past the header, which is missing'
      throw new MillraceError('ML_CORRUPT', { what, got: resume, where: 'CSV decoder' })
    }
    this.scanner = new CsvScanner(this.options.delimiter.charCodeAt(0), false)
    if (!this.options.header) this.useColumns(this.options.columns ?? schema.fields.map((field) => field.name))
    else if (this.header !== null) this.useColumns(this.header)
  }

  push(chunk: Uint8Array): void {
    if (this.ended) throw new MillraceError('ML_RANGE', { what: 'push must not follow end', where: 'CSV decoder' })
    const unread = this.have - this.from
    const needed = unread + chunk.length + BEHIND
    if (needed > this.buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.buffer.length))
      larger.set(this.buffer.subarray(this.from, this.have))
      this.buffer = larger
      this.moved()
      this.cells?.look?.(larger)
    } else if (this.have + chunk.length + BEHIND > this.buffer.length) {
      this.buffer.copyWithin(0, this.from, this.have)
      this.moved()
    }
    this.buffer.set(chunk, this.have)
    const feed = chunk.lastIndexOf(LF)
    if (feed >= 0) this.whole = this.have + feed + 1
    this.have += chunk.length
  }

  end(): void {
    this.ended = true
  }

  next(): boolean {
    this.buffer[this.have] = LF
    if (!this.started && !this.start()) return false
    if (this.cells === undefined && !this.readHeader()) return false
    if (this.skipping) return this.skip()
    if (this.from < this.whole && (this.cells as CellReader<T>).quickRow !== undefined && this.quick()) return true
    const found = this.scan()
    return found === ROW ? this.take() : found === BROKEN && this.skip()
  }

  /** Takes an ordinary row without scanning it first, where the reader of cells can. */
  private quick(): boolean {
    const { from } = this
    const next = (this.cells as Required<CellReader<T>>).quickRow(this.buffer, from, this.have)
    if (next < 0 || next - from > this.options.maxRecordBytes) return false
    this.rejected = false
    this.record = (this.cells as CellReader<T>).record
    this.handOut(this.base + from, next)
    return true
  }

  state(): DecoderState {
    return { consumed: this.consumed, row: this.pieces, header: this.header }
  }

  /** Steps over a byte order mark; false until it is known whether there is one. */
  private start(): boolean {
    const { buffer, from, have } = this
    const length = Math.min(have - from, 3)
    for (let i = 0; i < length; i++) {
      if (buffer[from + i] !== BYTE_ORDER_MARK[i]) return (this.started = true)
    }
    if (length < 3) return this.ended && (this.started = true)
    this.from += 3
    return (this.started = true)
  }

  private readHeader(): boolean {
    const scanner = new CsvScanner(this.options.delimiter.charCodeAt(0), true)
    const found = this.scan(scanner)
    if (found === PARTIAL) return false
    const { buffer } = this
    if (found === BROKEN || scanner.hasNul)
      throw this.unreadable(found === BROKEN ? this.skipped.reason : 'it has a NUL byte')
    this.header = Array.from({ length: scanner.cells }, (_, i) => {
      const text = utf8Read(buffer, scanner.starts[i], scanner.ends[i])
      if (text === undefined) throw this.unreadable('it is not valid UTF-8')
      return (scanner.flags[i] & ESCAPED) === 0 ? text : text.replaceAll('""', '"')
    })
    this.useColumns(this.header)
    this.from = scanner.next
    this.consumed = this.base + this.from
    return true
  }

  private unreadable(how: string): MillraceError {
    return new MillraceError('ML_SCHEMA', {
      what: `the CSV header cannot be read: ${how}`,
      got: rawText(this.buffer, this.from, Math.min(this.have, this.from + 80)),
      where: 'the CSV header',
      remedy: 'The first line must name the columns, in UTF-8, separated by the delimiter',
    })
  }

  private useColumns(names: readonly string[]): void {
    const { fields } = this.schema
    const used = new Set(fields.map((field) => field.name))
    this.ignoredColumns = names.filter((name) => !used.has(name))
    this.width = names.length
    this.cells = this.cellsOf(columnsOfFields(fields, names), this.options.nullValues)
    this.cells.look?.(this.buffer)
    this.scanner.expectCells(names.length)
  }

  /**
   * Finds the next row. ROW: it is in the scanner. PARTIAL: more bytes are needed, or there are none. BROKEN: the piece
   * is given up, and is now being skipped.
   *
   * What is found depends on the bytes alone, not on the chunks: a row is judged by its first `maxRecordBytes + 2`
   * bytes (the line break included), even when more of it is there.
   */
  private scan(scanner: CsvScanner = this.scanner): number {
    this.skipBlankLines()
    const { buffer, from, have } = this
    if (from === have) return PARTIAL
    const limit = from + this.options.maxRecordBytes + 2
    if (have < limit && this.seen > from && !this.ended) {
      const feed = buffer.indexOf(LF, this.seen)
      if (feed === have) return this.waitForMore() // a row ends with a line feed, and none has come
    }
    const to = have < limit ? have : limit
    const atLimit = buffer[to]
    buffer[to] = LF
    const found = scanner.scan(buffer, from, to, this.ended && to === have && to < limit)
    buffer[to] = atLimit
    if (found === ROW) return scanner.end - from <= this.options.maxRecordBytes ? ROW : this.tooLong(scanner)
    if (found === PARTIAL) return to < limit ? this.waitForMore() : this.tooLong(scanner, to)
    return this.broken(scanner)
  }

  private waitForMore(): number {
    this.seen = this.have
    return PARTIAL
  }

  private skipBlankLines(): void {
    const { buffer, have } = this
    let { from } = this
    for (;;) {
      if (from < have && buffer[from] === LF) from++
      else if (buffer[from] === CR && from + 1 < have && buffer[from + 1] === LF) from += 2
      else break
    }
    this.from = from
  }

  /** Turns the scanned row into a record or a rejection. */
  private take(): true {
    const { scanner, cells, schema, from } = this
    const { next } = scanner
    let code: ErrorCode = 'ML_MALFORMED'
    let reason: string | undefined
    if (scanner.hasNul) {
      reason = 'the row has a NUL byte'
    } else if (scanner.hasNonAscii && utf8Read(this.buffer, from, scanner.end) === undefined) {
      reason = 'the row is not valid UTF-8'
    } else if (scanner.cells !== this.width) {
      reason = `the row has ${scanner.cells} ${scanner.cells === 1 ? 'cell' : 'cells'}, not ${this.width}`
    } else if (!(cells as CellReader<T>).read(this.buffer, scanner)) {
      code = 'ML_FIELD'
      reason = (cells as CellReader<T>).problem
    } else {
      this.record = (cells as CellReader<T>).record
      if (schema.check !== undefined) {
        code = 'ML_CHECK'
        reason = schema.check(this.record)
      }
    }
    if (reason !== undefined) this.reject(code, reason, rawText(this.buffer, from, scanner.end))
    else this.rejected = false
    this.handOut(this.base + from, next)
    return true
  }

  /** The row ended past the limit, or the limit came first, at `to`. */
  private tooLong(scanner: CsvScanner, to = scanner.end): number {
    const limit = this.options.maxRecordBytes
    if (scanner.openQuote >= 0) {
      return this.unclosed(scanner.openQuote, to, 'ML_RECORD_SIZE', `a quote is not closed within ${limit} bytes`)
    }
    return this.skipFrom(to, 'ML_RECORD_SIZE', `the row is longer than ${limit} bytes`)
  }

  private broken(scanner: CsvScanner): number {
    const { openQuote, at, problem } = scanner
    return openQuote < 0
      ? this.skipFrom(at, 'ML_MALFORMED', problem)
      : this.unclosed(openQuote, at, 'ML_MALFORMED', problem)
  }

  /** Nothing tells where the quoted cell was meant to end; the next line is the best place to go on. */
  private unclosed(quote: number, to: number, code: ErrorCode, reason: string): number {
    const feed = this.buffer.indexOf(LF, quote)
    return this.skipFrom(feed >= 0 && feed < to ? feed : to, code, reason)
  }

  /** Gives up the piece that starts at `from`; it lasts to the first line feed at or after `at`. */
  private skipFrom(at: number, code: ErrorCode, reason: string): number {
    this.skipping = true
    this.skipped.start(this.base + this.from, code, reason)
    this.seen = at
    return BROKEN
  }

  /** Goes to the end of the piece that is given up, keeping only its head; false when more bytes are needed. */
  private skip(): boolean {
    const { buffer, have, skipped } = this
    const feed = buffer.indexOf(LF, this.seen)
    skipped.add(buffer, this.from, feed)
    if (feed === have && !this.ended) {
      this.from = this.seen = have
      return false
    }
    this.reject(skipped.code, skipped.reason, skipped.raw())
    this.skipping = false
    this.handOut(skipped.position, feed === have ? have : feed + 1)
    return true
  }

  private reject(code: ErrorCode, reason: string, raw: string): void {
    this.rejected = true
    this.rejection = { code, reason, raw }
  }

  private handOut(position: number, next: number): void {
    this.position = position
    this.from = next
    this.consumed = this.base + next
    this.row = this.pieces++
  }

  /** The unread bytes are now at the start of the buffer. */
  private moved(): void {
    this.base += this.from
    this.have -= this.from
    this.whole = Math.max(0, this.whole - this.from)
    this.seen = Math.max(0, this.seen - this.from)
    this.from = 0
  }
}

/** Bytes kept behind what was pushed: the line feed that ends every scan, and what is read with it at once. */
const BEHIND = 8
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]
