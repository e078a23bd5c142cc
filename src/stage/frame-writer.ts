/** Collects the records of one edge into frames. The layout is in `frame.ts`. */
import { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import type { ColumnWriter } from '../formats/row-columns.ts'
import type { RowBlock, RowValues } from '../operators/operator.ts'
import { KeyEncoder } from '../state/key.ts'
import { type Envelope, type Identity, type Place, ROOT_PATH } from '../time/identity.ts'
import {
  type EdgeEncoder,
  FRAME_HEAD_BYTES,
  FRAME_VERSION,
  HASH_AT,
  isPosition,
  PLACE_AT,
  POSITION_AT,
  TIME_AT,
  VALUE_AT,
} from './frame.ts'
import { writePath } from './identity-codec.ts'
import { PlaceWriter } from './place-table.ts'

/** The root's path: bytes 0 and 1. */
const ROOT_BYTES = 0x100

export class FrameWriter {
  readonly #codec: EdgeEncoder
  readonly #key: ((value: unknown) => unknown) | undefined
  readonly #keys: KeyEncoder
  readonly #hashOfNone: number
  readonly #places = new PlaceWriter()
  readonly #table = new ByteWriter(256)
  readonly #bytes = new ByteWriter(1 << 12)
  #records = 0
  #columns: readonly Float64Array[] | undefined
  #writeColumns: ColumnWriter | undefined

  /** @param key the key function of a keyed edge; without it every record carries the hash of the constant key */
  constructor(codec: EdgeEncoder, key: ((value: unknown) => unknown) | undefined, keyGroups: number) {
    this.#codec = codec
    this.#key = key
    this.#keys = new KeyEncoder(keyGroups)
    this.#hashOfNone = this.#keys.encode(null).hash
  }

  add(envelope: Envelope): void {
    this.put(envelope, envelope.value)
  }

  /** @throws ML_VALUE when the value cannot travel; the frame is then as before */
  put(identity: Identity, value: unknown): void {
    const bytes = this.#bytes
    const start = bytes.length
    try {
      const hash = this.#key === undefined ? this.#hashOfNone : this.#hash(value, this.#key)
      this.#identity(identity.time, identity.origin, identity.split, identity.position, identity.path, hash, bytes)
      this.#codec.encode(value as never, bytes)
    } catch (error) {
      bytes.truncate(start)
      throw error
    }
    bytes.view64.setUint32(start, bytes.length - start - 4, true)
    this.#records++
  }

  /**
   * As `put` of a value for each row from `from` to before `to`. Returns the first whose value cannot travel, and `to` when
   * all can; none where rows have keys of their own here.
   */
  putRows(rows: RowBlock, from: number, to: number, values: RowValues): number {
    if (this.#key !== undefined) return from
    const write = this.#writerOf(values.columns)
    return write === undefined ? this.#putValues(rows, from, to, values) : this.#putColumns(rows, from, to, write)
  }

  #writerOf(columns: RowValues['columns']): ColumnWriter | undefined {
    if (columns !== undefined && columns !== this.#columns) {
      this.#columns = columns
      this.#writeColumns = this.#codec.columnWriter?.(columns)
    }
    return columns === undefined ? undefined : this.#writeColumns
  }

  #putColumns(rows: RowBlock, from: number, to: number, { most, write }: ColumnWriter): number {
    const bytes = this.#bytes
    const places = this.#places
    const hash = this.#hashOfNone
    const { times, positions } = rows
    let start = bytes.room((VALUE_AT + most) * (to - from))
    const view = bytes.view64
    let last: Place | undefined
    let number = 0
    let i = from
    for (; i < to; i++) {
      const place = rows.place(i)
      if (place !== last) {
        last = place
        number = places.number(place.origin, place.split)
      }
      if (!isShort(number, rows.path(i))) break
      const end = write(view, start + VALUE_AT, i)
      view.setUint32(start, end - start - 4, true)
      putHead(view, start, hash, times[i], positions[i])
      putRootPlace(view, start, number)
      start = end
    }
    this.#records += i - from
    bytes.truncate(start)
    return i
  }

  #putValues(rows: RowBlock, from: number, to: number, values: RowValues): number {
    const bytes = this.#bytes
    const codec = this.#codec
    const hash = this.#hashOfNone
    const { times, positions } = rows
    for (let i = from; i < to; i++) {
      const start = bytes.length
      try {
        const { origin, split } = rows.place(i)
        this.#identity(times[i], origin, split, positions[i], rows.path(i), hash, bytes)
        codec.encode(values.valueAt(i) as never, bytes)
      } catch {
        bytes.truncate(start)
        return i
      }
      bytes.view64.setUint32(start, bytes.length - start - 4, true)
      this.#records++
    }
    return to
  }

  /** Everything in front of the value. Records straight from a source, which nearly all are, go without a call for each part. */
  #identity(
    time: number,
    origin: string,
    split: string,
    position: number,
    path: number | readonly number[],
    hash: number,
    bytes: ByteWriter,
  ): void {
    if (!isPosition(position)) throw notAPosition(position)
    const place = this.#places.number(origin, split)
    const start = bytes.room(VALUE_AT)
    const view = bytes.view64
    view.setUint32(start, 0, true)
    putHead(view, start, hash, time, position)
    if (isShort(place, path)) return putRootPlace(view, start, place)
    bytes.truncate(start + PLACE_AT)
    this.#places.write(place, origin, split, bytes)
    writePath(path, bytes)
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

  #hash(value: unknown, key: (value: unknown) => unknown): number {
    try {
      return this.#keys.encode(key(value) as never).hash
    } catch {
      // The operator that wants the key rejects the record; it goes where null goes.
      return this.#hashOfNone
    }
  }
}

/** What stands at its place in every record. */
function putHead(view: DataView, start: number, hash: number, time: number, position: number): void {
  view.setInt32(start + HASH_AT, hash, true)
  view.setFloat64(start + TIME_AT, time, true)
  view.setFloat64(start + POSITION_AT, position, true)
}

/** The place is one byte, and the path the root's: as of records straight from a source, which nearly all are. */
function isShort(place: number, path: number | readonly number[]): boolean {
  return place > 0 && place < 128 && path === ROOT_PATH
}

function putRootPlace(view: DataView, start: number, place: number): void {
  view.setUint8(start + PLACE_AT, place)
  view.setUint16(start + PLACE_AT + 1, ROOT_BYTES, true)
}

function notAPosition(got: number): MillraceError {
  return new MillraceError('ML_RANGE', {
    what: 'a position must be a whole number from 0 to 2^53 - 1',
    got,
    where: 'a frame',
  })
}
