import { MillraceError } from '../errors.ts'
import type { Storage } from './storage.ts'
import { storageError } from './storage-error.ts'

/** Bytes asked for at a time: large enough for full disk speed, small enough that what follows overlaps. */
const PIECE_BYTES = 4 << 20

/**
 * Reads a whole file into memory. `each` sees the pieces in order while the next one is being read, so that a checksum
 * costs no extra pass.
 *
 * @param maxBytes refused beyond it, before anything is allocated
 * @throws ML_PATH when the name is a link or not a file, ML_CORRUPT past `maxBytes`, ML_STORAGE
 */
export async function readFile(
  storage: Storage,
  path: string,
  maxBytes: number,
  each: (piece: Uint8Array) => void = () => {},
): Promise<Uint8Array<ArrayBuffer>> {
  await expectRealFile(storage, path)
  try {
    const file = await storage.open(path, 'read')
    try {
      const size = await file.size()
      if (size > maxBytes) {
        throw new MillraceError('ML_CORRUPT', {
          what: `a file is larger than ${maxBytes} bytes`,
          got: size,
          where: path,
        })
      }
      const bytes = new Uint8Array(size)
      let next = file.read(bytes.subarray(0, PIECE_BYTES), 0)
      for (let at = 0; at < size; ) {
        const end = at + (await next)
        if (end === at) return bytes.slice(0, at) // it shrank meanwhile: the caller's checksum decides
        if (end < size) next = file.read(bytes.subarray(end, end + PIECE_BYTES), end)
        each(bytes.subarray(at, end))
        at = end
      }
      return bytes
    } finally {
      await file.close()
    }
  } catch (error) {
    throw storageError('read the file', path, error)
  }
}

async function expectRealFile(storage: Storage, path: string): Promise<void> {
  const kind = (await storage.stat(path))?.kind ?? 'file'
  if (kind === 'file') return
  throw new MillraceError('ML_PATH', { what: `a file was expected; this is a ${kind}`, where: path })
}
