import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { writeAtomically } from '../../storage/atomic-write.ts'
import { readFile } from '../../storage/read-file.ts'
import type { Storage } from '../../storage/storage.ts'
import { storageError } from '../../storage/storage-error.ts'

const NAME_FILE = 'job-name'
const MAX_BYTES = 4096

/**
 * The name by which servers know the job of a state folder: the pipeline's, and a text drawn when the folder is first used, so
 * that two folders of one pipeline do not fence each other. Kept in the folder; call it as its holder.
 *
 * @param anew draws another one: what the old name stands for is given up
 */
export async function jobName(storage: Storage, folder: string, pipeline: string, anew: boolean): Promise<string> {
  const path = join(folder, NAME_FILE)
  try {
    const kept = anew ? undefined : await readText(storage, path)
    if (kept?.startsWith(`${pipeline}-`)) return kept
    const name = `${pipeline}-${randomBytes(6).toString('hex')}`
    await writeAtomically(storage, path, Buffer.from(name))
    return name
  } catch (error) {
    throw storageError('keep the name of the job', path, error)
  }
}

async function readText(storage: Storage, path: string): Promise<string | undefined> {
  if ((await storage.stat(path))?.kind !== 'file') return undefined
  return Buffer.from(await readFile(storage, path, MAX_BYTES)).toString()
}
