/** Reads the frames of one edge. The layout is in `frame.ts`. */
import { ByteReader } from '../bytes/reader.ts'
import type { RowCursor } from '../formats/row-cursor.ts'
import { type Envelope, ROOT_PATH } from '../time/identity.ts'
import type { Cursor } from './cell.ts'
import { type EdgeDecoder, readHead } from './frame.ts'
import { readPath } from './identity-codec.ts'
import { PlaceReader } from './place-table.ts'

/** Length, hash, and the longest identity that `readShort` takes: a place, a time, a position of seven bytes, a path. */
const LONGEST_SHORT = 26
/** What the eighth byte of a position would be multiplied by. */
const MOST_SCALE = 0x2000000000000

export class FrameReader {
  readonly #codec: EdgeDecoder
  readonly #where: string
  readonly #places = new PlaceReader()
  /** The table read last: frames of one kind have the same. */
  #table: Uint8Array | undefined

  constructor(codec: EdgeDecoder, where: string) {
    this.#codec = codec
    this.#where = where
  }

  /**
   * Calls `take` with each record of a frame; its bytes are free when this returns.
   *
   * @throws ML_CORRUPT, ML_VERSION
   */
  read(frame: Uint8Array, take: (envelope: Envelope) => void): void {
    const reader = new ByteReader(frame, this.#where)
    this.#readTable(frame, reader, readHead(reader, this.#where))
    while (reader.remaining > 0) take(this.#readRecord(reader))
  }

  /**
   * As `read`, with the rows where they lie: calls `take` with the hash of each row's key when `row` has come to it and
   * `cursor` holds its identity.
   *
   * @throws ML_CORRUPT, ML_VERSION
   */
  readRows(frame: Uint8Array, row: RowCursor, cursor: Cursor, take: (hash: number) => void): void {
    const reader = new ByteReader(frame, this.#where)
    this.#readTable(frame, reader, readHead(reader, this.#where))
    row.begin(frame, reader)
    const { view } = reader
    const last = frame.length - LONGEST_SHORT
    for (let at = reader.offset; at < frame.length; ) {
      // The longest identity is looked at without asking for each part whether it is there.
      const end = at <= last ? at + 4 + view.getUint32(at, true) : 0
      let from = end > 0 && end <= frame.length ? this.#readShort(frame, view, at + 8, cursor) : 0
      if (from === 0) from = this.#readAny(reader, at, cursor)
      const hash = view.getInt32(at + 4, true)
      at += 4 + view.getUint32(at, true)
      row.next(from, at)
      take(hash)
    }
    row.end()
  }

  /** The identity of a record straight from its source, in the fewest bytes, and where it ends; 0 when it is another. */
  #readShort(bytes: Uint8Array, view: DataView, at: number, cursor: Cursor): number {
    const place = this.#places.of(bytes[at])
    const time = view.getFloat64(at + 1, true)
    at += 9
    let position = bytes[at++]
    if (position > 127) {
      position &= 127
      let scale = 128
      let byte: number
      do {
        byte = bytes[at++]
        position += (byte & 127) * scale
        scale *= 128
      } while (byte > 127 && scale < MOST_SCALE)
      if (byte > 127 || byte === 0) return 0
    }
    // The root path, as it is written.
    if (place === undefined || bytes[at] !== 0 || bytes[at + 1] !== 1 || !Number.isSafeInteger(time)) return 0
    cursor.origin = place.origin
    cursor.split = place.split
    cursor.time = time
    cursor.position = position
    cursor.path = ROOT_PATH
    return at + 2
  }

  /** The identity of the record at `at`, whatever it is, and where it ends. */
  #readAny(reader: ByteReader, at: number, cursor: Cursor): number {
    reader.offset = at
    this.#readEnd(reader)
    reader.i32()
    this.#readIdentity(reader, cursor)
    return reader.offset
  }

  #readIdentity(reader: ByteReader, cursor: Cursor): void {
    const { origin, split } = this.#places.read(reader)
    cursor.origin = origin
    cursor.split = split
    cursor.time = readTime(reader)
    cursor.position = reader.varint()
    cursor.path = readPath(reader)
  }

  /** One literal, with the properties in the order of those that a source task makes: all envelopes share a hidden class. */
  #readRecord(reader: ByteReader): Envelope {
    const end = this.#readEnd(reader)
    reader.i32()
    const { origin, split } = this.#places.read(reader)
    const time = readTime(reader)
    const position = reader.varint()
    const path = readPath(reader)
    const value = this.#codec.decode(reader)
    if (reader.offset !== end) reader.fail('a record does not end where it says', reader.offset - end)
    return { time, origin, split, position, path, value }
  }

  /** Where the record ends whose length comes next. */
  #readEnd(reader: ByteReader): number {
    const length = reader.u32()
    if (length > reader.remaining) reader.fail('a record is longer than its frame', length)
    return reader.offset + length
  }

  #readTable(frame: Uint8Array, reader: ByteReader, length: number): void {
    const bytes = reader.raw(length)
    if (this.#table !== undefined && same(bytes, this.#table)) return
    this.#table = undefined
    const table = new ByteReader(frame, this.#where, reader.offset - length, reader.offset)
    this.#places.readTable(table)
    this.#codec.readTable(table)
    table.expectEnd()
    this.#table = bytes.slice()
  }
}

function readTime(reader: ByteReader): number {
  const time = reader.f64()
  return Number.isSafeInteger(time) ? time : reader.fail('a time must be whole milliseconds', time)
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
