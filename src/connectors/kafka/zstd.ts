/** zstd for batches: Node's own from 22.15 on, and where it has none, or one that reads wrongly, a reader in JavaScript, several times slower. */
import * as zlib from 'node:zlib'

export type Unpack = (bytes: Uint8Array, maxBytes: number) => Uint8Array

/** A frame of one byte. */
const PROBE = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 9, 0, 0, 0x61)

export async function zstdReader(): Promise<Unpack> {
  const { zstdDecompressSync } = zlib as {
    zstdDecompressSync?: (bytes: Uint8Array, limit: zlib.ZlibOptions) => Uint8Array
  }
  if (zstdDecompressSync === undefined) return await portableZstd()
  const unpack: Unpack = (bytes, maxBytes) => zstdDecompressSync(bytes, { maxOutputLength: maxBytes })
  return isSound(unpack) ? unpack : await portableZstd()
}

/** Reads all frames, and refuses one that is cut short: that of Node 22.23 does neither. */
function isSound(unpack: Unpack): boolean {
  return lengthOf(unpack, Uint8Array.of(...PROBE, ...PROBE)) === 2 && lengthOf(unpack, PROBE.subarray(0, -1)) < 0
}

/** Of what unfolds to two bytes at most; -1 when it is refused. */
function lengthOf(unpack: Unpack, bytes: Uint8Array): number {
  try {
    return unpack(bytes, 2).length
  } catch {
    return -1
  }
}

/** By blocks, so that what unfolds to more than is allowed is found before it is there. */
export async function portableZstd(): Promise<Unpack> {
  const { Decompress } = await import('fzstd')
  return (bytes, maxBytes) => {
    const pieces: Uint8Array[] = []
    let size = 0
    let ended = false
    const stream = new Decompress((piece, isLast) => {
      size += piece.length
      if (size > maxBytes) throw new RangeError(`it unfolds to more than ${maxBytes} bytes`)
      // The next block overwrites it.
      pieces.push(piece.slice())
      ended ||= isLast === true
    })
    stream.push(bytes, true)
    if (!ended) throw new RangeError('a frame of zstd is cut short')
    return Buffer.concat(pieces, size)
  }
}
