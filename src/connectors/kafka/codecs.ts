/** Decompression of record batches, by the number that a batch names its codec with. */
import * as zlib from 'node:zlib'
import { MillraceError } from '../../errors.ts'
import type { KafkaClient } from './cluster.ts'
import { lz4Size, snappySize } from './unpacked-size.ts'

/** A batch that unfolds to more is damage or an attack: brokers take 1 MiB by default. */
const MAX_BYTES = 256 << 20
const XERIAL = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]
const XERIAL_HEADER_BYTES = 16

export type Decompress = (codec: number, bytes: Uint8Array) => Uint8Array

/** @throws ML_SOURCE for a codec that this Node does not have; whatever the codec does for damaged bytes */
export function decompressor({ compressionsAlgorithms: { snappy, lz4 } }: KafkaClient): Decompress {
  const limit = { maxOutputLength: MAX_BYTES }
  const unsnapped = (bytes: Buffer): Buffer => snappy.decompressSync(inBounds(bytes, snappySize))
  return (codec, bytes) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    if (codec === 1) return zlib.gunzipSync(buffer, limit)
    if (codec === 2) return isXerial(buffer) ? xerial(buffer, unsnapped) : unsnapped(buffer)
    if (codec === 3) return lz4.decompressSync(inBounds(buffer, lz4Size))
    if (codec === 4) return zstd(buffer, limit)
    throw new MillraceError('ML_SOURCE', {
      what: 'a record batch names a codec that is not known',
      got: codec,
      remedy: 'Set compression.type of the topic to gzip, snappy, lz4 or zstd',
    })
  }
}

function inBounds(bytes: Buffer, size: (bytes: Uint8Array) => number): Buffer {
  if (size(bytes) > MAX_BYTES) throw new RangeError(`it unfolds to more than ${MAX_BYTES} bytes`)
  return bytes
}

function zstd(bytes: Buffer, limit: zlib.ZlibOptions): Uint8Array {
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Buffer, limit: zlib.ZlibOptions) => Uint8Array }
  if (zstdDecompressSync !== undefined) return zstdDecompressSync(bytes, limit)
  throw new MillraceError('ML_SOURCE', {
    what: `records are compressed by zstd, which Node ${process.versions.node} cannot read`,
    remedy: 'Run on Node 22.15 or later, or set compression.type of the topic to lz4',
  })
}

function isXerial(bytes: Buffer): boolean {
  return bytes.length >= XERIAL_HEADER_BYTES && XERIAL.every((byte, i) => bytes[i] === byte)
}

/** Java's snappy: a header, then blocks of at most 32 KiB, each behind its length. */
function xerial(bytes: Buffer, decompress: (bytes: Buffer) => Buffer): Uint8Array {
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const length = bytes.readInt32BE(at)
    at += 4
    if (length < 0 || at + length > bytes.length) throw new RangeError('a block of snappy is longer than what is there')
    blocks.push(decompress(bytes.subarray(at, at + length)))
    at += length
  }
  return Buffer.concat(blocks)
}
