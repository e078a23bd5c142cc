/**
 * Frames: batches of records as bytes, for every edge between threads, processes and machines.
 *
 * Layout, version 3, little-endian:
 *   u8 version, u32 length of the table, the table, then records
 *   table   varint count of places, then origin and split of each; what the codec of the edge adds: shapes of objects
 *   record  u32 length of what follows it, i32 hash of the key, f64 time, f64 position, place, path, value
 *   place   varint: 0, then origin and split; or the number of a place in the table, from 1
 *   path    as in `identity-codec.ts`
 *
 * The table holds what would be the same in every record. The hash routes: a host splits a frame among key groups
 * without decoding it, and copies the table into each part. Values are fixed rows where a source's records travel, and
 * shaped values (`shaped-writer.ts`) elsewhere.
 */
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'
import { rowCodec } from '../formats/row-codec.ts'
import { type ColumnWriter, columnWriter } from '../formats/row-columns.ts'
import type { RecordSchema } from '../formats/schema.ts'
import { ShapedReader } from '../formats/shaped-reader.ts'
import { ShapedWriter } from '../formats/shaped-writer.ts'

export const FRAME_VERSION = 3
/** Version and length of the table. */
export const FRAME_HEAD_BYTES = 5

/** Of a record: where its parts begin that always have the same place. */
export const HASH_AT = 4
export const TIME_AT = 8
export const POSITION_AT = 16
export const PLACE_AT = 24
/** Where the value begins when the place is one byte and the path is the root's, as of nearly all records: two, 0 and 1. */
export const VALUE_AT = 27

/** What a record may have for a position. */
export function isPosition(position: number): boolean {
  return Number.isSafeInteger(position) && position >= 0
}

/** How the values of an edge become bytes. */
export interface EdgeEncoder {
  /** @throws ML_VALUE; the writer is then as before */
  encode(value: never, writer: ByteWriter): void
  /** For values that come in columns, where they are rows of a schema that can: see `row-columns.ts`. */
  columnWriter?(columns: readonly Float64Array[]): ColumnWriter | undefined
  /** Appends what a reader must know of the values encoded since the last table. */
  writeTable(writer: ByteWriter): void
}

/** How they are read back. */
export interface EdgeDecoder {
  /** @param table of the value's frame. @throws ML_CORRUPT */
  decode(reader: ByteReader, table: unknown): unknown
  readTable(reader: ByteReader): unknown
}

/** What an edge carries: rows of a source's schema, or any value. */
export function edgeEncoder(schema: RecordSchema<unknown> | undefined): EdgeEncoder {
  if (schema === undefined) return new ShapedWriter()
  const rows = rowCodec(schema)
  return {
    encode: (row, writer) => rows.encode(row, writer),
    columnWriter: (columns) => columnWriter(schema.fields, columns),
    writeTable: () => {},
  }
}

export function edgeDecoder(schema: RecordSchema<unknown> | undefined): EdgeDecoder {
  if (schema === undefined) return new ShapedReader()
  const rows = rowCodec(schema)
  return { decode: (reader) => rows.decode(reader), readTable: () => undefined }
}

/** Splits a frame by the hash of each record: what a host does to route it. Returns frames by target. */
export function splitFrame(
  frame: Uint8Array,
  where: string,
  targetOf: (hash: number) => number,
): Map<number, Uint8Array> {
  const reader = new ByteReader(frame, where)
  reader.raw(readHead(reader, where))
  const head = reader.offset
  const writers = new Map<number, ByteWriter>()
  while (reader.remaining > 0) {
    const start = reader.offset
    const length = reader.u32()
    const target = targetOf(new ByteReader(reader.raw(length), where).i32())
    let writer = writers.get(target)
    if (writer === undefined) {
      writer = new ByteWriter(frame.length)
      writer.raw(frame, 0, head)
      writers.set(target, writer)
    }
    writer.raw(frame, start, start + 4 + length)
  }
  return new Map([...writers].map(([target, writer]) => [target, writer.finish()]))
}

/** Reads the head and returns the length of the table. */
export function readHead(reader: ByteReader, where: string): number {
  const version = reader.u8()
  if (version === FRAME_VERSION) return reader.u32()
  throw new MillraceError('ML_VERSION', {
    what: `a frame has version ${version}; this release reads version ${FRAME_VERSION}`,
    where,
    remedy: 'Run all workers with one release',
  })
}
