/**
 * Frames: batches of records as bytes, for every edge between threads, processes and machines.
 *
 * A frame is version (u8), then records: u32 length of what follows it, i32 hash of the key, identity, value. The hash
 * routes: a host splits a frame among key groups without decoding it. Values are fixed rows where a source's records
 * travel, and tagged values elsewhere.
 */
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { rowCodec } from '../formats/row-codec.ts'
import type { RecordSchema } from '../formats/schema.ts'
import { decodeValue, encodeValue } from '../formats/value-codec.ts'
import { KeyEncoder } from '../state/key.ts'
import type { Envelope } from '../time/identity.ts'
import { readIdentity, writeIdentity } from './identity-codec.ts'

export const FRAME_VERSION = 1

/** How the values of an edge become bytes. */
export interface EdgeCodec {
  encode(value: never, writer: ByteWriter): void
  decode(reader: ByteReader): unknown
}

/** The codec of an edge: rows of a source's schema, or any value. */
export function edgeCodec(schema: RecordSchema<unknown> | undefined): EdgeCodec {
  if (schema === undefined) return { encode: encodeValue, decode: decodeValue }
  return rowCodec(schema) as EdgeCodec
}

/** Collects the records of one edge into frames. */
export class FrameWriter {
  readonly #codec: EdgeCodec
  readonly #key: ((value: unknown) => unknown) | undefined
  readonly #keys: KeyEncoder
  readonly #bytes = new ByteWriter(1 << 12)
  #records = 0

  /** @param key the key function of a keyed edge; without it every record carries the hash of the constant key */
  constructor(codec: EdgeCodec, key: ((value: unknown) => unknown) | undefined, keyGroups: number) {
    this.#codec = codec
    this.#key = key
    this.#keys = new KeyEncoder(keyGroups)
  }

  get records(): number {
    return this.#records
  }

  add(envelope: Envelope): void {
    const bytes = this.#bytes
    if (this.#records++ === 0) bytes.u8(FRAME_VERSION)
    const start = bytes.length
    bytes.u32(0)
    bytes.i32(this.#hash(envelope.value))
    writeIdentity(envelope, bytes)
    this.#codec.encode(envelope.value as never, bytes)
    bytes.patchU32(start, bytes.length - start - 4)
  }

  /** The frame so far, and starts a new one; undefined when it is empty. */
  take(): Uint8Array | undefined {
    if (this.#records === 0) return undefined
    const frame = this.#bytes.finish()
    this.#bytes.reset()
    this.#records = 0
    return frame
  }

  #hash(value: unknown): number {
    if (this.#key === undefined) return this.#keys.encode(null).hash
    try {
      return this.#keys.encode(this.#key(value) as never).hash
    } catch {
      // The operator that wants the key rejects the record; it goes where null goes.
      return this.#keys.encode(null).hash
    }
  }
}

/** Calls `take` with each record of a frame. */
export function readFrame(
  frame: Uint8Array,
  codec: EdgeCodec,
  where: string,
  take: (envelope: Envelope) => void,
): void {
  const reader = new ByteReader(frame, where)
  checkVersion(reader.u8(), where)
  while (reader.remaining > 0) {
    const length = reader.u32()
    const record = new ByteReader(frame, where, reader.offset, reader.offset + length)
    reader.raw(length)
    record.i32()
    const identity = readIdentity(record)
    const value = codec.decode(record)
    record.expectEnd()
    take({ ...identity, value })
  }
}

/** Splits a frame by the hash of each record: what a host does to route it. Returns frames by target. */
export function splitFrame(
  frame: Uint8Array,
  where: string,
  targetOf: (hash: number) => number,
): Map<number, Uint8Array> {
  const reader = new ByteReader(frame, where)
  checkVersion(reader.u8(), where)
  const writers = new Map<number, ByteWriter>()
  while (reader.remaining > 0) {
    const start = reader.offset
    const length = reader.u32()
    const target = targetOf(new ByteReader(reader.raw(length), where).i32())
    let writer = writers.get(target)
    if (writer === undefined) {
      writer = new ByteWriter(frame.length)
      writer.u8(FRAME_VERSION)
      writers.set(target, writer)
    }
    writer.raw(frame, start, start + 4 + length)
  }
  return new Map([...writers].map(([target, writer]) => [target, writer.finish()]))
}

function checkVersion(version: number, where: string): void {
  if (version === FRAME_VERSION) return
  throw new MillraceError('ML_VERSION', {
    what: `a frame has version ${version}; this release reads version ${FRAME_VERSION}`,
    where,
    remedy: 'Run all workers with one release',
  })
}
