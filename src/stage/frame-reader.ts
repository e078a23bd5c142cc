/** Reads the frames of one edge. The layout is in `frame.ts`. */
import { ByteReader } from '../bytes/reader.ts'
import type { Envelope } from '../time/identity.ts'
import { type EdgeDecoder, readHead } from './frame.ts'
import { readPath } from './identity-codec.ts'
import { PlaceReader } from './place-table.ts'

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

  /** One literal, with the properties in the order of those that a source task makes: all envelopes share a hidden class. */
  #readRecord(reader: ByteReader): Envelope {
    const length = reader.u32()
    if (length > reader.remaining) reader.fail('a record is longer than its frame', length)
    const end = reader.offset + length
    reader.i32()
    const { origin, split } = this.#places.read(reader)
    const time = reader.f64()
    if (!Number.isSafeInteger(time)) reader.fail('a time must be whole milliseconds', time)
    const position = reader.varint()
    const path = readPath(reader)
    const value = this.#codec.decode(reader)
    if (reader.offset !== end) reader.fail('a record does not end where it says', reader.offset - end)
    return { time, origin, split, position, path, value }
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

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
