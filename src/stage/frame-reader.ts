/** Reads the frames of one edge. The layout is in `frame.ts`. */
import { ByteReader } from '../bytes/reader.ts'
import { MOST_ROWS } from '../formats/row-cursor.ts'
import { type Envelope, type Identity, MIN_TIME, ROOT_PATH } from '../time/identity.ts'
import type { Cursor } from './cell.ts'
import { type EdgeDecoder, HASH_AT, isPosition, PLACE_AT, POSITION_AT, readHead, TIME_AT, VALUE_AT } from './frame.ts'
import type { FrameRows } from './frame-rows.ts'
import type { HeldFrame, HeldFrames } from './held-frames.ts'
import { readPath } from './identity-codec.ts'
import { PlaceReader } from './place-table.ts'

export class FrameReader {
  readonly #codec: EdgeDecoder
  readonly #where: string
  readonly #places = new PlaceReader()
  /** The table read last: frames of one kind have the same. */
  #table: Uint8Array | undefined
  /** What the codec made of it. */
  #codecTable: unknown
  /** Of the record that `hold` is at. */
  readonly #identity: Cursor = { time: MIN_TIME, origin: '', split: '', position: 0, path: ROOT_PATH }

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
   * As `read`, for records that wait: calls `take` with the identity of each, which changes when that returns, and where it lies in
   * a copy of the frame. False, and nothing done, when `frames` has no room for it.
   *
   * @throws ML_CORRUPT, ML_VERSION
   */
  hold(
    frame: Uint8Array,
    frames: HeldFrames,
    take: (identity: Identity, held: HeldFrame, at: number) => void,
  ): boolean {
    const held = frames.hold(frame, this.#codec, this.#where)
    if (held === undefined) return false
    const { reader } = held
    this.#readTable(reader.bytes, reader, readHead(reader, this.#where))
    held.table = this.#codecTable
    const identity = this.#identity
    for (let at = reader.offset; reader.remaining > 0; at = reader.offset) {
      const end = this.#readEnd(reader)
      reader.i32()
      identity.time = readTime(reader)
      identity.position = readPosition(reader)
      const place = this.#places.read(reader)
      identity.origin = place.origin
      identity.split = place.split
      identity.path = readPath(reader)
      if (reader.offset > end) reader.fail('a record does not end where it says', reader.offset - end)
      held.add()
      take(identity, held, at)
      reader.offset = end
    }
    return true
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
    const { row, hashes, times, positions, placeOf, tablePlaces } = rows
    const last = bytes.length - VALUE_AT
    while (rows.count < MOST_ROWS && at < bytes.length) {
      at = rows.find(bytes, at)
      const i = rows.count
      if (i === MOST_ROWS || at === bytes.length) break
      const end = at <= last ? at + 4 + view.getUint32(at, true) : 0
      let from = at + VALUE_AT
      // An identity in the fewest bytes, or whatever it is.
      if (from <= end && end <= bytes.length && bytes[at + PLACE_AT + 1] === 0 && bytes[at + PLACE_AT + 2] === 1) {
        const place = bytes[at + PLACE_AT] - 1
        const time = view.getFloat64(at + TIME_AT, true)
        const position = view.getFloat64(at + POSITION_AT, true)
        if (place >= 0 && place < 127 && place < tablePlaces && isTime(time) && isPosition(position)) {
          times[i] = time
          positions[i] = position
          placeOf[i] = place
        } else from = this.#readAny(reader, at, rows, i)
      } else from = this.#readAny(reader, at, rows, i)
      hashes[i] = view.getInt32(at + HASH_AT, true)
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
    rows.times[i] = readTime(reader)
    rows.positions[i] = readPosition(reader)
    const place = this.#places.read(reader)
    rows.setOrigin(i, place, readPath(reader))
    return reader.offset
  }

  /** One literal, with the properties in the order of those that a source task makes: all envelopes share a hidden class. */
  #readRecord(reader: ByteReader): Envelope {
    const end = this.#readEnd(reader)
    reader.i32()
    const time = readTime(reader)
    const position = readPosition(reader)
    const { origin, split } = this.#places.read(reader)
    const path = readPath(reader)
    const value = this.#codec.decode(reader, this.#codecTable)
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
    this.#codecTable = this.#codec.readTable(table)
    table.expectEnd()
    this.#table = bytes.slice()
  }
}

function readTime(reader: ByteReader): number {
  const time = reader.f64()
  return isTime(time) ? time : reader.fail('a time must be whole milliseconds', time)
}

function readPosition(reader: ByteReader): number {
  const position = reader.f64()
  return isPosition(position) ? position : reader.fail('a position must be a whole number', position)
}

function isTime(time: number): boolean {
  return Number.isSafeInteger(time)
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
