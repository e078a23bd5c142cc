import { dirname } from 'node:path'
import type { Storage } from './storage.ts'
import { storageError, systemCode } from './storage-error.ts'

/** What a file is called while it is being written; a leftover of a crash is overwritten or swept. */
export const TMP_SUFFIX = '.tmp'

/**
 * Puts a file in place whole and durable, or not at all: temporary file, write, fsync, close, rename, fsync of the
 * folder. A reader sees the old content or the new, also after a power cut.
 *
 * Any failure abandons the temporary file. When the last step fails the new content may be visible without being
 * durable; the caller then treats the write as failed and removes the file if it is wrong to find it.
 *
 * @throws ML_STORAGE naming the step and the system's code
 */
export async function writeAtomically(storage: Storage, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = path + TMP_SUFFIX
  try {
    await writeNew(storage, temporary, bytes)
    await storage.rename(temporary, path)
  } catch (error) {
    await storage.unlink(temporary).catch(() => {})
    throw storageError('write the file', path, error)
  }
  try {
    await storage.fsyncFolder(dirname(path))
  } catch (error) {
    throw storageError('make the name of the file durable', path, error)
  }
}

async function writeNew(storage: Storage, path: string, bytes: Uint8Array): Promise<void> {
  const file = await createOver(storage, path)
  try {
    await file.write(bytes, 0)
    await file.fsync()
  } catch (error) {
    await file.close().catch(() => {})
    throw error
  }
  await file.close()
}

/** A new file, also where a crash left one of the name: never the old bytes, never through a link. */
async function createOver(storage: Storage, path: string) {
  try {
    return await storage.open(path, 'create')
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    await storage.unlink(path)
    return await storage.open(path, 'create')
  }
}
