/** Reads the frames of one edge. The layout is in `frame.ts`. */
import { ByteReader } from '../bytes/reader.ts'
import { MOST_ROWS } from '../formats/row-cursor.ts'
import type { Envelope } from '../time/identity.ts'
import { type EdgeDecoder, readHead } from './frame.ts'
import type { FrameRows } from './frame-rows.ts'
import { readPath } from './identity-codec.ts'
import { PlaceReader } from './place-table.ts'

/** Length, hash, and the longest identity that `readShort` takes: a place, a time, a position of eight bytes, a path. */
const LONGEST_SHORT = 27
/** What a ninth byte of a position would be multiplied by. */
const MOST_SCALE = 0x100000000000000

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
   * As `read`, with the rows where they lie: calls `take` whenever `rows` holds some.
   *
   * @throws ML_CORRUPT, ML_VERSION
   */
  readRows(frame: Uint8Array, rows: FrameRows, take: () => void): void {
    const reader = new ByteReader(frame, this.#where)
    this.#readTable(frame, reader, readHead(reader, this.#where))
    rows.row.begin(frame, reader)
    for (let at = reader.offset; at < frame.length; ) {
      let damage: unknown
      rows.clear(this.#places.places)
      try {
        at = this.#readSome(frame, reader, at, rows)
      } catch (error) {
        damage = error
      }
      // Those before the damaged one are whole.
      if (rows.count > 0) take()
      if (damage !== undefined) throw damage
    }
    rows.row.end()
  }

  /** Fills `rows` from `at` on, and returns where the next one begins. */
  #readSome(bytes: Uint8Array, reader: ByteReader, at: number, rows: FrameRows): number {
    const { view } = reader
    const { row, hashes } = rows
    const last = bytes.length - LONGEST_SHORT
    for (let i = 0; i < MOST_ROWS && at < bytes.length; i++) {
      // The longest identity is looked at without asking for each part whether it is there.
      const end = at <= last ? at + 4 + view.getUint32(at, true) : 0
      let from = end > 0 && end <= bytes.length ? readShort(bytes, view, at + 8, rows, i) : 0
      if (from === 0) from = this.#readAny(reader, at, rows, i)
      hashes[i] = view.getInt32(at + 4, true)
      at += 4 + view.getUint32(at, true)
      row.place(i, from, at)
      rows.count = i + 1
    }
    return at
  }

  /** The identity of the record at `at`, whatever it is, and where it ends. */
  #readAny(reader: ByteReader, at: number, rows: FrameRows, i: number): number {
    reader.offset = at
    this.#readEnd(reader)
    reader.i32()
    const place = this.#places.read(reader)
    rows.times[i] = readTime(reader)
    rows.positions[i] = reader.varint()
    rows.setOrigin(i, place, readPath(reader))
    return reader.offset
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

/** The identity of a record straight from its source, in the fewest bytes, and where it ends; 0 when it is another. */
function readShort(bytes: Uint8Array, view: DataView, at: number, rows: FrameRows, i: number): number {
  const place = bytes[at] - 1
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
  if (place < 0 || place > 126 || place >= rows.tablePlaces) return 0
  // The root path, as it is written.
  if (bytes[at] !== 0 || bytes[at + 1] !== 1) return 0
  if (!(position <= Number.MAX_SAFE_INTEGER && Number.isSafeInteger(time))) return 0
  rows.placeOf[i] = place
  rows.times[i] = time
  rows.positions[i] = position
  return at + 2
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
