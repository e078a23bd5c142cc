/** Collects the records of one edge into frames. The layout is in `frame.ts`. */
import { ByteWriter } from '../bytes/writer.ts'
import { KeyEncoder } from '../state/key.ts'
import type { Envelope } from '../time/identity.ts'
import { type EdgeEncoder, FRAME_HEAD_BYTES, FRAME_VERSION } from './frame.ts'
import { writePath } from './identity-codec.ts'
import { PlaceWriter } from './place-table.ts'

export class FrameWriter {
  readonly #codec: EdgeEncoder
  readonly #key: ((value: unknown) => unknown) | undefined
  readonly #keys: KeyEncoder
  readonly #hashOfNone: number
  readonly #places = new PlaceWriter()
  readonly #table = new ByteWriter(256)
  readonly #bytes = new ByteWriter(1 << 12)
  #records = 0

  /** @param key the key function of a keyed edge; without it every record carries the hash of the constant key */
  constructor(codec: EdgeEncoder, key: ((value: unknown) => unknown) | undefined, keyGroups: number) {
    this.#codec = codec
    this.#key = key
    this.#keys = new KeyEncoder(keyGroups)
    this.#hashOfNone = this.#keys.encode(null).hash
  }

  /** @throws ML_VALUE when the value cannot travel; the frame is then as before */
  add(envelope: Envelope): void {
    const bytes = this.#bytes
    const start = bytes.length
    try {
      bytes.u32(0)
      bytes.i32(this.#hash(envelope.value))
      this.#places.write(envelope.origin, envelope.split, bytes)
      bytes.f64(envelope.time)
      bytes.varint(envelope.position)
      writePath(envelope.path, bytes)
      this.#codec.encode(envelope.value as never, bytes)
    } catch (error) {
      bytes.truncate(start)
      throw error
    }
    bytes.patchU32(start, bytes.length - start - 4)
    this.#records++
  }

  /** The frame so far, and starts a new one; undefined when it is empty. */
  take(): Uint8Array | undefined {
    const length = this.finish()
    if (length === 0) return undefined
    const frame = new ByteWriter(length)
    this.moveTo(frame)
    return frame.bytes
  }

  /** Closes the frame: its length in bytes; 0 when it is empty. `moveTo` must follow when it is not. */
  finish(): number {
    if (this.#records === 0) return 0
    this.#places.writeTable(this.#table)
    this.#codec.writeTable(this.#table)
    return FRAME_HEAD_BYTES + this.#table.length + this.#bytes.length
  }

  /** Appends the closed frame where it is wanted, and starts a new one. */
  moveTo(target: ByteWriter): void {
    const table = this.#table
    const bytes = this.#bytes
    target.u8(FRAME_VERSION)
    target.u32(table.length)
    target.raw(table.bytes, 0, table.length)
    target.raw(bytes.bytes, 0, bytes.length)
    table.reset()
    bytes.reset()
    this.#records = 0
  }

  #hash(value: unknown): number {
    if (this.#key === undefined) return this.#hashOfNone
    try {
      return this.#keys.encode(this.#key(value) as never).hash
    } catch {
      // The operator that wants the key rejects the record; it goes where null goes.
      return this.#hashOfNone
    }
  }
}
