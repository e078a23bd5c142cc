/**
 * The layout of a segment of a spool, version 1, little-endian:
 *
 *     magic "MLRSPOOL", u32 version, f64 offset of its first byte in the spool, u32 mark, u32 CRC-32 of all that
 *     then frames: u32 mark, u32 length of the payload, u32 CRC-32 of the two and the payload, payload
 *
 * A frame is what one fsync made durable. The mark is drawn at random for each segment, so that no payload can look like a
 * frame: a broken frame with a whole one behind it is damage, a broken one at the end is what a power cut left of the last write.
 */
import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { ByteReader } from '../bytes/reader.ts'
import { ByteWriter } from '../bytes/writer.ts'
import { MillraceError } from '../errors.ts'

const VERSION = 1
const MAGIC = Uint8Array.from('MLRSPOOL', (letter) => letter.charCodeAt(0))
export const SEGMENT_HEAD_BYTES = MAGIC.length + 4 + 8 + 4 + 4
export const FRAME_HEAD_BYTES = 12

export interface SegmentHead {
  /** Offset in the spool of the segment's first byte. */
  readonly start: number
  readonly mark: number
}

/** Sorted by name, segments are sorted by offset. */
export function segmentName(start: number): string {
  return `${String(start).padStart(16, '0')}.spool`
}

/** The offset a name says; undefined for a file that is no segment. */
export function segmentStart(name: string): number | undefined {
  return /^\d{16}\.spool$/.test(name) ? Number(name.slice(0, 16)) : undefined
}

export function newSegmentHead(start: number): { head: SegmentHead; bytes: Uint8Array } {
  const mark = randomBytes(4).readUInt32LE()
  const writer = new ByteWriter(SEGMENT_HEAD_BYTES)
  writer.raw(MAGIC)
  writer.u32(VERSION)
  writer.f64(start)
  writer.u32(mark)
  writer.u32(crc32(writer.view()))
  return { head: { start, mark }, bytes: writer.finish() }
}

/** @throws ML_CORRUPT, ML_VERSION */
export function readSegmentHead(bytes: Uint8Array, where: string): SegmentHead {
  const reader = new ByteReader(bytes, where)
  const magic = reader.raw(MAGIC.length)
  if (MAGIC.some((byte, i) => magic[i] !== byte)) reader.fail('this is no segment of a spool')
  const version = reader.u32()
  const start = reader.f64()
  const mark = reader.u32()
  if (crc32(bytes.subarray(0, SEGMENT_HEAD_BYTES - 4)) !== reader.u32())
    reader.fail('the head of a segment does not fit its checksum')
  if (version !== VERSION) {
    throw new MillraceError('ML_VERSION', {
      what: `the spool has version ${version}, this one reads ${VERSION}`,
      where,
      remedy: 'Use the version that wrote it, or a newer one',
    })
  }
  return { start, mark }
}

/** One frame with the payload of several pieces. */
export function encodeFrame(mark: number, pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const piece of pieces) length += piece.length
  const writer = new ByteWriter(FRAME_HEAD_BYTES + length)
  writer.u32(mark)
  writer.u32(length)
  writer.u32(0)
  for (const piece of pieces) writer.raw(piece)
  writer.patchU32(8, checksum(writer.view()))
  return writer.view()
}

/**
 * The bounds of the payload of the frame at `at`: 'short' where more bytes are needed to tell, 'bad' where there is none.
 *
 * @param isSure leaves the checksum out, for a frame that is only stepped over
 */
export function frameAt(bytes: Uint8Array, at: number, mark: number, isSure = false): Frame | 'short' | 'bad' {
  if (bytes.length - at < FRAME_HEAD_BYTES) return 'short'
  const view = new DataView(bytes.buffer, bytes.byteOffset + at)
  if (view.getUint32(0, true) !== mark) return 'bad'
  const start = at + FRAME_HEAD_BYTES
  const end = start + view.getUint32(4, true)
  if (end > bytes.length) return 'short'
  return isSure || checksum(bytes.subarray(at, end)) === view.getUint32(8, true) ? { start, end } : 'bad'
}

export interface Frame {
  readonly start: number
  readonly end: number
}

/** Length of the frame that begins with these bytes, its head included. */
export function frameBytes(head: Uint8Array): number {
  return FRAME_HEAD_BYTES + new DataView(head.buffer, head.byteOffset).getUint32(4, true)
}

/** Whether a whole frame begins somewhere behind `from`. */
export function hasFrameAfter(bytes: Uint8Array, from: number, mark: number): boolean {
  const sign = new Uint8Array(new Uint32Array([mark]).buffer)
  const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = found.indexOf(sign, from); at >= 0; at = found.indexOf(sign, at + 1)) {
    if (typeof frameAt(bytes, at, mark) === 'object') return true
  }
  return false
}

function checksum(frame: Uint8Array): number {
  return crc32(frame.subarray(FRAME_HEAD_BYTES), crc32(frame.subarray(0, 8)))
}
