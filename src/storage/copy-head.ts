import type { Storage } from './storage.ts'

const PIECE_BYTES = 1 << 20

/** Copies the first bytes of a file to a new one and makes them durable; its name is the caller's to make durable. */
export async function copyHead(storage: Storage, from: string, to: string, bytes: number): Promise<void> {
  const source = await storage.open(from, 'read')
  try {
    const target = await storage.open(to, 'create')
    try {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, bytes))
      for (let at = 0; at < bytes; ) {
        const read = await source.read(piece.subarray(0, Math.min(piece.length, bytes - at)), at)
        if (read === 0) throw new Error(`the file ends at ${at}, ${bytes} bytes were to be copied`)
        await target.write(piece.subarray(0, read), at)
        at += read
      }
      await target.fsync()
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}
