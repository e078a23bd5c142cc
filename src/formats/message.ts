/**
 * Message frames: how a log such as Kafka hands its records to a decoder, and takes rows from a sink, in both engines.
 *
 * A split of messages is a sequence of frames, little-endian:
 *
 *     u32  length of what follows
 *     f64  offset in the split; of a sink's row: its ordinal in the sink
 *     f64  timestamp in milliseconds since the epoch; NaN: none
 *     i32  length of the key, -1: none;   bytes
 *     u16  number of headers; of each:    u16 length of the name, UTF-8;   i32 length of the value, -1: none;   bytes
 *     i32  length of the value, -1: none; bytes
 *
 * A frame of 8 bytes is a mark: its offset is where to go on, although no message stands right before it. So a checkpoint gets
 * past what is no message for a reader, such as the markers of transactions, before the log forgets that.
 */
import type { ByteReader } from '../bytes/reader.ts'
import { latin1Read, utf8Length, utf8Read, utf8Write } from '../bytes/utf8.ts'
import type { ByteWriter } from '../bytes/writer.ts'

/** Length of a mark. */
export const MARK_BYTES = 8

export interface MessageHeader {
  readonly name: string
  readonly value: Uint8Array | null
}

export interface Message {
  readonly offset: number
  /** Milliseconds since the epoch; NaN: none. */
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly headers: readonly MessageHeader[]
  readonly value: Uint8Array | null
}

/** A frame that is longer is damage, not data: brokers allow far less. */
const MAX_FRAME_BYTES = 1 << 30
const NONE = -1

/** Appends one frame. */
export function writeMessage(message: Message, writer: ByteWriter): void {
  const { offset, timestamp, key, headers, value } = message
  const start = writer.length
  writer.u32(0)
  writer.f64(offset)
  writer.f64(timestamp)
  writeBytes(key, writer)
  writer.u16(headers.length)
  for (const header of headers) {
    const name = new Uint8Array(utf8Length(header.name))
    utf8Write(header.name, name, 0)
    writer.u16(name.length)
    writer.raw(name)
    writeBytes(header.value, writer)
  }
  writeBytes(value, writer)
  writer.patchU32(start, writer.length - start - 4)
}

/** Appends a mark: messages go on at `offset`. */
export function writeMark(offset: number, writer: ByteWriter): void {
  writer.u32(MARK_BYTES)
  writer.f64(offset)
}

/**
 * Reads the frame at the reader's position, which is no mark; the byte fields are views of its bytes.
 *
 * @throws ML_CORRUPT naming the place, for what is no frame
 */
export function readMessage(reader: ByteReader): Message {
  const length = reader.u32()
  if (length > MAX_FRAME_BYTES || length > reader.remaining)
    reader.fail('a message is longer than what is there', length)
  const end = reader.remaining - length
  const offset = reader.f64()
  const timestamp = reader.f64()
  const key = readBytes(reader)
  const headers: MessageHeader[] = []
  for (let left = reader.u16(); left > 0; left--) {
    const name = reader.raw(reader.u16())
    const text = utf8Read(name, 0, name.length) ?? latin1Read(name, 0, name.length)
    headers.push({ name: text, value: readBytes(reader) })
  }
  const value = readBytes(reader)
  if (reader.remaining !== end) reader.fail('a message is not as long as it says', length)
  return { offset, timestamp, key, headers, value }
}

function writeBytes(bytes: Uint8Array | null, writer: ByteWriter): void {
  writer.i32(bytes === null ? NONE : bytes.length)
  if (bytes !== null) writer.raw(bytes)
}

function readBytes(reader: ByteReader): Uint8Array | null {
  const length = reader.i32()
  if (length === NONE) return null
  if (length < 0) reader.fail('a length is negative', length)
  return reader.raw(length)
}
