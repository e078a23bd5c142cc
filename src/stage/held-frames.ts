/**
 * Frames whose records a stage holds back: their values stay bytes until their time has come, so that a record that waits
 * is no object, whatever it is made of.
 */
import { ByteReader } from '../bytes/reader.ts'
import { type EdgeDecoder, PLACE_AT, VALUE_AT } from './frame.ts'
import { readPath } from './identity-codec.ts'

/** Frames held at most. Records beyond it are held as objects, which the limit of the heap counts. */
const MOST_BYTES = 1 << 26
/** The smallest buffer. */
const LEAST_BYTES = 1 << 12
/** Of buffers kept for the next frames. */
const MOST_SPARE_BYTES = 1 << 22

export class HeldFrames {
  /** By their size, a power of two. */
  readonly #spare = new Map<number, Uint8Array[]>()
  #spareBytes = 0
  #bytes = 0

  /** A copy of a frame of one edge; undefined when too much is held. */
  hold(frame: Uint8Array, codec: EdgeDecoder, where: string): HeldFrame | undefined {
    if (frame.length > MOST_BYTES) return undefined
    const size = Math.max(LEAST_BYTES, 1 << (32 - Math.clz32(frame.length - 1)))
    if (this.#bytes + size > MOST_BYTES) return undefined
    this.#bytes += size
    let bytes = this.#spare.get(size)?.pop()
    if (bytes === undefined) bytes = new Uint8Array(size)
    else this.#spareBytes -= size
    bytes.set(frame)
    return new HeldFrame(this, new ByteReader(bytes, where, 0, frame.length), codec)
  }

  /** Takes back the buffer of a frame that nothing is read of any more. */
  release(bytes: Uint8Array): void {
    const size = bytes.length
    this.#bytes -= size
    if (this.#spareBytes + size > MOST_SPARE_BYTES) return
    this.#spareBytes += size
    const spare = this.#spare.get(size)
    if (spare === undefined) this.#spare.set(size, [bytes])
    else spare.push(bytes)
  }
}

/** A frame of which records are held; each is known by where it begins. */
export class HeldFrame {
  readonly reader: ByteReader
  /** What the codec has made of the frame's table. */
  table: unknown
  readonly #owner: HeldFrames
  readonly #codec: EdgeDecoder
  #count = 0

  constructor(owner: HeldFrames, reader: ByteReader, codec: EdgeDecoder) {
    this.#owner = owner
    this.reader = reader
    this.#codec = codec
  }

  /** One more record is held. */
  add(): void {
    this.#count++
  }

  /** The value of the record at `at`. @throws ML_CORRUPT */
  value(at: number): unknown {
    const { reader } = this
    const { bytes } = reader
    // An identity in the fewest bytes, or whatever it is.
    if (bytes[at + PLACE_AT] !== 0 && bytes[at + PLACE_AT + 1] === 0 && bytes[at + PLACE_AT + 2] === 1) {
      reader.offset = at + VALUE_AT
    } else {
      reader.offset = at + PLACE_AT
      passPlace(reader)
      readPath(reader)
    }
    const value = this.#codec.decode(reader, this.table)
    const end = at + 4 + reader.view.getUint32(at, true)
    if (reader.offset !== end) reader.fail('a record does not end where it says', reader.offset - end)
    return value
  }

  /** As `value`, for the last time. */
  take(at: number): unknown {
    const value = this.value(at)
    if (--this.#count === 0) this.#owner.release(this.reader.bytes)
    return value
  }
}

function passPlace(reader: ByteReader): void {
  if (reader.varint() > 0) return
  reader.skip(reader.varint())
  reader.skip(reader.varint())
}
