import { crc32 } from 'node:zlib'
import { ByteReader } from '../../bytes/reader.ts'
import type { ByteWriter } from '../../bytes/writer.ts'
import { MillraceError } from '../../errors.ts'

/**
 * The layout of state.bin, version 1, little-endian:
 *
 *   magic "MLRSTATE", u32 version, varint checkpoint id,
 *   then frames: u32 length of the payload, u32 CRC-32 of it, payload = uid (string), key group (varint), snapshot bytes
 *
 * The manifest holds the SHA-256 of the whole; the CRCs say where the damage is. What a snapshot's bytes mean is the
 * operator's affair.
 */
export const STATE_VERSION = 1

/** One component's snapshot of one key group. */
export interface StateFrame {
  readonly uid: string
  readonly group: number
  /** Part of the file's bytes, not a copy. */
  readonly bytes: Uint8Array
  /** Offset of `bytes` in the file, for messages. */
  readonly offset: number
}

const MAGIC = Uint8Array.from('MLRSTATE', (letter) => letter.charCodeAt(0))
const VERSION_AT = MAGIC.length
const FRAME_HEAD_BYTES = 8

export function writeHeader(writer: ByteWriter, id: number): void {
  writer.raw(MAGIC)
  writer.u32(STATE_VERSION)
  writer.varint(id)
}

/**
 * Writes what comes before a frame's bytes.
 *
 * @throws ML_RANGE when the frame passes 4 GiB, which its length field cannot say
 */
export function writeFrameHead(writer: ByteWriter, uid: string, group: number, bytes: Uint8Array): void {
  const start = writer.length
  writer.u32(0)
  writer.u32(0)
  writer.string(uid)
  writer.varint(group)
  const prefix = writer.view().subarray(start + FRAME_HEAD_BYTES)
  const length = prefix.length + bytes.length
  if (length > 0xffffffff) {
    throw new MillraceError('ML_RANGE', {
      what: 'the snapshot of one key group must be below 4 GiB',
      got: length,
      where: `operator "${uid}", key group ${group}`,
      remedy: 'Bound its state: fewer keys, a time to live, shorter windows',
    })
  }
  writer.patchU32(start, length)
  writer.patchU32(start + 4, crc32(bytes, crc32(prefix)))
}

/**
 * The frames of a state file, in the order written. CRCs are not looked at: the caller has verified the SHA-256.
 *
 * @throws ML_CORRUPT, ML_VERSION
 */
export function* readFrames(file: Uint8Array, where: string, id: number): Generator<StateFrame> {
  const reader = new ByteReader(file, where)
  readHeader(reader, where, id)
  while (reader.remaining > 0) {
    const { start, end } = readFrameHead(reader)
    const head = new ByteReader(file, where, start, end)
    const uid = head.string()
    const group = head.varint()
    yield { uid, group, bytes: file.subarray(head.offset, end), offset: head.offset }
  }
}

/** Where the first damage is; undefined when header and every CRC are right. */
export function findDamage(file: Uint8Array, where: string, id: number): MillraceError | undefined {
  try {
    const reader = new ByteReader(file, where)
    readHeader(reader, where, id)
    while (reader.remaining > 0) {
      const { at, start, end, crc } = readFrameHead(reader)
      if (crc32(file.subarray(start, end)) === crc) continue
      return new MillraceError('ML_CORRUPT', {
        what: 'the checksum of a frame does not fit its bytes',
        got: `a frame of ${end - start} bytes`,
        where: `${where}, offset ${at}`,
      })
    }
    return undefined
  } catch (error) {
    if ((error as MillraceError).code === 'ML_CORRUPT') return error as MillraceError
    // The bytes are not those that were written, so neither is the version they claim.
    return new MillraceError('ML_CORRUPT', {
      what: 'the version is damaged',
      where: `${where}, offset ${VERSION_AT}`,
    })
  }
}

function readHeader(reader: ByteReader, where: string, id: number): void {
  const magic = reader.raw(MAGIC.length)
  if (MAGIC.some((byte, i) => magic[i] !== byte)) failAt(reader, 0, 'this is no state file')
  const version = reader.u32()
  if (version > STATE_VERSION) {
    throw new MillraceError('ML_VERSION', {
      what: `the state file has version ${version}, this one reads up to ${STATE_VERSION}`,
      where,
      remedy: 'Use the version that wrote it, or a newer one',
    })
  }
  if (version !== STATE_VERSION) failAt(reader, VERSION_AT, 'the state file has no such version', version)
  const idAt = reader.offset
  const found = reader.varint()
  if (found !== id) failAt(reader, idAt, `the state file belongs to another checkpoint than ${id}`, found)
}

function failAt(reader: ByteReader, offset: number, what: string, got?: unknown): never {
  reader.offset = offset
  reader.fail(what, got)
}

/** The bounds of the next frame, checked against what is there; moves past it. */
function readFrameHead(reader: ByteReader): { at: number; start: number; end: number; crc: number } {
  const at = reader.offset
  const length = reader.u32()
  const crc = reader.u32()
  const start = reader.offset
  if (length > reader.remaining)
    failAt(reader, at, `a frame of ${length} bytes is said to begin here, ${reader.remaining} are left`)
  reader.offset = start + length
  return { at, start, end: start + length, crc }
}
