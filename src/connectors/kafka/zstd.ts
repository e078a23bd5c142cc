/** zstd for batches: Node's own from 22.15 on, and before that a reader in JavaScript, several times slower. */
import * as zlib from 'node:zlib'

export type Unpack = (bytes: Uint8Array, maxBytes: number) => Uint8Array

export async function zstdReader(): Promise<Unpack> {
  const { zstdDecompressSync } = zlib as {
    zstdDecompressSync?: (bytes: Uint8Array, limit: zlib.ZlibOptions) => Uint8Array
  }
  if (zstdDecompressSync !== undefined)
    return (bytes, maxBytes) => zstdDecompressSync(bytes, { maxOutputLength: maxBytes })
  return await portableZstd()
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
